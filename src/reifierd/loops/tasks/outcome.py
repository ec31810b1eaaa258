"""What an attempt at a task came to: the run's state, and the result that programs and people are given.

A run that came to its end has the result's form, whatever it completed; one that could not go on has the error's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING

from reifierd.documents.model import Param
from reifierd.documents.task_model import Criterion, Task
from reifierd.documents.task_result import (
    Changes,
    Completed,
    Counts,
    Details,
    Failure,
    Remaining,
    Status,
    Success,
)
from reifierd.execution.process import Left
from reifierd.ledger.records import RunState
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.carry import Came, Fate
from reifierd.runs.ground import Ground
from reifierd.runs.job import Job
from reifierd.runs.markdown import shorter
from reifierd.runs.overrides import override_line
from reifierd.runs.planned import Refusal

if TYPE_CHECKING:
    from reifierd.loops.tasks.verification import Verified

_SHOWN = 5  # files named in a sentence
_CODES = {
    "dependency": "dependency_missing", "missing-program": "program_missing", "branch": "branch_not_allowed",
    "project": "project_missing", "kube-context": "context_not_allowed", "production-database": "production_database",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """`reason` is the run's own, in one sentence; `refusals` are what a refused task is shown for; `override` the line
    that lifts them."""

    state: RunState
    reason: str
    result: Success | Failure
    refusals: tuple[Refusal, ...] = ()
    override: str = ""

    def without_run(self, run_id: str) -> Outcome:
        """Of a dry run: there is no run of that id to go on with."""
        assert isinstance(self.result, Failure)
        hints = tuple(hint for hint in self.result.recovery_suggestions if run_id not in hint)
        return replace(self, result=replace(self.result, recovery_suggestions=hints))


def error_code(blocker: Blocker) -> str:
    """The short code of the result's error form."""
    return _CODES.get(blocker.rule, blocker.rule.replace("-", "_"))


@dataclass
class Tally:
    """What is known of an attempt as it goes on. `selected` and `checked` are the `n` of criteria; `files` are relative
    to the project's repository; `entry` is the last line of the Progress Log."""

    task: Task
    kind: str
    selected: frozenset[int] = frozenset()
    checked: frozenset[int] = frozenset()
    came: dict[int, Came] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    files: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    left: tuple[Left, ...] = ()
    entry: str = ""

    def __post_init__(self) -> None:
        self.selected = frozenset(c.n for c in self.task.criteria)
        self.checked = frozenset(c.n for c in self.task.criteria if c.checked)

    @property
    def open(self) -> list[Criterion]:
        """The wanted criteria that are not complete."""
        return [c for c in self.task.criteria if c.n in self.selected and c.n not in self.checked]

    @property
    def summary(self) -> str:
        """One sentence: how many criteria of the task are complete, and what is the matter with the others."""
        total, complete = len(self.task.criteria), len(self.checked)
        by_fate = {fate: [c.criterion.called for c in self.came.values() if c.fate is fate] for fate in Fate}
        parts = [f"{complete} of {total} criteria are complete"]
        parts += [f"{fate.value}: {', '.join(names)}" for fate, names in by_fate.items() if names and fate != Fate.DONE]
        return "; ".join(parts)

    # runs that came to their end

    def result(self, state: RunState, status: Status, reason: str, next_steps: Iterable[str] = ()) -> Outcome:
        """The result's form of it."""
        wanted = [c for c in self.task.criteria if c.n in self.selected]
        failed = [c for c in self.open if c.n in self.came and self.came[c.n].fate is Fate.FAILED]
        found = Success(
            success=not self.open,
            task_id=self.task.id,
            task_title=self.task.title,
            task_type=self.kind,
            criteria=Counts(len(wanted), len(wanted) - len(self.open), len(failed), len(self.open)),
            completed_criteria=tuple(self._completed()),
            remaining_criteria=tuple(Remaining(c.called, self._why(c)) for c in self.open),
            changes=Changes(self.files, tuple(self.executed)),
            progress_log_entry=self.entry,
            status=status,
            next_steps=tuple(dict.fromkeys(next_steps)),
        )
        return Outcome(state, reason, found)

    def partial(self, job: Job) -> Outcome:
        """Some criteria of the task are open still."""
        tried = any(came.fate is not Fate.BLOCKED for came in self.came.values())
        status = Status.PARTIALLY_COMPLETE if tried or not self.open else Status.BLOCKED
        state = RunState.FAILED if self.open else RunState.SUCCEEDED
        remedies = [r for came in self.came.values() if came.fate is not Fate.DONE for r in came.remedies]
        name = PurePath(job.name).stem
        again = [_again(job, "then go on with it")] if self.open else [f"reifierd task run {name}"]
        if lacking := {n for c in self.open for n in c.after} - self.selected - self.checked:
            wanted = ",".join(map(str, sorted({c.n for c in self.open} | lacking)))
            again = [f"with what it comes after: reifierd task run {name} --criteria {wanted}"]
        failed = [f"look at why it failed: {c.criterion.called}" for c in self.came.values() if c.fate is Fate.FAILED]
        anew = [f"or carry out anew what is open: reifierd task run {name}"] if failed else []
        return self.result(state, status, self.summary, [*failed, *remedies, *again, *anew])

    def unverified(self, reason: str, job: Job, found: Verified | None = None) -> Outcome:
        """Every criterion is complete, and the whole is not verified: what was changed is staged and waits."""
        state = RunState.FAILED if found else RunState.SUCCEEDED
        again = f"reifierd resume {job.run_id}" if found else f"reifierd task run {PurePath(job.name).stem}"
        waits = [f"staged, and waiting for it: {_some(self.files)}"] if self.files else []
        remedies = found.remedies if found else ()
        told = f"verification failed: {reason}" if found else reason
        return self.result(state, Status.READY_FOR_VERIFICATION, told, [*remedies, *waits, f"verify again: {again}"])

    # runs that could not go on

    def failure(
        self, state: RunState, error: str, message: str, hints: Iterable[str] = (), job: Job | None = None
    ) -> Outcome:
        """The error's form of it."""
        last = next((came for came in reversed(self.came.values()) if came.fate is not Fate.DONE), None)
        details = Details(last.criterion.called, last.command, shorter(last.output)) if last else Details()
        again = [_again(job, "then go on")] if job else []
        before = tuple(c.called for c in self.task.criteria if c.n in self.checked)
        found = Failure(self.task.id, error, message, details, before, tuple(dict.fromkeys([*hints, *again])))
        return Outcome(state, message, found)

    def refused(self, error: str, refusals: Iterable[Refusal], job: Job, ground: Ground | None = None) -> Outcome:
        """Nothing ran; the file goes back to where a person edits it."""
        every = tuple(refusals)
        first, name = every[0], PurePath(job.name).stem
        hints = [_instead(r) for r in every if r.alternative]
        override = ""
        if ground and all(r.overridable for r in every):
            rules = sorted({r.rule for r in every})
            hints.append(f"if you mean it: reifierd approve {name} {' '.join(f'--override {r}' for r in rules)}")
            until = ground.today + timedelta(days=1)
            override = override_line(self.task.sha256_bare, {*rules, *ground.lifted}, until)
        hints.append("edit it, then move it into tasks/approved/ again")
        message = f"line {first.line}: {first.reason}"
        criterion = next((c.called for c in reversed(self.task.criteria) if c.line <= first.line), "")
        found = Failure(
            self.task.id, error, message, Details(criterion, first.command), (), tuple(dict.fromkeys(hints))
        )
        return Outcome(RunState.REFUSED, message, found, every, override)

    def without_values(self, missing: Iterable[Param], job: Job) -> Outcome:
        """Parameters have no value: all of them are named."""
        names = [p.name for p in missing]
        options = " ".join(f"--param {name}=…" for name in names)
        message = f"parameters without a value: {', '.join(names)}"
        hints = (f"reifierd approve {PurePath(job.name).stem} {options}",)
        found = Failure(self.task.id, "parameters_missing", message, recovery_suggestions=hints)
        return Outcome(RunState.REFUSED, message, found)

    def dry(self, notes: Iterable[str], blocked: bool) -> Outcome:
        """What a run would do stands in the reasons of the criteria that are open."""
        state = RunState.FAILED if blocked else RunState.SUCCEEDED
        remedies = [r for came in self.came.values() for r in came.remedies]
        status = Status.BLOCKED if blocked else Status.PARTIALLY_COMPLETE
        return self.result(state, status, "a dry run: nothing was run", [*remedies, *notes])

    def after_stop(self, job: Job, *, void: bool) -> list[str]:
        """How to go on after a stop, or after an edit that ended the consent."""
        name = PurePath(job.name).stem
        if void:
            return [f"read it again, then: reifierd approve {name}"]
        return [f"go on at what is open: reifierd resume {job.run_id}", f"or begin anew: reifierd approve {name}"]

    def _completed(self) -> Iterable[Completed]:
        for came in self.came.values():
            if came.fate is Fate.DONE:
                yield Completed(came.criterion.called, came.command, shorter(came.output), came.reason)

    def _why(self, criterion: Criterion) -> str:
        came = self.came.get(criterion.n)
        if came and came.fate is Fate.DONE:
            return "it was proved, and somebody unticked it meanwhile"
        return came.reason if came else "it was not tried"


def _again(job: Job, what: str) -> str:
    """How to go on with a run; an edit of the file ends the consent for it."""
    name = PurePath(job.name).stem
    return f"{what}: reifierd resume {job.run_id} (had you to edit the task file: reifierd approve {name})"


def _instead(refusal: Refusal) -> str:
    """A rule's alternative is an example, not what to type here."""
    example = "instead, for example: " if refusal.rule else ""
    return f"line {refusal.line}: {example}{refusal.alternative}"


def _some(paths: tuple[str, ...]) -> str:
    return ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
