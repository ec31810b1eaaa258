"""Run one step: one shell, in a clean environment, in its own session, watched until it ends or is ended.

Rules
- A step ends when its shell does, not when its output does: what it left running lives on, is named in the result, and
  keeps a pipe that somebody reads (a `cat` that outlives us), so that no service dies of a broken pipe.
- Timeout and stop: SIGTERM to everything of the step, the grace, SIGKILL to whatever is left, until nothing is.
- What holds the shell's state raw (the preamble, the dump) is in a folder of this step's own that goes when the step
  ends, however it ends; the preamble is emptied as soon as bash has read it.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from reifierd.execution import process, unit
from reifierd.execution.starting import spawn, unread
from reifierd.execution.state import ShellState, parse
from reifierd.execution.step import StepResult, StepSpec, Stop
from reifierd.execution.watching import Watch, keep_draining
from reifierd.ledger.records import StepState

CANNOT_START = 126  # what a shell answers for a command that is found and cannot be run
_ABNORMAL = 255  # what systemd-run ends with when a unit ended in any way but by an exit of its own


def run_step(
    spec: StepSpec,
    *,
    on_output: Callable[[bytes], None] = lambda _: None,
    on_spawn: Callable[[int, int], None] = lambda _pid, _start: None,
    stop: Stop | None = None,
) -> StepResult:
    """Run it and wait for its end. `on_output` gets raw pieces as they come, `on_spawn` the pid and its start ticks."""
    started = time.monotonic()
    raw = spec.folder / f"raw-{os.urandom(4).hex()}"
    try:
        return _run(spec, raw, started, on_output, on_spawn, stop)
    finally:
        if raw.exists() and not (spec.background and unread(raw)):
            shutil.rmtree(raw, ignore_errors=True)


def _run(  # noqa: PLR0913, PLR0917 - what `run_step` was given, and where its raw files are
    spec: StepSpec,
    raw: Path,
    started: float,
    on_output: Callable[[bytes], None],
    on_spawn: Callable[[int, int], None],
    stop: Stop | None,
) -> StepResult:
    try:
        read_end, shell, in_unit = spawn(spec, raw)
    except (OSError, ValueError, RuntimeError) as error:  # a home that nobody has, a name that no system call takes
        why = f"{error.strerror}: {error.filename or spec.interpreter}" if isinstance(error, OSError) else str(error)
        message = f"reifierd: could not start: {why}\n"
        return StepResult(StepState.FINISHED, CANNOT_START, time.monotonic() - started, message)
    try:
        leader = process.look(shell.pid)
        assert leader is not None  # it is our child and we have not waited for it
        on_spawn(leader.pid, leader.start)
        watch = Watch(spec, read_end, leader, on_output, stop, in_unit=in_unit)
        ended = watch.until_end(started)
        survivors = process.kill_all(spec.mark, leader, leader.start) if ended is not StepState.FINISHED else []
        left = () if ended is not StepState.FINISHED else watch.left_running()
        open_pipe = watch.drain()
        status = shell.wait() if watch.shell_ended() else None
        if open_pipe:
            keep_draining(read_end)
        if in_unit and status is not None:
            status = _of_unit(status, raw, ended)
    finally:
        os.close(read_end)
        if shell.returncode is None:  # a background step's shell: `process.Reaper` waits for it from now on
            process.helpers.add(shell.pid)
            shell.returncode = 0
        process.leaders.discard(shell.pid)
    return StepResult(
        state_of_step=ended,
        exit=status if status is None or status >= 0 else 128 - status,
        duration=time.monotonic() - started,
        output=watch.capture.text(),
        state=_state_after(spec, raw) if ended is StepState.FINISHED else None,
        left_running=left,
        survivors=tuple(p.pid for p in survivors),
    )


def _of_unit(status: int, raw: Path, ended: StepState) -> int:
    """What the step's own shell would have said: the manager's words for "not started" and "killed" are other ones."""
    if not unit.began(raw):
        return CANNOT_START
    return 128 + signal.SIGKILL if ended is not StepState.FINISHED and status == _ABNORMAL else status


def _state_after(spec: StepSpec, raw: Path) -> ShellState | None:
    if spec.last:
        return None
    try:
        state = parse((raw / "dump").read_bytes())
    except FileNotFoundError:
        return None
    if state is None:
        return None
    return state.without(spec.secrets).after(spec.state, strict=spec.strict, env=dict(spec.env))
