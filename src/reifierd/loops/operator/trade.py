"""Runbooks as a trade: one approved runbook, from its bytes to its receipt.

Rules
- The run is in the journal before anything of it starts, and its end before its report is written: a report that
  cannot be written is kept and written later (after a restart: from the journal), and the run has none until then.
- Refused, or parameters missing: the file goes back to `drafts/`, its bytes unchanged.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

from reifierd.documents.runbook import parse_runbook
from reifierd.execution.environment import clean_environment
from reifierd.ledger.records import Run, RunState
from reifierd.loops.operator.attempt import Attempt
from reifierd.loops.operator.plan import Grounds, make_plan
from reifierd.loops.operator.report import Receipt, as_json, as_markdown
from reifierd.runs.back import send_back
from reifierd.runs.carried import carry_through
from reifierd.runs.ground import Ground
from reifierd.runs.house import House, Paper
from reifierd.runs.job import Job, Turn
from reifierd.runs.receipts import file_paper
from reifierd.workspace.layout import DRAFTS
from reifierd.workspace.library import RUNBOOKS


class Runbooks:
    """The trade of runbooks: one run at a time."""

    noun = "runbook"
    library = RUNBOOKS
    side_by_side = 1

    def __init__(self, house: House) -> None:
        self._house = house

    def turn(self, _job: Job) -> Turn:
        return Turn()

    def do(self, job: Job) -> None:
        house = self._house
        attempt = Attempt(job, house)
        outcome, started, ended = carry_through(job, house, attempt)
        if outcome.state is not RunState.WAITING:
            receipt = attempt.receipt(outcome, started, ended)
            back = send_back(job, house, DRAFTS) if outcome.state is RunState.REFUSED else None
            receipt = receipt if back is None else replace(receipt, next=(*receipt.next, back))
            file_paper(_paper(receipt, outcome.reason), house)

    def paper(self, run: Run, found: str = "") -> Paper:
        receipt = Receipt(
            run_id=run.run_id,
            runbook=run.runbook,
            title="",
            sha256=run.sha256,
            result=run.state,
            started=run.started,
            ended=run.ended or time.time(),
            reason=found or run.reason,
            steps=tuple(self._house.ledger.journal.steps(run.run_id)),
            next=_to_go_on(run),
        )
        return _paper(receipt, run.reason)

    def recover(self, run: Run) -> None:
        """The journal says all that is known of a runbook's run."""

    def warm_up(self) -> None:
        runbook = parse_runbook(b"---\ntitle: T\n---\n# T\n\n## Fix\n\n```bash\nsystemctl status x | grep -c y\n```\n")
        ground = Ground(environment=clean_environment(os.environ))
        plan = make_plan(runbook, Grounds(ground.judge(self._house), "", shutil.which))
        as_markdown(Receipt("", "", "", "", RunState.FILED, 0.0, 0.0, plan=plan))


def _paper(receipt: Receipt, reason: str) -> Paper:
    markdown, data = as_markdown(receipt), as_json(receipt)
    return Paper(receipt.run_id, receipt.runbook, receipt.result, receipt.ended, reason, markdown, data)


def _to_go_on(run: Run) -> tuple[str, ...]:
    """What a person can do about a run that did not come to its end."""
    if run.state not in {RunState.FAILED, RunState.STOPPED, RunState.UNKNOWN}:
        return ()
    return (
        f"look at what the last step did; then go on at it: reifierd resume {run.run_id}",
        f"or run all of it again: reifierd approve {Path(run.runbook).stem}",
    )
