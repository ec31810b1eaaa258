"""What a dead daemon left in the middle: ended, reported, and never started again by itself."""

from __future__ import annotations

from dataclasses import replace

from reifierd.execution import process
from reifierd.ledger.records import Run, StepState
from reifierd.loops.operator.house import House
from reifierd.loops.operator.receipts import from_journal, write_receipt


def recovered(run: Run, house: House) -> None:
    """End what still runs of a step whose outcome nobody will know, and say what a person has to look at."""
    steps = house.ledger.journal.steps(run.run_id)
    killed = 0
    for step in steps:
        if step.state is StepState.UNKNOWN:
            mark = f"{run.run_id}/{step.n}/{step.attempt}"
            killed += process.end_remains(mark, step.pid, step.pid_start)
    ended = f"{killed} of its processes still ran and were ended; " if killed else ""
    receipt = replace(from_journal(run, house), reason=f"{ended}{run.reason}")
    house.on_event("run unknown", {"level": "warning", "run": run.run_id, "runbook": run.runbook})
    write_receipt(receipt, house, run.reason)
