"""`reifierd forget SESSION`."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Command, FileEdit, Session, SessionState
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import Layout

ID = "2023-11-14T22:13:20Z"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A workspace with one session, whose draft stands in drafts/."""
    monkeypatch.setenv("REIFIERD_WORKSPACE", str(tmp_path / "w"))
    layout = make_workspace(tmp_path / "w")
    (layout.root / "runbooks/drafts/x.md").write_text("a draft")
    with open_ledger(layout.ledger, Redactor()) as ledger:
        ledger.history.put_session(Session(ID, SessionState.DRAFTED, 1.7e9, 1.7e9, draft="runbooks/drafts/x.md"))
        edit = FileEdit("/etc/x", "-gone forever\n", "hook")
        ledger.history.add([Command("unforgettable", "bash", "hook", session=ID, started=1.7e9, edits=(edit,))])
    return layout


def test_nothing_of_it_is_left_in_any_file_of_the_state(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forget", ID]) == 0
    for path in layout.state.rglob("*"):
        if path.is_file():
            assert b"unforgettable" not in path.read_bytes()
            assert b"gone forever" not in path.read_bytes()
    draft = layout.root / "runbooks/drafts/x.md"
    assert draft.exists()
    assert f"rm {draft}" in capsys.readouterr().out


def test_drafts_are_removed_only_when_asked_for_and_only_from_drafts(layout: Layout) -> None:
    approved = layout.root / "runbooks/approved/x.md"
    approved.write_text("approved")
    assert run(["forget", ID, "--drafts"]) == 0
    assert not (layout.root / "runbooks/drafts/x.md").exists()
    assert approved.exists()


def test_a_session_that_is_not_there_is_said(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forget", "nothing"]) == 2
    assert "reifierd sessions --all" in capsys.readouterr().err
