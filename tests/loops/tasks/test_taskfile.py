"""A task file that its person edits all the time while criteria are ticked: no word of theirs is lost, and no tick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reifierd.documents.task import consent_digest, parse_task
from reifierd.loops.tasks.taskfile import TaskFile
from reifierd.runs.house import House
from reifierd.runs.stepping import Stopped
from reifierd.workspace.files import TEMP

CRITERIA = 20
EDITS = 100
NAME = "tasks/approved/TASK-001.md"


@pytest.fixture
def house(desk: Any) -> House:
    desk.runner.close()
    return House(desk.layout, desk.settings, desk.ledger, desk.redactor, desk.guard, desk.config)


@pytest.fixture
def opened(house: House, task: Callable[..., str]) -> Iterator[tuple[TaskFile, Path]]:
    path = house.layout.root / NAME
    path.write_text(task(*((f"Criterion {n}", "true") for n in range(1, CRITERIA + 1))))
    data = path.read_bytes()
    yield TaskFile(house, NAME, data, consent_digest(data)), path
    assert list(path.parent.glob(f"{TEMP}*")) == []


class Editor:
    """A person's editor: it read the file long ago, and saves what is in its buffer, its own lines and all it saw."""

    def __init__(self, path: Path, save: Callable[[Path, str], object], name: str, *, reads: bool) -> None:
        self.path, self.save, self.name, self.reads = path, save, name, reads
        self.buffer, self.typed = path.read_text(), list[str]()

    def edit(self, n: int) -> None:
        """Type one line at the end of the log, and save. One that `reads` notices what others did to the file."""
        if self.reads:
            text = self.path.read_text()
            self.buffer = text + "".join(line for line in self.typed if line not in text)
        self.typed.append(f"- 2026-01-02 10:00: {self.name} {n}.\n")
        self.buffer += self.typed[-1]
        self.save(self.path, self.buffer)


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def rename_over(path: Path, text: str) -> None:
    new = path.with_name("4913")
    new.write_text(text)
    new.replace(path)


def carried_out(file: TaskFile) -> None:
    """As a run does it: ask before each criterion, tick after it."""
    for n in range(1, CRITERIA + 1):
        file.ask()
        file.write([n], [f"Completed: Criterion {n}."], soon=n % 3 == 0)
        time.sleep(0.01)


@pytest.mark.parametrize("reads", [True, False], ids=["reads it again", "keeps its buffer"])
@pytest.mark.parametrize("save", [in_place, rename_over], ids=["in place", "by a rename"])
def test_every_line_and_every_tick_survives(
    opened: tuple[TaskFile, Path], save: Callable[[Path, str], object], *, reads: bool
) -> None:
    file, path = opened
    editor = Editor(path, save, "typed", reads=reads)
    ended = threading.Event()

    def person() -> None:
        for n in range(EDITS):
            editor.edit(n)
            with path.open("a") as other:  # and another program appends
                other.write(f"- 2026-01-02 10:00: appended {n}.\n")
            if not reads:  # an editor that asks nobody would save over that: only what it typed is asked for then
                editor.buffer += f"- 2026-01-02 10:00: appended {n}.\n"
            time.sleep(0.002)
        ended.set()

    thread = threading.Thread(target=person)
    thread.start()
    carried_out(file)
    thread.join()
    file.ask()
    file.finish()
    data = path.read_bytes()
    assert consent_digest(data) == consent_digest(data.replace(b"[x]", b"[ ]"))
    task = parse_task(data)
    log = [line.partition(": ")[2] for line in task.log_lines]
    assert [c.n for c in task.criteria if not c.checked] == []
    assert [n for n in range(EDITS) if log.count(f"typed {n}.") != 1] == []
    assert [n for n in range(EDITS) if log.count(f"appended {n}.") != 1] == []
    assert [n for n in range(1, CRITERIA + 1) if log.count(f"Completed: Criterion {n}.") != 1] == []


def test_invariant_9_a_workspace_that_went_away_says_nothing_about_the_file(opened: tuple[TaskFile, Path]) -> None:
    file, path = opened
    root = path.parents[2]
    away = root.rename(root.with_name("away"))
    with pytest.raises(Stopped, match="the workspace is not there"):
        file.ask()
    assert not file.write([1], ["Completed: Criterion 1"])
    away.rename(root)
    file.ask()
    assert file.finish()
    assert "[x] Criterion 1\n" in path.read_text()


def test_a_person_who_opens_a_fence_in_the_log_loses_no_tick(opened: tuple[TaskFile, Path]) -> None:
    file, path = opened
    file.write([1], ["Completed: Criterion 1"])
    path.write_text(path.read_text() + "```\nopen\n")
    file.ask()
    assert not file.write([2], ["Completed: Criterion 2"])
    assert not file.finish()
    path.write_text(path.read_text().replace("```\nopen\n", ""))
    file.ask()
    assert file.finish()
    assert (path.read_text().count("[x]"), path.read_text().count("Completed:")) == (2, 2)
