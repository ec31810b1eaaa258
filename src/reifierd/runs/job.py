"""One run to do: whose bytes, by which consent, with which wishes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reifierd.execution.step import Stop
from reifierd.ledger.records import Run, RunState
from reifierd.runs.words import Wish

KEPT = frozenset({RunState.FAILED, RunState.STOPPED, RunState.WAITING, RunState.UNKNOWN})  # may be resumed


@dataclass
class Job:
    """`sha256` is what consent is about, `given` are values of parameters and `wish` came with the person's word;
    `resumed` is the run that goes on."""

    name: str
    data: bytes
    sha256: str
    run_id: str
    given: dict[str, str] = field(default_factory=dict)
    wish: Wish = field(default_factory=Wish)
    resumed: Run | None = None
    began: float | None = None  # it was next in turn when it was claimed: the journal has its start
    stop: Stop = field(default_factory=Stop)

    def run(self, started: float) -> Run:
        """What the journal is told of its start."""
        return Run(self.run_id, self.name, self.sha256, RunState.RUNNING, started, pid=os.getpid())


@dataclass(frozen=True)
class Turn:
    """When a job's turn comes: jobs of one `lane` run one after the other, by `rank`; one behind those whose `id` is in
    `after`, while these are waiting or running."""

    lane: str = ""
    rank: tuple[int, str] = (0, "")
    id: str = ""
    after: frozenset[str] = frozenset()


def new_run_id(now: float) -> str:
    """`YYYYMMDD-HHMMSS-xxxx`, UTC."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"
