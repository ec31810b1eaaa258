"""A task of 1,000 criteria, run as a whole: what it costs beside its commands.

"Its commands" are measured in the same run, by turns with the task: the same 1,000 commands, each by a plain `bash -c`
in a session of its own whose output is read, after one line that was synced to the disk, as anybody must write who
wants to know after a crash what had begun. Everything else is beside them: reading the file and judging every block,
consent asked for again before each step, the journal, ticks and Progress Log, lines for those who follow, the event
log, looking for what a step left running, verification, git, the report.

The asked figure: at most 2 s beside its commands. Wall time on a machine that does nothing else; the processor time
(user and system, children included) is told too, since it says something on a busy one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from reifierd.daemon.events import event_log
from reifierd.execution.guard import Guard
from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import RunState
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.trade import Tasks
from reifierd.redaction import Redactor
from reifierd.runs.house import House
from reifierd.runs.runner import Runner
from reifierd.runs.settings import RunSettings
from reifierd.shell import Context, load_rules
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import TASK_APPROVED, TASK_DRAFTS, Layout
from reifierd.workspace.review import introduce
from reifierd.workspace.root import Root

CRITERIA, ROUNDS = 1000, 5
HEAD = "---\nid: TASK-{task}\ntitle: A thousand shards\nupdated: 2026-11-19\nproject: {project}\n---\n"
ITEM = "- [ ] Shard {n} answers\n  ```bash\n  test {n} -gt 0\n  ```\n"


class Cost(NamedTuple):
    """Seconds by the clock, and of the processor."""

    wall: float
    cpu: float


def cost_of(what: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    what()
    return Cost(time.perf_counter() - wall, sum(os.times()[:4]) - cpu)


@dataclass
class Desk:
    layout: Layout
    ledger: Ledger
    runner: Runner
    project: Path
    sent: int = 0

    def draft(self) -> Path:
        """A draft that has stood there for a while, as a person's has."""
        self.sent += 1
        items = "".join(ITEM.format(n=n) for n in range(1, CRITERIA + 1))
        path = self.layout.folder(TASK_DRAFTS) / f"TASK-{self.sent}.md"
        path.write_text(HEAD.format(task=self.sent, project=self.project) + "## Acceptance Criteria\n" + items)
        time.sleep(0.6)
        return path

    def run(self, draft: Path) -> None:
        """From the move into approved/ to the report."""
        draft.rename(self.layout.folder(TASK_APPROVED) / draft.name)
        self.runner.tick(time.time())
        assert self.runner.wait(600)
        assert self.ledger.journal.runs(1)[0].state is RunState.SUCCEEDED


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    layout, redactor, project = make_workspace(tmp_path / "workspace"), Redactor(), tmp_path / "project"
    subprocess.run(["git", "init", "-q", "-b", "main", str(project)], check=True)
    who = ["-c", "user.name=A Person", "-c", "user.email=person@example.org"]
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "before"], cwd=project, check=True)
    (tmp_path / "config").mkdir()
    with (
        open_ledger(layout.ledger, redactor) as ledger,
        Guard(load_rules()) as guard,
        Path("/dev/null").open("w") as log,
    ):
        with Root(layout) as root:
            introduce(root, ledger)
        guard.judge(["ls"], Context())
        say = event_log(redactor, log)
        house = House(layout, RunSettings(), ledger, redactor, guard, tmp_path / "config", say)
        runner = Runner(house, [Tasks(house, TasksSettings())])
        runner.start()
        yield Desk(layout, ledger, runner, project)
        runner.close()


def commands_alone(journal: Path) -> None:
    """Each after its synced line; nothing else."""
    with journal.open("ab", buffering=0) as log:
        for n in range(1, CRITERIA + 1):
            log.write(f"started {n}\n".encode())
            os.fdatasync(log.fileno())
            subprocess.run(
                ["bash", "-c", f"test {n} -gt 0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True, check=True,
            )  # fmt: skip


def test_a_thousand_criteria_beside_their_commands(desk: Desk, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    """The benchmark's own table shows the whole; the lines below what was asked for."""
    alone, whole = list[Cost](), list[Cost]()

    def by_turns() -> tuple[tuple[Path], dict[str, object]]:
        alone.append(cost_of(lambda: commands_alone(tmp_path / "journal")))
        return (desk.draft(),), {}

    benchmark.pedantic(  # type: ignore[no-untyped-call] # the plugin leaves it untyped
        lambda draft: whole.append(cost_of(lambda: desk.run(draft))), setup=by_turns, rounds=ROUNDS
    )
    pairs = list(zip(whole, alone, strict=True))
    beside = statistics.median(task.wall - plain.wall for task, plain in pairs)
    ratio = statistics.median(task.wall / plain.wall for task, plain in pairs)
    cpu = statistics.median(task.cpu - plain.cpu for task, plain in pairs)
    least = min(task.wall - plain.wall for task, plain in pairs)
    print(f"\n{CRITERIA} criteria beside their commands, median of {ROUNDS}: {beside:.2f} s (least {least:.2f} s)")
    print(f"the whole is {ratio:.2f} times the commands alone ({statistics.median(p.wall for p in alone):.2f} s)")
    print(f"processor time beside them: {cpu:.2f} s")
