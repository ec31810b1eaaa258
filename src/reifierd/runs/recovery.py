"""What a dead daemon, or a bug of ours, left in the middle: ended, reported, and never started again by itself."""

from __future__ import annotations

import time

from reifierd.execution import process
from reifierd.execution.private import private_folder, remove_private
from reifierd.ledger.records import Run, RunState, StepState
from reifierd.runs.house import House
from reifierd.runs.job import KEPT, Job
from reifierd.runs.receipts import file_paper
from reifierd.runs.trade import Trade
from reifierd.workspace.files import sweep_temps
from reifierd.workspace.layout import FOLDERS


def recovered(run: Run, house: House, trade: Trade) -> None:
    """End what still runs of a step whose outcome nobody will know, and say what a person has to look at."""
    killed = 0
    for step in house.ledger.journal.steps(run.run_id):
        if step.state is StepState.UNKNOWN:
            mark = f"{run.run_id}/{step.n}/{step.attempt}"
            killed += process.end_remains(mark, step.pid, step.pid_start)
    ended = f"{killed} of its processes still ran and were ended; " if killed else ""
    house.on_event("run unknown", {"level": "warning", "run": run.run_id, "runbook": run.runbook})
    trade.recover(run)
    file_paper(trade.paper(run, f"{ended}{run.reason}"), house)


def end_bug(job: Job, house: House, trade: Trade, error: Exception) -> None:
    """A bug of ours, or a system that fails us, in the middle of a run: what was started is unknown, the run has
    failed, and there is a receipt."""
    journal, ended = house.ledger.journal, time.time()
    for step in journal.steps(job.run_id):
        if step.state is StepState.STARTED:
            process.end_remains(f"{step.run_id}/{step.n}/{step.attempt}", step.pid, step.pid_start)
            journal.end_step(
                job.run_id, step.n, step.attempt, StepState.UNKNOWN, exit=None, duration=ended - step.started, output=""
            )
    reason = str(error) if isinstance(error, OSError) else f"a bug of reifierd: {error!r}"
    run = journal.run(job.run_id)
    if run is None or run.state is RunState.RUNNING:  # else it had ended, and only its receipt is missing
        journal.end_run(job.run_id, RunState.FAILED, ended, reason)
        run = journal.run(job.run_id)
    assert run is not None  # `end_run` has found it
    file_paper(trade.paper(run), house)


def sweep(house: House, keep: str) -> None:
    """Remove what dead writers left half-written in the workspace, and what dead runs left in memory, but the state of
    those that may be resumed (files whose names begin with `keep`)."""
    for name in FOLDERS:
        sweep_temps(house.layout.folder(name))
    for folder in private_folder("runs", house.layout.id).iterdir():
        run = house.ledger.journal.run(folder.name)
        if run is None or run.state not in KEPT:
            remove_private(folder)
            continue
        for path in folder.iterdir():
            if path.is_dir():
                remove_private(path)
            elif not path.name.startswith(keep):
                path.unlink()
