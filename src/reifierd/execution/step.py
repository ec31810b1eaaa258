"""What a step is, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reifierd.execution import process
from reifierd.execution.state import ShellState
from reifierd.ledger.records import StepState


@dataclass(frozen=True)
class StepSpec:
    """What to run. Times are in seconds, `umask` is a number, `mark` is unique to this attempt.

    `folder` is a private folder in memory. `environment` is what the first shell of a run starts with; a later one
    (`state` given) takes its variables from the state. `last` where no later step goes on in its shell: then the state
    that it leaves is not written down. `env` holds for this step only; `secrets` are passed to every
    step and are left out of the state it leaves. `cwd` is "" for where the last step ended (the first: $HOME).
    """

    command: str
    mark: str
    folder: Path
    environment: Mapping[str, str]
    state: ShellState | None = None
    last: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    umask: int = 0o022
    interpreter: str = "bash"
    strict: bool = False
    background: bool = False
    timeout: float = 300.0
    grace: float = 10.0
    output_cap: int = 1_000_000
    unit: bool = False  # as a transient unit of the user's service manager


@dataclass(frozen=True)
class StepResult:
    """`exit` is the shell's status (128 + signal as shells say it), None where it was not waited for (`background`).

    `output` is raw: redact it before it is stored. `state` is what the step left, None where it left none (it replaced
    its shell, was ended, was the last, or is no bash): then the state before it still holds. `survivors` are processes
    that SIGKILL did not end.
    """

    state_of_step: StepState
    exit: int | None
    duration: float
    output: str
    state: ShellState | None = None
    left_running: tuple[process.Left, ...] = ()
    survivors: tuple[int, ...] = ()


class Stop:
    """A person's or the daemon's wish to end the running step; may be said from any thread."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.said = False

    def say(self) -> None:
        self.said = True
        os.eventfd_write(self._fd, 1)

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)
