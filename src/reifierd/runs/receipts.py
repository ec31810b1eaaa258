"""Receipts on their way to `reports/`: written once, and written later where that is not possible now.

A run has no report in the ledger until both forms of it stand there. What a daemon could not write, the next one makes
from the journal: less is in it (no verdicts, no notes), but every step that was started.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from reifierd.errors import ReifierError
from reifierd.ledger.records import Run, RunState
from reifierd.runs.house import House, Paper
from reifierd.workspace.files import Door
from reifierd.workspace.layout import REPORTS

LATEST = 1000  # runs that are looked through for a report that is owed


def file_paper(paper: Paper, house: House) -> None:
    """Both forms into `reports/`. What cannot be written is said once and kept for `write_late`."""
    stamp = f"{datetime.fromtimestamp(paper.ended, UTC):%Y%m%d-%H%M%S}"
    name = re.sub(r"\[REDACTED:[a-z0-9-]+\]?", "hidden", house.redactor.text(Path(paper.name).stem))
    stem = f"{stamp}-{name}"[:120]
    door = Door(house.redactor)
    folder = house.layout.folder(REPORTS)
    markdown = None
    try:
        markdown = door.write_new(folder / f"{stem}.md", paper.markdown)
        door.write_new_json(markdown.with_suffix(".json"), paper.data)
    except (OSError, ReifierError) as error:
        if markdown is not None:  # one form without the other is no report
            markdown.unlink(missing_ok=True)
        if paper.run_id not in house.unwritten:
            problem = f"the report of run {paper.run_id} cannot be written yet, and is tried again: {error}"
            house.on_event("runner.problem", {"level": "warning", "run": paper.run_id, "problem": problem})
        house.unwritten[paper.run_id] = paper
        return
    house.unwritten.pop(paper.run_id, None)
    report, end_run = f"{REPORTS}/{markdown.name}", house.ledger.journal.end_run
    house.persist(lambda: end_run(paper.run_id, paper.result, paper.ended, paper.reason, report))
    house.on_event("report", {"run": paper.run_id, "result": paper.result.value, "report": report})


def owed(house: House, paper_of: Callable[[Run], Paper]) -> None:
    """At a start: the reports that an earlier daemon could not write."""
    for run in house.ledger.journal.runs(LATEST):
        ended = run.state not in {RunState.RUNNING, RunState.WAITING}
        if ended and run.report is None and run.run_id not in house.unwritten:
            house.unwritten[run.run_id] = paper_of(run)


def write_late(house: House) -> None:
    """Try again what could not be written; the folder is made where somebody removed it."""
    if not house.unwritten:
        return
    with contextlib.suppress(OSError):  # it is said already that nothing can be written there
        house.layout.folder(REPORTS).mkdir(mode=0o700, exist_ok=True)
    for paper in list(house.unwritten.values()):
        file_paper(paper, house)
