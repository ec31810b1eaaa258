"""Watching a step: its output as it comes, its end, its deadline, a stop.

Output is read until the shell ends, kept as far as its cap goes, and the rest is thrown away as it comes: a step that
prints without end is neither slowed down nor paid for.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable

from reifierd.execution import process
from reifierd.execution.capture import Capture
from reifierd.execution.step import StepSpec, Stop
from reifierd.ledger.records import StepState

BACKGROUND_LOOK = 1.0  # seconds after which a `background` step that still runs counts as started
CHUNK = 1 << 20
_LINGER = 0.05  # seconds a step's last children get to end by themselves before they count as left running


def keep_draining(read_end: int) -> None:
    """Hand the pipe to a process that reads it to its end, also when this one is gone."""
    os.set_blocking(read_end, True)
    with process.registering:
        drain = subprocess.Popen(
            ["/bin/cat"],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        )
        process.helpers.add(drain.pid)
    drain.returncode = 0  # `process.Reaper` waits for it


class Watch:
    """Reads a step's output and waits for its shell, its deadline or a stop, whichever comes first."""

    def __init__(  # noqa: PLR0913 - what the step is, what it started as, and who is told
        self,
        spec: StepSpec,
        read_end: int,
        leader: process.Process,
        on_output: Callable[[bytes], None],
        stop: Stop | None,
        *,
        in_unit: bool,
    ) -> None:
        self._spec, self._pipe, self._leader, self._on_output = spec, read_end, leader, on_output
        self._in_unit = in_unit  # then the leader only waits for what the manager has started
        self._stop = stop
        self._handle = os.pidfd_open(leader.pid)
        self._open = True
        self.capture = Capture(spec.output_cap)

    def until_end(self, started: float) -> StepState:
        deadline = started + (min(BACKGROUND_LOOK, self._spec.timeout) if self._spec.background else self._spec.timeout)
        ending: StepState | None = None
        while True:
            if ending is None and self.shell_ended():
                return StepState.FINISHED
            if ending and self.shell_ended() and not self._others():
                return ending
            now = time.monotonic()
            if ending is None and self._stop and self._stop.said:
                ending, deadline = StepState.STOPPED, now + self._spec.grace
                self._ask_to_end()
            elif now >= deadline and (ending or self._spec.background):
                return ending or StepState.FINISHED
            elif now >= deadline:
                ending, deadline = StepState.TIMED_OUT, now + self._spec.grace
                self._ask_to_end()
            self._wait(min(deadline - now, 0.05 if ending else deadline - now), ending)

    def shell_ended(self) -> bool:
        return bool(select.select([self._handle], [], [], 0)[0])

    def left_running(self) -> tuple[process.Left, ...]:
        """What is still there a moment after the shell's end (of a `background` step: its shell, too)."""
        look = (self._spec.mark, self._leader, self._leader.start)
        left = process.left_running(*look)
        if left:
            time.sleep(_LINGER)
            left = process.left_running(*look)
        if not self.shell_ended() and not self._in_unit:
            own = process.Left(self._leader.pid, self._leader.start, process.command_line(self._leader.pid))
            left = (own, *left)
        return left

    def drain(self) -> bool:
        """Take what is in the pipe, at most what fits into it; True where somebody can still write to it."""
        for _ in range(2):
            if not self._open or not self._read():
                break
        return self._open

    def _others(self) -> bool:
        return any(not p.dead for p in process.members(self._spec.mark, self._leader, self._leader.start))

    def _ask_to_end(self) -> None:
        """The shell first: were its child to die before, it would go on with the next command."""
        others = process.members(self._spec.mark, self._leader, self._leader.start)
        for each in others if self._in_unit else [self._leader, *others]:
            process.send(each, signal.SIGTERM)

    def _wait(self, seconds: float, ending: StepState | None) -> None:
        poll = select.poll()
        if self._open:
            poll.register(self._pipe, select.POLLIN)
        if not ending:  # afterwards it may be readable for long: then the caller asks every few milliseconds
            poll.register(self._handle, select.POLLIN)
        if self._stop and not ending:
            poll.register(self._stop.fileno(), select.POLLIN)
        if any(fd == self._pipe for fd, _ in poll.poll(max(0.0, seconds) * 1000)):
            self._read()

    def _read(self) -> bool:
        """One piece of output; False where there is none just now or ever again."""
        try:
            data = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._open = False
            return False
        self.capture.feed(data)
        self._on_output(data)
        return True

    def __del__(self) -> None:
        os.close(self._handle)
