"""Who belongs to a step, and who does not."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reifierd.execution import process, unit
from reifierd.execution.step import StepResult
from reifierd.ledger.records import StepState

Run = Callable[..., StepResult]


def test_a_reused_pid_is_not_signalled() -> None:
    child = subprocess.Popen(["sleep", "320"])
    try:
        now = process.look(child.pid)
        assert now is not None
        other = process.Process(now.pid, now.ppid, now.session, now.start - 1, dead=False)
        process.send(other, 9)
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_children_of_this_program_are_not_taken_for_a_steps(run: Run) -> None:
    child = subprocess.Popen(["sleep", "321"])
    try:
        result = run("sleep 322", timeout=0.3)
        assert child.poll() is None
        assert result.survivors == ()
    finally:
        child.kill()
        child.wait()


def test_what_a_dead_daemons_step_left_is_ended_by_its_mark() -> None:
    mark = f"dead-{os.getpid()}/1/1"
    shell = subprocess.Popen(
        ["bash", "-c", "sleep 323 & setsid sleep 324 & wait"],
        env={**os.environ, unit.MARK: mark},
        start_new_session=True,
    )
    time.sleep(0.3)
    now = process.look(shell.pid)
    assert now is not None
    assert process.end_remains(mark, now.pid, now.start) >= 3
    shell.wait()
    assert [p for p in process.table() if not p.dead and process.mark_of(p.pid) == mark] == []
    assert process.end_remains(mark, now.pid, now.start) == 0


def test_a_session_of_somebody_else_with_a_reused_pid_is_left_alone() -> None:
    other = subprocess.Popen(["sleep", "325"], start_new_session=True)
    try:
        now = process.look(other.pid)
        assert now is not None
        assert process.end_remains("nobody/1/1", now.pid, now.start - 5) == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_adopted_orphans_are_buried(run: Run) -> None:
    left = run("setsid sleep 0.3 >/dev/null 2>&1 &").left_running
    assert len(left) == 1
    time.sleep(0.6)
    reaper = process.Reaper()
    reaper.reap(0.0)
    reaper.reap(60.0)
    assert process.look(left[0].pid) is None


def test_steps_side_by_side_neither_bury_nor_end_each_other(run: Run, tmp_path: Path) -> None:
    """A shell that has just started, or just ended, has no mark that another step's sweep could see."""

    def one(n: int) -> StepResult:
        if n % 30 == 0:
            return run("sleep 326 & wait", folder=tmp_path / f"{n}", state=None, timeout=0.05, grace=0.01)
        return run("sleep 0.002 & true", folder=tmp_path / f"{n}", state=None)  # something is left: a second look

    with ThreadPoolExecutor(5) as pool:
        ended = list(pool.map(one, range(300)))
    assert {each.state_of_step for each in ended[::30]} == {StepState.TIMED_OUT}
    assert {each.exit for n, each in enumerate(ended) if n % 30} == {0}
    assert process.leaders == set()


def test_a_scrubbed_orphan_is_nobodys_while_another_step_is_under_way(run: Run, tmp_path: Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    first = f"until test -e {begun}; do sleep 0.02; done"
    waits = f"{first}; (env -i setsid sleep 328 &)\nuntil test -e {go}; do sleep 0.02; done"
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(run, waits, folder=tmp_path / "other", state=None)
        run(f"touch {begun}; sleep 327", folder=tmp_path / "this", state=None, timeout=0.5)
        go.touch()
        assert [left.command for left in other.result().left_running] == ["sleep 328"]


@pytest.mark.parametrize("forks", [0, 3, 200])
def test_what_is_left_is_found_however_many_pids_were_given_since(run: Run, forks: int) -> None:
    """A few pids are looked at one by one, many by the process table."""
    many = f"for n in $(seq {forks}); do /bin/true; done"
    left = run(f"setsid sleep 329 & {many}\nenv -i setsid sleep 330 & sleep 0.1").left_running
    assert sorted(each.command for each in left) == ["sleep 329", "sleep 330"]
    assert run(many).left_running == ()
