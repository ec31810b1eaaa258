"""What `reifierd task run` says before anything is begun: each message with what to type next."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.daemon.lock import WorkspaceLock
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Run, RunState
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import PAUSE, TASK_APPROVED, TASK_DONE, TASK_DRAFTS, Layout

TASK = """---
id: TASK-001
title: Made
project: {project}
---
## Acceptance Criteria
- [ ] It is there
  `touch there`
"""


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("REIFIERD_WORKSPACE", str(tmp_path / "w"))
    (tmp_path / "p").mkdir()
    return make_workspace(tmp_path / "w")


def put(layout: Layout, folder: str, project: str = "p") -> None:
    text = TASK.format(project=layout.root.parent / project)
    (layout.folder(folder) / "TASK-001.md").write_text(text)


def test_nothing_is_begun_while_pause_stands_and_no_word_is_left(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    put(layout, TASK_APPROVED)
    (layout.root / PAUSE).touch()
    assert run(["task", "run", "TASK-001"]) == 3
    assert f"PAUSE stands, and nothing starts\n  → rm {layout.root / PAUSE}\n" in capsys.readouterr().err
    with open_ledger(layout.ledger, Redactor()) as ledger:
        assert not ledger.journal.words()
        assert not ledger.journal.runs(1)


def test_an_approval_during_the_pause_says_when_it_begins(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    put(layout, TASK_DRAFTS)
    (layout.root / PAUSE).touch()
    assert run(["approve", "TASK-001"]) == 0
    assert f"it begins when that is gone  → rm {layout.root / PAUSE}\n" in capsys.readouterr().out


def test_what_is_done_and_what_is_a_draft_are_told_apart(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    put(layout, TASK_DONE)
    assert run(["task", "run", "TASK-001"]) == 3
    assert "tasks/done/TASK-001.md: it is done\n" in capsys.readouterr().err
    put(layout, TASK_DRAFTS)
    assert run(["task", "run", "tasks/drafts/TASK-001.md"]) == 3
    assert "it is not approved" in capsys.readouterr().err


def test_options_do_not_reach_a_run_that_began_without_them(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    put(layout, TASK_APPROVED)
    lock = WorkspaceLock(layout.state)
    with open_ledger(layout.ledger, Redactor()) as ledger:
        ledger.journal.start_run(Run("r1", f"{TASK_APPROVED}/TASK-001.md", "0" * 64, RunState.RUNNING, time.time()))
    lock.take()
    try:
        assert run(["task", "run", "TASK-001", "--criteria", "1"]) == 1
    finally:
        lock.release()
    told = capsys.readouterr().err
    assert "began without these options" in told
    assert "→ reifierd runs r1 --follow, or reifierd stop r1\n" in told


def test_a_dry_run_says_how_to_have_it_done(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    put(layout, TASK_DRAFTS)
    assert run(["task", "run", "TASK-001", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "TASK-001 (general): 1 of 1 criteria open\n  · It is there: would run: touch there\n" in told
    assert told.endswith("nothing was run; for real: reifierd approve TASK-001\n")
    assert not (layout.root.parent / "p" / "there").exists()


def test_a_dry_run_has_no_run_to_go_on_with(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    put(layout, TASK_DRAFTS, project="nowhere")
    assert run(["task", "run", "TASK-001", "--dry-run"]) == 1
    told = capsys.readouterr().out
    assert "project_missing" in told
    assert "reifierd resume" not in told
