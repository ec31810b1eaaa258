"""`init` makes a workspace of what is free, and of nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.workspace.layout import MARKER

SHIPPED = Path(__file__).parents[2] / "workspace"


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone/setup.py").touch()
    assert run(["init", str(tmp_path / "clone")]) == 2
    assert f"reifierd init --force {tmp_path / 'clone'}" in capsys.readouterr().err
    assert not (tmp_path / "clone" / MARKER).exists()
    assert run(["init", "--force", str(tmp_path / "clone")]) == 0
    assert (tmp_path / "clone" / MARKER).exists()


def test_what_the_repository_ships_becomes_one_and_a_second_time_is_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SHIPPED, tmp_path / "w", ignore=shutil.ignore_patterns(MARKER))
    assert run(["init", str(tmp_path / "w")]) == 0
    told = capsys.readouterr().out
    assert "next: add  eval" in told
    assert f"then: reifierd --workspace {tmp_path / 'w'} run\n" in told
    assert run(["init", str(tmp_path / "w")]) == 0
    assert "next:" not in capsys.readouterr().out
