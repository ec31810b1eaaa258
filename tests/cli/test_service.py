"""The systemd unit, as systemd itself reads it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from reifierd.cli.main import cli
from reifierd.cli.service import unit_text

EXPOSURE_ALLOWED = 40  # tenths


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    program = tmp_path / "bin with blank" / "reifierd"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    place = tmp_path / "reifierd.service"
    place.write_text(unit_text(program, tmp_path / "100% work"))
    return place


def analyze(unit: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A private runtime folder: systemd-analyze --user works without a running manager."""
    runtime = unit.parent / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    env = os.environ | {"XDG_RUNTIME_DIR": str(runtime)}
    argv = ["systemd-analyze", "--user", *words, str(unit)]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_systemd_finds_no_fault_in_the_unit(unit: Path, need: Callable[..., None]) -> None:
    need("systemd-analyze")
    said = analyze(unit, "verify")
    # unknown keys only warn, so what it prints counts as well
    assert (said.returncode, said.stderr, said.stdout) == (0, "", "")


def test_the_unit_exposes_little(unit: Path, need: Callable[..., None]) -> None:
    need("systemd-analyze")
    said = analyze(unit, "security", "--offline=true", f"--threshold={EXPOSURE_ALLOWED}")
    assert said.returncode == 0, said.stdout[-400:]


def test_blanks_and_percent_signs_in_paths_reach_the_program_as_they_are(unit: Path) -> None:
    line = next(x for x in unit.read_text().splitlines() if x.startswith("ExecStart="))
    assert "bin with blank/reifierd" in line
    assert "100%% work" in line


def test_install_keeps_a_unit_that_somebody_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "reifierd"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))  # and so no systemctl: the message must say what to type
    runner = CliRunner()
    assert runner.invoke(cli, ["-w", str(tmp_path / "w"), "init"]).exit_code == 0
    first = runner.invoke(cli, ["-w", str(tmp_path / "w"), "service", "install"])
    place = Path(os.environ["XDG_CONFIG_HOME"]) / "systemd/user/reifierd.service"
    assert first.exit_code == 0, first.output
    assert "systemctl --user daemon-reload" in first.output

    place.write_text("# mine\n")
    again = runner.invoke(cli, ["-w", str(tmp_path / "w"), "service", "install"])
    assert again.exit_code == 0
    assert place.with_suffix(".service.old").read_text() == "# mine\n"
    assert place.read_text().startswith("# A user unit")
