"""One attempt at an approved runbook: its values, its plan, its performance, and what its receipt needs.

The bytes that were read with the consent are what is parsed and run; the file is not read again.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from reifierd.documents.model import Param, Runbook
from reifierd.documents.runbook import parse_runbook
from reifierd.errors import ReifierError
from reifierd.execution.process import Left
from reifierd.ledger.records import RunState
from reifierd.loops.operator.perform import Outcome, Performer, progress_of, state_file
from reifierd.loops.operator.plan import Grounds, Plan, make_plan
from reifierd.loops.operator.report import Receipt
from reifierd.runs.carried import Beginning
from reifierd.runs.ground import Ground, ground_of, stepper_of
from reifierd.runs.house import House
from reifierd.runs.job import KEPT, Job
from reifierd.runs.overrides import override_line
from reifierd.runs.saved import load_state, lost_of


class Attempt:
    """The parts of one run that its report needs. A rehearsal and a dry run use what `prepare` leaves behind."""

    def __init__(self, job: Job, house: House) -> None:
        self.job, self.house = job, house
        self.runbook: Runbook = parse_runbook(job.data)
        self.plan = Plan()
        self.ground = Ground()
        self.notes: tuple[str, ...] = ()
        self.override = ""
        self.left: tuple[Left, ...] = ()
        self.tell = Beginning(job, house).tell

    def outcome(self) -> Outcome:
        try:
            return self._outcome()
        except ReifierError as error:  # of the ledger or the private folder: nothing more was started
            return Outcome(RunState.FAILED, str(error))

    def _outcome(self) -> Outcome:
        if refused := self.prepare():
            return refused
        if self.ground.values.missing:
            names = ", ".join(p.name for p in self.ground.values.missing)
            return Outcome(RunState.REFUSED, f"parameters without a value: {names}")
        if self.runbook.front.get("on_approval") == "file":
            return Outcome(RunState.FILED, "filed in the library, as its front matter says (on_approval: file)")
        return self._perform()

    def prepare(self) -> Outcome | None:
        """Everything that is decided before the first step: values, plan, environment; or why it is refused."""
        runbook = self.runbook
        front = {} if runbook.fatal else runbook.front
        try:
            self.ground = ground_of(front, runbook.params, runbook.sha256_bare, self.job, self.house)
        except ReifierError as error:
            return Outcome(RunState.REFUSED, str(error))
        self._make_plan(self.ground)
        if self.plan.refusals:
            first = self.plan.refusals[0]
            return Outcome(RunState.REFUSED, f"line {first.line}: {first.reason}")
        return None

    def _make_plan(self, ground: Ground) -> None:
        path = ground.environment["PATH"]
        judge = ground.judge(self.house)
        grounds = Grounds(judge, ground.host, lambda name: shutil.which(name, path=path), ground.lifts)
        plan = make_plan(self.runbook, grounds)
        self.plan = replace(plan, refusals=(*ground.wrong, *plan.refusals))
        self.notes = (*ground.notes, *(f"to be answered by you: {q.text}" for q in self.runbook.questions))
        refusals = self.plan.refusals
        if refusals and all(r.overridable for r in refusals):  # a person's word is all that is wanting
            rules = {r.rule for r in refusals} | ground.lifted
            self.override = override_line(self.runbook.sha256_bare, rules, ground.today + timedelta(days=1))

    def _perform(self) -> Outcome:
        job, house = self.job, self.house
        steps = house.ledger.journal.steps(job.run_id) if job.resumed else []
        progress = progress_of(steps, self.plan)
        stepper, live = stepper_of(job, house, self.ground, self.tell)
        if progress.done and not job.wish.fresh:
            kept = state_file(house.private(job.run_id))
            state = load_state(kept)
            if state is None:
                hint = f"reifierd resume {job.run_id} --fresh"
                return Outcome(RunState.STOPPED, f"the shell state that it left is gone; with a new shell: {hint}")
            self._say_missed(lost_of(kept))
            stepper.state = state.with_exported(self.ground.values.plain)
        confirm = self.runbook.front.get("confirm") == "each"
        performer = Performer(self.plan, stepper, confirm, job.resumed is not None, progress)
        outcome = performer.run()
        live.flush()
        self.left = outcome.left_running
        self.notes += outcome.notes
        if outcome.state in KEPT:
            self._say_missed(performer.keep_state())
        return outcome

    def _say_missed(self, names: Collection[str]) -> None:
        note = f"these held a secret and are not kept for a resume: {', '.join(names)}"
        if names and note not in self.notes:
            self.notes += (note,)

    def receipt(self, outcome: Outcome, started: float, ended: float) -> Receipt:
        return Receipt(
            run_id=self.job.run_id,
            runbook=self.job.name,
            title=self.runbook.title,
            sha256=self.job.sha256,
            result=outcome.state,
            started=started,
            ended=ended,
            reason=outcome.reason,
            plan=self.plan,
            steps=tuple(self.house.ledger.journal.steps(self.job.run_id)),
            missing=self.ground.values.missing if outcome.state is RunState.REFUSED else (),
            left_running=self.left,
            notes=self.notes,
            override=self.override if outcome.state is RunState.REFUSED else "",
            has_front=bool(self.runbook.front),
            next=self._next(outcome.state),
        )

    def _next(self, state: RunState) -> tuple[str, ...]:
        name, run_id = Path(self.job.name).stem, self.job.run_id
        if state is RunState.REFUSED and self.override:
            rules = " ".join(f"--override {r}" for r in sorted({r.rule for r in self.plan.refusals}))
            return (f"if you mean it: reifierd approve {name} {rules}",)
        if state is RunState.REFUSED and self.plan.refusals:
            return ("edit the file where it is refused, then move it into runbooks/approved/ again",)
        if state is RunState.REFUSED and self.ground.values.missing:
            return (f"reifierd approve {name} {_param_options(self.ground.values.missing)}",)
        if state in (RunState.FAILED, RunState.STOPPED):
            return (
                f"look at what failed; then go on at that step: reifierd resume {run_id}",
                f"or run all of it again: reifierd approve {name}",
            )
        return ()


def _param_options(missing: tuple[Param, ...]) -> str:
    return " ".join(f"--param {p.name}=…" for p in missing)
