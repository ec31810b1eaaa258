"""`reifierd history FILE`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reifierd.cli.main import run


def test_json_is_one_object_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h"
    path.write_text(": 1700000000:5;make\\\nall\nls 你\n")
    assert run(["history", str(path), "--shell", "auto", "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"command": "make\nall", "timestamp": 1700000000, "duration": 5},
        {"command": "ls 你", "timestamp": None, "duration": None},
    ]


def test_an_empty_file_gives_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "h").touch()
    assert run(["history", str(tmp_path / "h"), "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_the_shell_that_is_named_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "zsh").write_text(": 1700000000:5;make\n")
    assert run(["history", str(tmp_path / "zsh"), "--shell", "bash", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["command"] == ": 1700000000:5;make"


def test_people_get_a_table_and_no_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "h").write_text("#1700000000\necho [bold]x \x1b[31m\n#99999999999999999\nls\n")
    assert run(["history", str(tmp_path / "h")]) == 0
    out = capsys.readouterr().out
    assert "echo [bold]x \\x1b[31m" in out
    assert "2023-11-14" in out or "2023-11-15" in out
    assert "2 entries, read as bash does" in out


def test_a_missing_file_is_said_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", str(tmp_path / "nothing")]) == 2
    assert "nothing: cannot be read: No such file" in capsys.readouterr().err


def test_bytes_that_are_no_utf8_are_shown_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "h").write_bytes(b"echo \xff\n")
    assert run(["history", str(tmp_path / "h"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["command"] == "echo \ufffd"
