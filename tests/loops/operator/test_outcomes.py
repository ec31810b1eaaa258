"""Every outcome of an approved runbook: where its file stands afterwards, that nothing of it runs again by itself, and
by which word or move it does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reifierd.ledger.records import FileState, RunState
from reifierd.runs.words import APPROVE, RESUME, STOP, speak
from reifierd.workspace.layout import APPROVED, DRAFTS, PAUSE

Desk = Any  # a Desk of conftest.py, which tests cannot import
Write = Callable[..., str]
Daemon = Callable[[], "subprocess.Popen[bytes]"]
NAME = f"{APPROVED}/fix.md"


# how a file comes to an outcome


def moved(desk: Desk, text: str, _daemon: Daemon) -> None:
    desk.approve("fix.md", text)


def stopped(desk: Desk, text: str, _daemon: Daemon) -> None:
    desk.approve("fix.md", text, wait=False)
    desk.until_a_step_runs()
    speak(desk.layout, desk.ledger.journal, STOP, desk.last.run_id, time.time())
    assert desk.runner.wait(30)


def killed(desk: Desk, text: str, daemon: Daemon) -> None:
    process = daemon()
    desk.draft("fix.md", text).rename(desk.layout.root / NAME)
    desk.until_a_step_runs()
    process.kill()
    process.wait()
    desk.start()


def unsafe(desk: Desk, text: str, _daemon: Daemon) -> None:
    desk.draft("fix.md", text).chmod(0o666)
    desk.approve("fix.md")


def edited(desk: Desk, text: str, _daemon: Daemon) -> None:
    desk.approve("fix.md", text)
    (desk.layout.root / NAME).write_text(f"{text}\nEdited.\n")


def paused(desk: Desk, text: str, _daemon: Daemon) -> None:
    (desk.layout.root / PAUSE).touch()
    desk.approve("fix.md", text)


# how it runs again


def move(desk: Desk) -> None:
    """Out, seen to be gone, and in again; a person who reads the reason repairs what is unsafe."""
    (desk.layout.root / PAUSE).unlink(missing_ok=True)
    draft = desk.layout.folder(DRAFTS) / "fix.md"
    if not draft.exists():
        (desk.layout.root / NAME).rename(draft)
        desk.look()
    draft.chmod(0o600)
    desk.approve("fix.md")


def approve(desk: Desk) -> None:
    (desk.layout.root / NAME).chmod(0o600)
    (desk.layout.root / PAUSE).unlink(missing_ok=True)
    speak(desk.layout, desk.ledger.journal, APPROVE, NAME, time.time())
    desk.look()


def resume(desk: Desk) -> None:
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time())
    desk.look()


def end_pause(desk: Desk) -> None:
    (desk.layout.root / PAUSE).unlink()
    desk.look()


class Outcome(NamedTuple):
    """`fix` is the command of the runbook; PLACE in it is a folder in which `go` comes to be before it runs again."""

    state: FileState
    fix: str
    come: Callable[[Desk, str, Daemon], None] = moved
    again: tuple[Callable[[Desk], None], ...] = (move, approve)
    more: tuple[tuple[str, str], ...] = ()
    front: str = ""
    stands: str = APPROVED


WAITS = "until test -e PLACE/go; do sleep 0.02; done"
GATE = (("Verify", "{gate}\ntrue"),)
OUTCOMES = {
    "succeeded": Outcome(FileState.SUCCEEDED, "true"),
    "already healthy": Outcome(FileState.HEALTHY, "true", more=GATE),
    "filed": Outcome(FileState.FILED, "true", front="on_approval: file"),
    "failed": Outcome(FileState.FAILED, "test -e PLACE/go", again=(move, approve, resume)),
    "stopped": Outcome(FileState.STOPPED, WAITS, stopped, (move, approve, resume)),
    "unknown": Outcome(FileState.UNKNOWN, WAITS, killed, (move, approve, resume)),
    "refused by the guard": Outcome(FileState.GONE, "rm -rf /", again=(move,), stands=DRAFTS),
    "refused by consent": Outcome(FileState.GONE, "true", again=(move,), front="hosts: [another]", stands=DRAFTS),
    "parameters missing": Outcome(FileState.GONE, "echo <pod-name>", again=(move,), stands=DRAFTS),
    "not parsed": Outcome(FileState.GONE, "true", again=(move,), front="umask: [", stands=DRAFTS),
    "unsafe file": Outcome(FileState.REFUSED, "true", unsafe),
    "changed since approval": Outcome(FileState.CHANGED, "true", edited),
    "held": Outcome(FileState.HELD, "true", paused, (move, approve, end_pause)),
}
SAME = {"already healthy", "filed"} | {name for name, o in OUTCOMES.items() if o.stands == DRAFTS}


def text_of(outcome: Outcome, runbook: Write, place: Path) -> str:
    return runbook(("Fix", outcome.fix.replace("PLACE", str(place))), *outcome.more, front=outcome.front)


@pytest.mark.parametrize("name", OUTCOMES)
def test_where_it_stands_and_that_it_does_not_run_again_by_itself(
    desk: Desk, runbook: Write, tmp_path: Path, daemon: Daemon, name: str
) -> None:
    outcome = OUTCOMES[name]
    text = text_of(outcome, runbook, tmp_path)
    outcome.come(desk, text, daemon)
    desk.look()
    runs = desk.ledger.journal.runs()
    (tmp_path / "go").touch()
    for _ in range(2):
        assert desk.ledger.journal.approval(NAME).state is outcome.state
        path = desk.layout.folder(outcome.stands) / "fix.md"
        assert path.read_text().removesuffix("\nEdited.\n") == text
        assert desk.ledger.journal.runs() == runs
        desk.restart()
        desk.look()


@pytest.mark.parametrize(("name", "again"), [(name, way) for name, o in OUTCOMES.items() for way in o.again])
def test_by_what_it_runs_again(  # noqa: PLR0917 - fixtures and parameters
    desk: Desk, runbook: Write, tmp_path: Path, daemon: Daemon, name: str, again: Callable[[Desk], None]
) -> None:
    outcome = OUTCOMES[name]
    outcome.come(desk, text_of(outcome, runbook, tmp_path), daemon)
    desk.look()
    before = desk.ledger.journal.runs()
    (tmp_path / "go").touch()
    again(desk)
    runs = desk.ledger.journal.runs()
    assert len(runs) == len(before) + (again is not resume)
    assert runs[0].state is (before[0].state if name in SAME else RunState.SUCCEEDED)
