"""One step of a run after the other, each journalled before it starts and after it ended, in one shell's state.

Rules
- No step starts without its line in the journal, while PAUSE stands, or after a stop was said.
- A retry is a new attempt with a line of its own.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reifierd.documents.model import Attributes, Step
from reifierd.errors import ReifierError
from reifierd.execution import unit
from reifierd.execution.process import Left
from reifierd.execution.shell_run import run_step
from reifierd.execution.state import ShellState
from reifierd.execution.step import StepResult, StepSpec, Stop
from reifierd.ledger.journal import Journal
from reifierd.ledger.records import StepRun, StepState
from reifierd.runs.planned import PlannedStep
from reifierd.runs.settings import RunSettings

Say = Callable[[str, Mapping[str, object]], None]


class Stopped(Exception):  # noqa: N818 - not an error: somebody said so
    """The run ends here, by a person's or the daemon's word, or because PAUSE stands."""


@dataclass
class Stepper:
    """Starts and ends the steps of one run. `environment` is what a first shell starts with, in `start` (else $HOME);
    `folder` a private one in memory; `secrets` are handed to each step anew. `paused` tells whether PAUSE stands;
    `live` gets pieces of raw output; `persist` calls a writer of the journal until it succeeds. `state` is what the
    last step left that counts. `left` and `notes` gather what a report tells."""

    run_id: str
    settings: RunSettings
    journal: Journal
    folder: Path
    stop: Stop
    paused: Callable[[], bool]
    live: Callable[[bytes], None]
    say: Say
    persist: Callable[[Callable[[], None]], None]
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    umask: int = 0o022
    start: str = ""
    state: ShellState | None = None
    left: dict[int, Left] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def attempt(
        self, planned: PlannedStep, attempt: int, section: str, of: int = 0, *, last: bool = False
    ) -> StepResult:
        """Run it once; `of` is how many steps there are, for whoever looks on, `last` whether no step goes on in its
        shell. Raises Stopped, before or after it."""
        self.may_start()
        step = planned.step
        about = {
            "run": self.run_id, "n": planned.n, "of": of, "section": section, "line": step.line, "command": step.command
        }  # fmt: skip
        cwd = step.attributes.cwd or (self.state.cwd if self.state else self.start or self.environment["HOME"])
        name = step.attributes.name or step.title
        began = StepRun(
            self.run_id,
            step.n,
            attempt,
            section,
            step.command,
            step.line,
            cwd,
            StepState.STARTED,
            time.time(),
            name=name,
        )
        self.journal.start_step(began)

        def spawned(pid: int, start: int) -> None:
            with contextlib.suppress(ReifierError):  # it runs already; a later daemon finds it by its mark as well
                self.journal.step_process(self.run_id, step.n, attempt, pid, start)
            self.say("step", about)

        spec = self._spec(planned, attempt, cwd if self.state is None and self.start else step.attributes.cwd, last)
        result = run_step(spec, on_output=self.live, on_spawn=spawned, stop=self.stop)
        self._ended(step, attempt, result)
        self.say("step ended", {**about, "state": result.state_of_step.value, "exit": result.exit})
        if result.state_of_step is StepState.STOPPED:
            raise Stopped(f"stopped during the step on line {step.line}")
        return result

    def may_start(self) -> None:
        """Raises Stopped where nothing more may."""
        if self.stop.said:
            raise Stopped("stopped between two steps")
        if self.paused():
            raise Stopped("PAUSE stands in the workspace: nothing more was started")

    def rest(self, seconds: float) -> None:
        """Wait before another attempt, but for a stop."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stop.said:
            time.sleep(0.05)

    def _spec(self, planned: PlannedStep, attempt: int, cwd: str, last: bool) -> StepSpec:
        attributes = planned.step.attributes
        return StepSpec(
            command=planned.command,
            mark=f"{self.run_id}/{planned.n}/{attempt}",
            folder=self.folder,
            environment=self.environment,
            state=self.state,
            last=last,
            env=dict(attributes.env),
            secrets=self.secrets,
            cwd=cwd,
            umask=self.umask,
            interpreter=attributes.interpreter,
            strict=attributes.strict,
            background=attributes.background,
            timeout=attributes.timeout or self.settings.timeout,
            grace=self.settings.grace,
            output_cap=self.settings.output_cap,
            unit=self.settings.units and unit.answers(),
        )

    def _ended(self, step: Step, attempt: int, result: StepResult) -> None:
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
        self.left |= {left.pid: left for left in result.left_running}
        if result.survivors:
            self.notes.append(f"could not be ended: processes {', '.join(map(str, result.survivors))}")


def held(attributes: Attributes, state: StepState, status: int | None) -> bool:
    """Whether a step did what it should: it ended by itself, with a status that is expected (or was left behind)."""
    return state is StepState.FINISHED and (status is None or status in attributes.expect)
