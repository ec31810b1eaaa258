"""Performs a plan, section by section.

Rules
- A failing Diagnosis step is evidence and stops nothing. A failing Precondition means *not needed*. The first failing
  Fix or Verify step ends the run, after the Rollback.
- A retry follows only after a known failure.
- The state that the last step left is kept in a private file in memory until the run is done for good, without the
  secrets' values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reifierd.documents.model import SectionKind
from reifierd.execution.process import Left
from reifierd.ledger.records import RunState, StepRun, StepState
from reifierd.loops.operator.plan import GATE, Plan
from reifierd.runs.planned import PlannedStep
from reifierd.runs.saved import STATE, save_state
from reifierd.runs.stepping import Stepper, Stopped, held

RETRY_AFTER = 1.0  # seconds before another attempt


@dataclass(frozen=True)
class Outcome:
    """How a run went."""

    state: RunState
    reason: str = ""
    left_running: tuple[Left, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Progress:
    """What is known when a run goes on after a pause or a restart: done steps, and the next attempt's number."""

    done: set[int] = field(default_factory=set)
    attempts: dict[int, int] = field(default_factory=dict)
    begun: bool = False  # a step other than a gate's has been started


class Failed(Exception):  # noqa: N818 - an outcome, told by an exception
    """A step failed that the run cannot go on without."""


def state_file(folder: Path) -> Path:
    """Where the state of a run's shell is kept."""
    return folder / f"{STATE}.json"


@dataclass
class Performer:
    """One run of a plan, by a stepper."""

    plan: Plan
    stepper: Stepper
    confirm_each: bool = False
    go_on: bool = False  # a person just said to go on: the next Fix step is not asked for again
    progress: Progress = field(default_factory=Progress)

    def run(self) -> Outcome:
        """All of it, or as far as it comes."""
        try:
            return self._outcome(*self._all())
        except Stopped as stopped:
            return self._outcome(RunState.STOPPED, str(stopped))
        except Failed as failed:
            return self._outcome(RunState.FAILED, str(failed) + self._roll_back())

    def keep_state(self) -> tuple[str, ...]:
        """Write the state down for a resume; what holds a secret's value is left out, and named."""
        stepper = self.stepper
        return save_state(state_file(stepper.folder), stepper.state, stepper.secrets.values())

    def _all(self) -> tuple[RunState, str]:
        if not self.progress.begun:
            for planned in self.plan.preconditions:
                if not self._do(planned):
                    return RunState.NOT_NEEDED, f"the precondition on line {planned.step.line} does not hold"
            if self.plan.gates and self._healthy():
                return RunState.HEALTHY, "every check under Verify holds already, so nothing was run"
        for planned in self.plan.diagnosis:
            self._do(planned)
        for planned in self.plan.fix:
            if planned.n in self.progress.done:
                continue
            if self.confirm_each and not self.go_on:
                return RunState.WAITING, f"waits for your word before the step on line {planned.step.line}"
            self.go_on = False
            self._must(planned)
        for planned in self.plan.verify:
            self._must(planned)
        return RunState.SUCCEEDED, ""

    def _must(self, planned: PlannedStep) -> None:
        if not self._do(planned) and not planned.step.attributes.continue_on_error:
            raise Failed(f"{planned.step.section} step on line {planned.step.line} failed")

    def _healthy(self) -> bool:
        """Ask the checks in a state of their own, which is thrown away."""
        before = self.stepper.state
        try:
            return all(self._attempt(planned, 0, GATE) for planned in self.plan.gates)
        finally:
            self.stepper.state = before

    def _roll_back(self) -> str:
        for planned in self.plan.rollback:
            try:
                if not self._do(planned) and not planned.step.attributes.continue_on_error:
                    return f"; its Rollback failed too, on line {planned.step.line}"
            except Stopped as stopped:
                return f"; its Rollback was stopped: {stopped}"
        return "; its Rollback was run" if self.plan.rollback else ""

    def _do(self, planned: PlannedStep) -> bool:
        """The step and its retries; True when it did what it should."""
        if planned.n in self.progress.done:
            return True
        first = self.progress.attempts.get(planned.n, 0) + 1
        for attempt in range(first, first + planned.step.attributes.retry + 1):
            if attempt > first:
                self.stepper.rest(RETRY_AFTER)
            if self._attempt(planned, attempt, str(planned.step.section)):
                return True
        return False

    def _attempt(self, planned: PlannedStep, attempt: int, section: str) -> bool:
        result = self.stepper.attempt(planned, attempt, section, len(self.plan.steps))
        step = planned.step
        did = held(step.attributes, result.state_of_step, result.exit)
        if section == GATE:
            self.stepper.state = result.state or self.stepper.state
        elif did or step.attributes.continue_on_error or step.section is SectionKind.DIAGNOSIS:
            self.stepper.state = result.state or self.stepper.state
            self.keep_state()
        return did

    def _outcome(self, state: RunState, reason: str) -> Outcome:
        return Outcome(state, reason, tuple(self.stepper.left.values()), tuple(self.stepper.notes))


def progress_of(steps: list[StepRun], plan: Plan) -> Progress:
    """What of the plan has been done, by the journal's lines of the run."""
    attributes = {p.n: p.step.attributes for p in plan.steps}
    progress = Progress()
    for step in steps:
        if step.section == GATE:
            continue
        progress.begun = True
        progress.attempts[step.n] = max(step.attempt, progress.attempts.get(step.n, 0))
        known, evidence = attributes.get(step.n), step.section == SectionKind.DIAGNOSIS
        if known and (held(known, step.state, step.exit) or (evidence and step.state is StepState.FINISHED)):
            progress.done.add(step.n)
    return progress
