"""Carries the criteria of a task out, one after the other, and ticks each that its commands and checks have proved.

Rules
- Each criterion has a shell of its own, which begins in the project's folder; its blocks share that shell's state.
- A failed block is tried again as often as the configuration says, with a growing pause; not where only a person can
  help (a permission, a missing program). Then its criterion has failed, and the next one that does not come after it is
  tried.
- A box is ticked in the file as soon as its criterion is proved; one with neither commands nor checks is a person's,
  or is complete with the parts that it consists of.
- In a run that goes on, blocks that the journal knows to have succeeded are not run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from reifierd.documents.model import Step
from reifierd.documents.task_model import Criterion
from reifierd.ledger.records import StepRun, StepState
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.denied import denied
from reifierd.loops.tasks.pieces import parts_of
from reifierd.loops.tasks.plan import Piece, TaskPlan
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.taskfile import TaskFile
from reifierd.runs.planned import PlannedStep
from reifierd.runs.saved import STATE, load_state, save_state
from reifierd.runs.stepping import Stepper, Stopped, held

_TOLD = 120  # characters of a command in the Progress Log; the report has all of it


class Fate(StrEnum):
    """What a criterion came to; BLOCKED: it was not tried, or could not succeed without a person."""

    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Came:
    """What a criterion came to, with the block that failed, or all of them; `remedies` are what a person does."""

    criterion: Criterion
    fate: Fate
    reason: str = ""
    command: str = ""
    output: str = ""
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A block that did not do what it should, after so many attempts; `blocker` is why only a person can help."""

    planned: PlannedStep
    attempts: int
    status: int | None
    output: str
    state: str
    blocker: Blocker | None = None

    @property
    def reason(self) -> str:
        if self.blocker:
            return self.blocker.reason
        known = self.status is not None and self.state == StepState.FINISHED
        ended = f"exit {self.status}" if known else self.state
        again = f", {self.attempts} attempts" if self.attempts > 1 else ""
        return f"line {self.planned.step.line} failed ({ended}{again})"


@dataclass
class Performer:
    """Blocks with their attempts, by a stepper; `earlier` are the journal's lines of a run that goes on."""

    stepper: Stepper
    file: TaskFile
    settings: TasksSettings
    earlier: Iterable[StepRun] = ()
    total: int = 0
    executed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows: dict[int, list[StepRun]] = {}
        for row in self.earlier:
            self._rows.setdefault(row.n, []).append(row)
        self._begun = {n: max(row.attempt for row in rows) for n, rows in self._rows.items()}

    def was_done(self, step: Step) -> bool:
        """Whether the journal knows that this very block succeeded."""
        rows = self._rows.get(step.n, [])
        return bool(rows) and proved(step, rows, self.file.clean)

    def block(
        self, planned: PlannedStep, section: str, criterion: int = 0, *, last: bool = False
    ) -> tuple[str, Failed | None]:
        """Its output, and how it failed; `last` where nothing goes on in its shell. Raises Stopped and Void before an
        attempt, Stopped after one."""
        attributes = planned.step.attributes
        tries = max(self.settings.attempts, attributes.retry + 1)
        for attempt in range(1, tries + 1):
            if attempt > 1:
                self.stepper.rest(self.settings.backoff * 2 ** (attempt - 2))
            self.file.ask()
            number = self._begun[planned.n] = self._begun.get(planned.n, 0) + 1
            self.stepper.may_start()
            self.executed.append(planned.step.command)
            result = self.stepper.attempt(planned, number, section, self.total, last=last)
            if held(attributes, result.state_of_step, result.exit) or attributes.continue_on_error:
                self.stepper.state = result.state or self.stepper.state
                return result.output, None
            blocker = denied(planned, criterion, result.exit, result.output)
            if blocker or attempt == tries:
                break
        failed = Failed(planned, attempt, result.exit, result.output, result.state_of_step.value, blocker)
        return result.output, failed


def proved(step: Step, rows: Iterable[StepRun], clean: Callable[[str], str]) -> bool:
    """Whether one of these lines of the journal says that this block succeeded; `clean` makes a text as the journal
    has it."""
    mine = [r for r in rows if r.n == step.n and held(step.attributes, r.state, r.exit)]
    return bool(mine) and clean(step.command) in {r.command for r in mine}


class Carrier:
    """All pieces of a plan. `came` is filled as they come to an end, so that it tells also what a stop cut short."""

    def __init__(self, plan: TaskPlan, criteria: tuple[Criterion, ...], performer: Performer, *, fresh: bool) -> None:
        self._plan, self._criteria, self._performer, self._fresh = plan, criteria, performer, fresh
        self._file, self._stepper = performer.file, performer.stepper
        self._parts = parts_of(criteria)
        self._before = frozenset(c.n for c in criteria if c.checked)
        self.came: dict[int, Came] = {}

    def run(self) -> None:
        """Raises Stopped and Void."""
        for piece in self._plan.pieces:
            self._stepper.may_start()
            self._file.ask()
            came = self._meanwhile(piece) or self._blocked(piece) or self._carried_or_stopped(piece)
            self.came[piece.criterion.n] = came
            self._tell(came)

    def _tell(self, came: Came) -> None:
        ticked = [came.criterion.n] if came.fate is Fate.DONE else []
        words = {Fate.DONE: "Completed", Fate.FAILED: "Failed", Fate.BLOCKED: "Blocked"}[came.fate]
        short = came.fate is Fate.FAILED and "\n" not in came.command and len(came.command) <= _TOLD
        command = f", by `{came.command}`" if short else ""
        reason = f": {came.reason}" if came.reason else ""
        self._file.write(ticked, [f"{words}: {came.criterion.called}{reason}{command}"], soon=True)
        fields = {"n": came.criterion.n, "of": len(self._criteria), "criterion": came.criterion.called}
        self._stepper.say("criterion", {**fields, "result": came.fate.value, "reason": came.reason})

    @property
    def checked(self) -> frozenset[int]:
        """What is complete: what was ticked when the run began, and what it has proved."""
        return frozenset(c.n for c in self._criteria if self._complete(c.n))

    def _complete(self, n: int) -> bool:
        proved_now = n in self.came and self.came[n].fate is Fate.DONE
        return (proved_now or n in self._before) and self._file.ticked(n)

    # why not

    def _meanwhile(self, piece: Piece) -> Came | None:
        """Who ticks a box while we run may be a person, or one of our own commands: the next run takes it as done."""
        if not self._file.ticked(piece.criterion.n):
            return None
        reason = "somebody ticked it while this ran, and nothing proved it"
        return Came(piece.criterion, Fate.BLOCKED, reason, remedies=("if it was you, just go on; else untick it",))

    def _blocked(self, piece: Piece) -> Came | None:
        criterion = piece.criterion
        if piece.blockers:
            remedies = tuple(b.remedy for b in piece.blockers if b.remedy)
            reason = "; ".join(dict.fromkeys(b.reason for b in piece.blockers))
            return Came(criterion, Fate.BLOCKED, reason, piece.blockers[0].command, remedies=remedies)
        open_still = [n for n in criterion.after if not self._complete(n)]
        if open_still:
            names = ", ".join(f"{n} ({self._criteria[n - 1].called})" for n in open_still)
            return Came(criterion, Fate.BLOCKED, f"it comes after {names}, which is not complete")
        if not piece.steps:
            return self._without_blocks(criterion)
        return None

    def _without_blocks(self, criterion: Criterion) -> Came | None:
        parts = self._parts.get(criterion.n, set())
        if not parts:
            reason = "it names no command and no check, and no handler fits it"
            remedy = "do it and tick it yourself, or write a ```bash block below it"
            return Came(criterion, Fate.BLOCKED, reason, remedies=(remedy,))
        open_still = sorted(n for n in parts if not self._complete(n))
        if open_still:
            return Came(criterion, Fate.BLOCKED, f"of its parts {', '.join(map(str, open_still))} are not complete")
        return None

    # how

    def _carried_or_stopped(self, piece: Piece) -> Came:
        """As `_carried`; where a stop cuts it short, `came` says in which of its commands."""
        begun = len(self._performer.executed)
        try:
            return self._carried(piece)
        except Stopped as stopped:
            if len(self._performer.executed) > begun:
                command = self._performer.executed[-1]
                self.came[piece.criterion.n] = Came(piece.criterion, Fate.BLOCKED, str(stopped), command)
            raise

    def _carried(self, piece: Piece) -> Came:
        criterion, done = piece.criterion, self._begin(piece)
        outputs: list[str] = []
        for planned in piece.steps:
            if planned.n in done:
                continue
            section = ("Check of criterion" if planned in piece.checks else "Criterion") + f" {criterion.n}"
            last = planned is piece.steps[-1]
            output, failed = self._performer.block(planned, section, criterion.n, last=last)
            if failed:
                fate = Fate.BLOCKED if failed.blocker else Fate.FAILED
                remedies = (failed.blocker.remedy,) if failed.blocker else ()
                return Came(criterion, fate, failed.reason, planned.step.command, output, remedies)
            outputs.append(output)
            if not last:
                save_state(self._state_file(criterion), self._stepper.state, self._stepper.secrets.values())
        commands = "\n".join(planned.step.command for planned in piece.steps)
        reason = "" if piece.steps else "its parts are complete"
        return Came(criterion, Fate.DONE, reason, commands, "".join(outputs))

    def _begin(self, piece: Piece) -> set[int]:
        """A shell for it, with the state that an earlier part of this run left; the numbers of what is done."""
        done = {p.n for p in piece.steps if self._performer.was_done(p.step)}
        self._stepper.environment, self._stepper.state = piece.environment, None
        if done and not self._fresh and len(done) < len(piece.steps):
            self._stepper.state = load_state(self._state_file(piece.criterion))
            if self._stepper.state is None:
                run = self._stepper.run_id
                raise Stopped(f"the shell state that it left is gone; with a new shell: reifierd resume {run} --fresh")
        return done

    def _state_file(self, criterion: Criterion) -> Path:
        return self._stepper.folder / f"{STATE}-{criterion.n}.json"
