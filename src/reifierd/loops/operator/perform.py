"""Performs a plan: one step after the other, each journalled before it starts and after it ended.

Rules
- No step starts without its line in the journal, while PAUSE stands, or after a stop was said.
- A failing Diagnosis step is evidence and stops nothing. A failing Precondition means *not needed*. The first failing
  Fix or Verify step ends the run, after the Rollback.
- A retry is a new attempt with a line of its own, and only after a known failure.
- The state that the last step left is kept in a private file in memory until the run is done for good, without the
  secrets' values.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reifierd.documents.model import SectionKind
from reifierd.errors import ReifierError
from reifierd.execution import unit
from reifierd.execution.private import write_private
from reifierd.execution.process import Left
from reifierd.execution.shell_run import run_step
from reifierd.execution.state import ShellState, Variable
from reifierd.execution.step import StepResult, StepSpec, Stop
from reifierd.ledger.journal import Journal
from reifierd.ledger.records import RunState, StepRun, StepState
from reifierd.loops.operator.params import Values
from reifierd.loops.operator.plan import GATE, Plan, PlannedStep
from reifierd.loops.operator.settings import OperatorSettings

RETRY_AFTER = 1.0  # seconds before another attempt
STATE_FILE = "state.json"


@dataclass(frozen=True)
class Outcome:
    """How a run went. `waiting` names the step that a person is asked to go on with."""

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


class Stopped(Exception):  # noqa: N818 - not an error: somebody said so
    """The run ends here, by a person's or the daemon's word, or because PAUSE stands."""


class Failed(Exception):  # noqa: N818 - an outcome, told by an exception
    """A step failed that the run cannot go on without."""


@dataclass
class Performer:
    """One run. `environment` is what its first shell starts with, `folder` a private one in memory. `paused` tells
    whether PAUSE stands; `live` gets pieces of raw output; `persist` calls a writer of the journal until it succeeds
    (a full disk is waited for)."""

    run_id: str
    plan: Plan
    values: Values
    settings: OperatorSettings
    journal: Journal
    folder: Path
    stop: Stop
    paused: Callable[[], bool]
    live: Callable[[bytes], None]
    say: Callable[[str, Mapping[str, object]], None]
    persist: Callable[[Callable[[], None]], None]
    environment: Mapping[str, str]
    umask: int = 0o022
    confirm_each: bool = False
    go_on: bool = False  # a person just said to go on: the next Fix step is not asked for again
    progress: Progress = field(default_factory=Progress)
    state: ShellState | None = None

    def __post_init__(self) -> None:
        self._left: dict[int, Left] = {}
        self._notes: list[str] = []

    def run(self) -> Outcome:
        """All of it, or as far as it comes."""
        try:
            return self._outcome(*self._all())
        except Stopped as stopped:
            return self._outcome(RunState.STOPPED, str(stopped))
        except Failed as failed:
            return self._outcome(RunState.FAILED, str(failed) + self._roll_back())

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
        before = self.state
        try:
            return all(self._attempt(planned, 0, GATE) for planned in self.plan.gates)
        finally:
            self.state = before

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
                self._rest(RETRY_AFTER)
            if self._attempt(planned, attempt, str(planned.step.section)):
                return True
        return False

    def _attempt(self, planned: PlannedStep, attempt: int, section: str) -> bool:
        self._may_start()
        step, attributes = planned.step, planned.step.attributes
        cwd = attributes.cwd or (self.state.cwd if self.state else self.environment["HOME"])
        self.journal.start_step(
            StepRun(
                self.run_id,
                step.n,
                attempt,
                section,
                step.command,
                step.line,
                cwd,
                StepState.STARTED,
                time.time(),
                name=attributes.name or step.title,
            )
        )

        def spawned(pid: int, start: int) -> None:
            with contextlib.suppress(ReifierError):  # it runs already; a later daemon finds it by its mark as well
                self.journal.step_process(self.run_id, step.n, attempt, pid, start)
            self.say("step", self._about(planned, section))

        result = run_step(self._spec(planned, attempt), on_output=self.live, on_spawn=spawned, stop=self.stop)
        return self._ended(planned, attempt, section, result)

    def _about(self, planned: PlannedStep, section: str) -> dict[str, object]:
        """Which step it is, for whoever looks on."""
        step = planned.step
        which = {"n": planned.n, "of": len(self.plan.steps)}
        return {"run": self.run_id, **which, "section": section, "line": step.line, "command": step.command}

    def _spec(self, planned: PlannedStep, attempt: int) -> StepSpec:
        attributes = planned.step.attributes
        return StepSpec(
            command=planned.command,
            mark=f"{self.run_id}/{planned.n}/{attempt}",
            folder=self.folder,
            environment=self.environment,
            state=self.state,
            env=dict(attributes.env),
            secrets=self.values.secret,
            cwd=attributes.cwd,
            umask=self.umask,
            interpreter=attributes.interpreter,
            strict=attributes.strict,
            background=attributes.background,
            timeout=attributes.timeout or self.settings.timeout,
            grace=self.settings.grace,
            output_cap=self.settings.output_cap,
            unit=self.settings.units and unit.answers(),
        )

    def _ended(self, planned: PlannedStep, attempt: int, section: str, result: StepResult) -> bool:
        step = planned.step
        self.persist(
            lambda: self.journal.end_step(
                self.run_id,
                step.n,
                attempt,
                result.state_of_step,
                exit=result.exit,
                duration=result.duration,
                output=result.output,
            )
        )
        self._left |= {left.pid: left for left in result.left_running}
        if result.survivors:
            self._notes.append(f"could not be ended: processes {', '.join(map(str, result.survivors))}")
        ended = result.state_of_step
        self.say("step ended", {**self._about(planned, section), "state": ended.value, "exit": result.exit})
        if ended is StepState.STOPPED:
            raise Stopped(f"stopped during the step on line {step.line}")
        held = ended is StepState.FINISHED and (result.exit is None or result.exit in step.attributes.expect)
        if section != GATE and (held or step.attributes.continue_on_error or step.section is SectionKind.DIAGNOSIS):
            self.state = result.state or self.state
            self.keep_state()
        elif section == GATE:
            self.state = result.state or self.state
        return held

    def _may_start(self) -> None:
        if self.stop.said:
            raise Stopped("stopped between two steps")
        if self.paused():
            raise Stopped("PAUSE stands in the workspace: nothing more was started")

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stop.said:
            time.sleep(0.05)

    def _outcome(self, state: RunState, reason: str) -> Outcome:
        return Outcome(state, reason, tuple(self._left.values()), tuple(self._notes))

    def keep_state(self) -> tuple[str, ...]:
        """Write the state down for a resume; what holds a secret's value is left out, and named."""
        if self.state is None:
            return ()
        state, lost = self.state.without_values([v for v in self.values.secret.values() if v])
        if state is None:
            (self.folder / STATE_FILE).unlink(missing_ok=True)
        else:
            write_private(self.folder / STATE_FILE, json.dumps(asdict(state) | {"lost": lost}))
        return lost


def load_state(folder: Path) -> ShellState | None:
    """The state that the last finished step of a run left; None where there is none (any more)."""
    data = _saved(folder)
    if not data:
        return None
    data.pop("lost", None)
    return ShellState(
        **{
            **data,
            "options": tuple((n, on) for n, on in data["options"]),
            "shopts": tuple((n, on) for n, on in data["shopts"]),
            "variables": {n: Variable(**v) for n, v in data["variables"].items()},
        }
    )


def lost_of(folder: Path) -> tuple[str, ...]:
    """What was left out of the saved state, because it held a secret."""
    return tuple(_saved(folder).get("lost", ()))


def _saved(folder: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads((folder / STATE_FILE).read_text())
    except FileNotFoundError:
        return {}
    return data


def progress_of(steps: list[StepRun], plan: Plan) -> Progress:
    """What of the plan has been done, by the journal's lines of the run."""
    expected = {p.n: p.step.attributes.expect for p in plan.steps}
    progress = Progress()
    for step in steps:
        if step.section == GATE:
            continue
        progress.begun = True
        progress.attempts[step.n] = max(step.attempt, progress.attempts.get(step.n, 0))
        finished = step.state is StepState.FINISHED
        if finished and (
            step.exit is None or step.exit in expected.get(step.n, ()) or step.section == SectionKind.DIAGNOSIS
        ):
            progress.done.add(step.n)
    return progress
