"""Who belongs to a step, and who does not."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable

from reifierd.execution import process, unit
from reifierd.execution.step import StepResult

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
