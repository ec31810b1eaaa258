"""`reifierd forget SESSION`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Command, FileEdit, Run, RunState, Session, SessionState, StepRun, StepState
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


def made_from_it(layout: Layout) -> dict[str, Path]:
    """A second draft, an approved copy under another name, and a run of that with its report."""
    text = f"---\nid: rb-1\nsource: {{host: h, session: '{ID}'}}\n---\n# Fix\n"
    edited = "---\nid: rb-1\n---\n# Fix, edited\n"
    files = {
        "draft": layout.root / "runbooks/drafts/x-2.md",
        "approved": layout.root / "runbooks/approved/restart.md",
        "report": layout.root / "reports/r1.md",
        "twin": layout.root / "reports/r1.json",
    }
    for name, content in {"draft": text, "approved": edited, "report": "# unforgettable", "twin": "{}"}.items():
        files[name].write_text(content)
    (layout.root / "reports/other.md").write_text("another one's")
    (layout.root / "runbooks/approved/other.md").write_text("---\nid: rb-2\n---\n# Other\n")
    with open_ledger(layout.ledger, Redactor()) as ledger:
        for run, name in (("r1", "restart.md"), ("r2", "other.md")):
            ledger.journal.start_run(Run(run, f"runbooks/approved/{name}", "0" * 64, RunState.RUNNING, 1.7e9))
            step = StepRun(run, 1, 1, "Fix", f"unforgettable {run}", 9, "/", StepState.STARTED, 1.7e9)
            ledger.journal.start_step(step)
            ledger.journal.add_line(run, 1.7e9, "a line")
            ledger.journal.end_run(run, RunState.SUCCEEDED, 1.7e9, report=f"reports/{run}.md")
    return files


def test_everything_that_was_made_from_it_is_named(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    files = made_from_it(layout)
    assert run(["forget", ID]) == 0
    out = capsys.readouterr().out
    (line,) = [line for line in out.splitlines() if "→ rm " in line]
    assert {*line.split()[2:]} == {str(layout.root / "runbooks/drafts/x.md"), *map(str, files.values())}
    assert all(path.exists() for path in files.values())
    with open_ledger(layout.ledger, Redactor()) as ledger:
        assert [r.run_id for r in ledger.journal.runs()] == ["r2"]
        assert ledger.journal.steps("r1") == []
        assert ledger.journal.lines("r1") == []
        assert len(ledger.journal.steps("r2")) == 1


def test_all_files_are_removed_when_asked_for_at_once_or_later(layout: Layout) -> None:
    files = made_from_it(layout)
    assert run(["forget", ID, "--drafts"]) == 0
    assert [name for name, path in files.items() if path.exists()] == ["approved", "report", "twin"]
    files = made_from_it_again(layout, files)
    assert run(["forget", ID, "--all-files"]) == 0
    assert not [name for name, path in files.items() if path.exists()]
    assert (layout.root / "reports/other.md").exists()
    assert (layout.root / "runbooks/approved/other.md").exists()


def made_from_it_again(layout: Layout, files: dict[str, Path]) -> dict[str, Path]:
    """The session is out of the ledger; its files say where they came from, reports which bytes they are about."""
    files["approved"].write_text(f"---\nid: rb-1\nsource: {{session: '{ID}'}}\n---\n# Fix\n")
    files["twin"].write_text(json.dumps({"sha256": hashlib.sha256(files["approved"].read_bytes()).hexdigest()}))
    return files


def test_what_another_session_was_drafted_to_under_the_same_name_is_left_alone(layout: Layout) -> None:
    """Two drafts of one minute may have one name, when the first was approved before the second was written."""
    approved = layout.root / "runbooks/approved/x.md"
    approved.write_text("---\nid: rb-9\nsource: {session: '2023-11-14T22:13:59Z'}\n---\n# Another\n")
    with open_ledger(layout.ledger, Redactor()) as ledger:
        ledger.journal.start_run(Run("r9", "runbooks/approved/x.md", "0" * 64, RunState.SUCCEEDED, 1.7e9))
    assert run(["forget", ID, "--all-files"]) == 0
    assert approved.exists()
    with open_ledger(layout.ledger, Redactor()) as ledger:
        assert [r.run_id for r in ledger.journal.runs()] == ["r9"]


def test_nothing_is_forgotten_while_a_run_of_it_goes_on(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    with open_ledger(layout.ledger, Redactor()) as ledger:
        ledger.journal.start_run(Run("r3", "runbooks/approved/x.md", "0" * 64, RunState.RUNNING, 1.7e9))
    assert run(["forget", ID]) == 2
    assert "reifierd stop r3" in capsys.readouterr().err
    with open_ledger(layout.ledger, Redactor()) as ledger:
        assert ledger.history.session(ID)


def test_a_session_that_is_not_there_is_said(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forget", "nothing"]) == 2
    assert "reifierd sessions --all" in capsys.readouterr().err
