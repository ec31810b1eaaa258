"""What a dead daemon left in the middle: ended, reported, and never started again by itself."""

from __future__ import annotations

import time
from pathlib import Path

from reifierd.execution import process
from reifierd.ledger.records import Run, RunState, StepState
from reifierd.loops.operator.job import House, write_receipt
from reifierd.loops.operator.report import Receipt


def recovered(run: Run, house: House) -> None:
    """End what still runs of a step whose outcome nobody will know, and say what a person has to look at."""
    steps = house.ledger.journal.steps(run.run_id)
    killed = 0
    for step in steps:
        if step.state is StepState.UNKNOWN:
            mark = f"{run.run_id}/{step.n}/{step.attempt}"
            killed += process.end_remains(mark, step.pid, step.pid_start)
    ended = f"{killed} of its processes still ran and were ended; " if killed else ""
    receipt = Receipt(
        run_id=run.run_id,
        runbook=run.runbook,
        title="",
        sha256=run.sha256,
        result=RunState.UNKNOWN,
        started=run.started,
        ended=time.time(),
        reason=f"{ended}{run.reason}",
        steps=tuple(steps),
        next=(
            "look at what the last step did",
            f"then go on at it: reifierd resume {run.run_id}",
            f"or run all of it again: reifierd approve {Path(run.runbook).stem}",
        ),
    )
    house.on_event("run unknown", {"level": "warning", "run": run.run_id, "runbook": run.runbook})
    write_receipt(receipt, house, run.reason)
