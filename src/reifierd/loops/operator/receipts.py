"""Receipts on their way to `reports/`: written once, and written later where that is not possible now.

A run has no report in the ledger until both forms of it stand there. What a daemon could not write, the next one makes
from the journal: less is in it (no verdicts, no notes), but every step that was started.
"""

from __future__ import annotations

import contextlib
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from reifierd.errors import ReifierError
from reifierd.ledger.records import Run, RunState
from reifierd.loops.operator.house import House, Unwritten
from reifierd.loops.operator.report import Receipt, as_json, as_markdown
from reifierd.workspace.files import Door
from reifierd.workspace.layout import REPORTS

LATEST = 1000  # runs that are looked through for a report that is owed


def write_receipt(receipt: Receipt, house: House, reason: str) -> None:
    """Both forms into `reports/`. What cannot be written is said once and kept for `write_late`."""
    stamp = f"{datetime.fromtimestamp(receipt.ended, UTC):%Y%m%d-%H%M%S}"
    name = re.sub(r"\[REDACTED:[a-z0-9-]+\]?", "hidden", house.redactor.text(Path(receipt.runbook).stem))
    stem = f"{stamp}-{name}"[:120]
    door = Door(house.redactor)
    folder = house.layout.folder(REPORTS)
    markdown = None
    try:
        markdown = door.write_new(folder / f"{stem}.md", as_markdown(receipt))
        door.write_new_json(markdown.with_suffix(".json"), as_json(receipt))
    except (OSError, ReifierError) as error:
        if markdown is not None:  # one form without the other is no report
            markdown.unlink(missing_ok=True)
        if receipt.run_id not in house.unwritten:
            problem = f"the report of run {receipt.run_id} cannot be written yet, and is tried again: {error}"
            house.on_event("operator.problem", {"level": "warning", "run": receipt.run_id, "problem": problem})
        house.unwritten[receipt.run_id] = Unwritten(receipt, reason)
        return
    house.unwritten.pop(receipt.run_id, None)
    report = f"{REPORTS}/{markdown.name}"
    house.persist(lambda: house.ledger.journal.end_run(receipt.run_id, receipt.result, receipt.ended, reason, report))
    house.on_event("report", {"run": receipt.run_id, "result": receipt.result.value, "report": report})


def from_journal(run: Run, house: House) -> Receipt:
    """What the journal alone can say of a run that has ended."""
    return Receipt(
        run_id=run.run_id,
        runbook=run.runbook,
        title="",
        sha256=run.sha256,
        result=run.state,
        started=run.started,
        ended=run.ended or time.time(),
        reason=run.reason,
        steps=tuple(house.ledger.journal.steps(run.run_id)),
        next=_to_go_on(run),
    )


def _to_go_on(run: Run) -> tuple[str, ...]:
    """What a person can do about a run that did not come to its end."""
    if run.state not in {RunState.FAILED, RunState.STOPPED, RunState.UNKNOWN}:
        return ()
    return (
        f"look at what the last step did; then go on at it: reifierd resume {run.run_id}",
        f"or run all of it again: reifierd approve {Path(run.runbook).stem}",
    )


def owed(house: House) -> None:
    """At a start: the reports that an earlier daemon could not write."""
    for run in house.ledger.journal.runs(LATEST):
        ended = run.state not in {RunState.RUNNING, RunState.WAITING}
        if ended and run.report is None and run.run_id not in house.unwritten:
            house.unwritten[run.run_id] = Unwritten(from_journal(run, house), run.reason)


def write_late(house: House) -> None:
    """Try again what could not be written; the folder is made where somebody removed it."""
    if not house.unwritten:
        return
    with contextlib.suppress(OSError):  # it is said already that nothing can be written there
        house.layout.folder(REPORTS).mkdir(mode=0o700, exist_ok=True)
    for late in list(house.unwritten.values()):
        write_receipt(late.receipt, house, late.reason)
