"""doctor knows of a hook by what it told, and names no repair where nothing is to be repaired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reifierd.cli.main import run
from reifierd.daemon.standing import hook_line
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Command
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import runtime_dirs


@pytest.fixture
def findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    make_workspace(tmp_path / "w")

    def look() -> dict[str, dict[str, str]]:
        run(["-w", str(tmp_path / "w"), "doctor", "--json"])
        return {f["check"]: f for f in json.loads(capsys.readouterr().out)}

    return look


def test_a_hook_that_nobody_loads_is_told_with_the_line_to_add(findings: Any) -> None:
    hook = findings()["live hook"]
    assert hook["level"] == "hint"
    assert hook_line() in hook["repair"]


def test_a_line_in_an_rc_file_is_no_proof(findings: Any, private_places: Path) -> None:
    (private_places / ".bashrc").write_text('eval "$(reifierd hook bash)"\n')
    hook = findings()["live hook"]
    assert (hook["level"], "not seen yet" in hook["found"]) == ("hint", True)


def test_a_recorded_command_is_proof_whatever_the_rc_files_say(findings: Any, tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "w")
    with open_ledger(layout.ledger, Redactor()) as ledger:
        ledger.history.add([Command("ls", "bash", "hook", started=1_763_640_153.0)])
    hook = findings()["live hook"]
    assert hook["level"] == "ok"
    assert "last seen at 2025-11-20" in hook["found"]
    assert "repair" not in hook


def test_a_spool_is_proof_before_it_was_read(findings: Any) -> None:
    spool = runtime_dirs()[0] / "spool"
    spool.mkdir(parents=True)
    (spool / "1.spool").write_text("x")
    assert "last seen at" in findings()["live hook"]["found"]


def test_the_workspace_is_named_with_the_way_to_another(findings: Any, tmp_path: Path) -> None:
    assert findings()["workspace"]["found"].startswith(str(tmp_path / "w"))
    assert "--workspace" in findings()["workspace"]["found"]
    assert not [f for f in findings().values() if f["level"] == "ok" and "repair" in f]
