"""`reifierd sessions` and its corrections."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reifierd.cli.main import run
from reifierd.daemon.lock import WorkspaceLock
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Command, Session, SessionState
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import Layout


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A workspace with two sessions, of three commands and of one."""
    monkeypatch.setenv("REIFIERD_WORKSPACE", str(tmp_path / "w"))
    layout = make_workspace(tmp_path / "w")
    with open_ledger(layout.ledger, Redactor()) as ledger:
        for n, texts in enumerate((["ls", "make", "make install"], ["reboot"])):
            start = 1_700_000_000.0 + n * 1000
            session = Session(ledger.history.new_session_id(start), SessionState.CLOSED, start, start + 10)
            ledger.history.put_session(session)
            commands = [
                Command(t, "bash", "hook", session=session.id, started=start + i, noise=t == "ls", exit=i, cwd="/srv")
                for i, t in enumerate(texts)
            ]
            ledger.history.add(commands)
    return layout


IDS = ["2023-11-14T22:13:20Z", "2023-11-14T22:30:00Z"]


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["sessions", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_sessions_are_listed(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys, "--json")
    assert [(r["id"], r["state"], r["commands"], r["kept"], r["noise"]) for r in rows] == [
        (IDS[0], "closed", 3, 2, 1),
        (IDS[1], "closed", 1, 1, 0),
    ]
    assert run(["sessions"]) == 0
    out = capsys.readouterr().out
    assert IDS[0] in out
    assert "closed" in out


def test_the_title_is_that_of_the_draft_wherever_it_was_moved(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_ledger(layout.ledger, Redactor()) as ledger:
        session = ledger.history.session(IDS[0])
        assert session
        ledger.history.put_session(replace(session, state=SessionState.DRAFTED, draft="runbooks/drafts/x.md"))
    layout.folder("runbooks/approved").joinpath("x.md").write_text("---\ntitle: 'Fix x'\n---\n")
    assert listed(capsys, "--json")[0]["title"] == "Fix x"


def test_show_numbers_the_commands(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "show", IDS[0]]) == 0
    assert "   3    make install  (exit 2)" in capsys.readouterr().out
    found = listed(capsys, "show", IDS[0], "--json")
    assert [(c["n"], c["command"], c["cwd"]) for c in found["commands"]][1] == (2, "make", "/srv")


def test_merge_and_split_are_each_others_undoing(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "merge", *IDS]) == 0
    capsys.readouterr()
    assert [r["commands"] for r in listed(capsys, "--json")] == [4]
    assert run(["sessions", "split", IDS[0], "4"]) == 0
    capsys.readouterr()
    assert [(r["id"], r["commands"]) for r in listed(capsys, "--json")] == [(IDS[0], 3), (IDS[1], 1)]


@pytest.mark.parametrize(
    "words", [["show", "last"], ["last"], ["show", "2023-11-14T22:3"], [IDS[1]], ["2023-11-14T22:3"]]
)
def test_a_session_is_found_by_last_and_by_the_beginning_of_its_id(
    layout: Layout, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert listed(capsys, *words, "--json")["id"] == IDS[1]


def test_a_beginning_of_two_ids_names_none(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "show", "2023"]) == 2
    assert "2 sessions begin with 2023" in capsys.readouterr().err


def test_one_command_is_no_plural(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "split", IDS[0], "2"]) == 0
    assert f"{IDS[0]} keeps 1 command, " in capsys.readouterr().out


def test_without_a_daemon_it_says_why_nothing_new_comes(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions"]) == 0
    assert "the daemon is not running" in capsys.readouterr().out
    lock = WorkspaceLock(layout.state)
    lock.take()
    assert run(["sessions"]) == 0
    assert "daemon" not in capsys.readouterr().out
    lock.release()


def test_no_session_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("REIFIERD_WORKSPACE", str(tmp_path / "empty"))
    make_workspace(tmp_path / "empty")
    assert run(["sessions"]) == 0
    out = capsys.readouterr().out
    assert "no session yet" in out
    assert "reifierd run" in out


def test_what_cannot_be_done_is_said(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "split", IDS[0], "1"]) == 2
    assert "can be split at command 2 to 3" in capsys.readouterr().err
    assert run(["sessions", "merge", IDS[0]]) == 2
    assert run(["sessions", "show", "nothing"]) == 2
    assert "there is no session nothing" in capsys.readouterr().err
