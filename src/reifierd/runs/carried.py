"""One attempt from its beginning to its end in the journal: the same for every trade."""

from __future__ import annotations

import time
from typing import Generic, NamedTuple, Protocol, TypeVar

from reifierd.execution.private import remove_private
from reifierd.ledger.records import RunState
from reifierd.runs.house import House
from reifierd.runs.job import KEPT, Job


class End(Protocol):
    """How an attempt ended."""

    @property
    def state(self) -> RunState: ...

    @property
    def reason(self) -> str: ...


End_co = TypeVar("End_co", bound=End, covariant=True)


class Attempted(Protocol[End_co]):
    """What a trade does with a job."""

    def outcome(self) -> End_co: ...

    def tell(self) -> None: ...


class Carried(NamedTuple, Generic[End_co]):
    """`started` and `ended` are seconds since the epoch."""

    outcome: End_co
    started: float
    ended: float


class Beginning:
    """Tells that a run began, once; not before its first step was started, which would wait for it."""

    def __init__(self, job: Job, house: House) -> None:
        self._job, self._house, self._told = job, house, False

    def tell(self) -> None:
        if not self._told:
            self._told = True
            fields = {"run": self._job.run_id, "runbook": self._job.name, "resumed": bool(self._job.resumed)}
            self._house.on_event("run", fields)


def carry_through(job: Job, house: House, attempt: Attempted[End_co]) -> Carried[End_co]:
    """Begin or resume the run, have it attempted, and end it; what may go on later keeps its private folder."""
    journal = house.ledger.journal
    started = job.resumed.started if job.resumed else job.began or time.time()
    if job.resumed:
        house.persist(lambda: journal.resume_run(job.run_id))
    elif job.began is None:
        house.persist(lambda: journal.start_run(job.run(started)))
    outcome = attempt.outcome()
    attempt.tell()
    ended = time.time()
    house.persist(lambda: journal.end_run(job.run_id, outcome.state, ended, outcome.reason))
    fields = {"run": job.run_id, "runbook": job.name, "result": outcome.state.value, "reason": outcome.reason}
    house.on_event("run ended", fields)
    if outcome.state not in KEPT:
        remove_private(house.private(job.run_id))
    return Carried(outcome, started, ended)
