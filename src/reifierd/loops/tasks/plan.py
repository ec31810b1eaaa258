"""What carrying out a task will do, decided before any of it is done: every block judged, every reason against it.

- What the guard does not allow, what cannot be read, a missing parameter: the whole task is refused, nothing runs.
- A blocker of the whole task (its project, its branch, a task that it waits for) lets nothing run now.
- A blocker of one criterion stops that one, and what comes after it.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reifierd.documents.fill import fill
from reifierd.documents.model import Step
from reifierd.documents.task_model import Criterion, Task
from reifierd.errors import Refused
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.dependencies import Known, task_blockers
from reifierd.loops.tasks.extensions import Extensions
from reifierd.loops.tasks.kinds import Kind
from reifierd.loops.tasks.pieces import Blocks, blocks_of, in_turn
from reifierd.loops.tasks.safety import Grounds, Project, before
from reifierd.loops.tasks.scripts import scripts_of
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.variables import variables_for
from reifierd.runs.ground import Ground
from reifierd.runs.house import House
from reifierd.runs.judging import Ahead, Bench, StepJudge
from reifierd.runs.planned import PlannedStep, Refusal, against, host_refusals
from reifierd.shell import Context
from reifierd.shell.view import read as read_shell


@dataclass(frozen=True)
class Basis:
    """What a plan rests on. `selected` are the `n` of the criteria that are wanted, `known` the other tasks, `environ`
    what this program was started with."""

    house: House
    settings: TasksSettings
    extensions: Extensions
    task: Task
    kind: Kind
    project: Project
    ground: Ground
    selected: frozenset[int]
    known: tuple[Known, ...]
    environ: Mapping[str, str]

    def which(self, name: str) -> str | None:
        """Where a program is, as the commands' PATH finds it."""
        return shutil.which(name, path=self.ground.environment["PATH"])

    def judge(self, more: Mapping[str, str] | None = None, bench: Bench | None = None) -> StepJudge:
        """A judge of blocks that share a shell, which begins in the project's folder."""
        return self.ground.judge(self.house, str(self.project.folder), more, bench)


@dataclass(frozen=True)
class Piece:
    """One open criterion that is wanted. `environment` is what its shell starts with; `blockers` are what stops it."""

    criterion: Criterion
    commands: tuple[PlannedStep, ...] = ()
    checks: tuple[PlannedStep, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    blockers: tuple[Blocker, ...] = ()

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        return (*self.commands, *self.checks)


@dataclass(frozen=True)
class TaskPlan:
    """`pieces` in the order of their turns; `blockers` are those of the whole task; `pushes` are all commands of the
    task, ticked criteria included; `environment` has the variables of every criterion; `last` is the last number."""

    pieces: tuple[Piece, ...] = ()
    verification: tuple[PlannedStep, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    notes: tuple[str, ...] = ()
    pushes: tuple[Work, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    last: int = 0

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        return (*(s for piece in self.pieces for s in piece.steps), *self.verification)


def make_plan(basis: Basis) -> TaskPlan:
    """The plan of a whole run."""
    task, ground = basis.task, basis.ground
    maker = _Maker(basis)
    every, verification = blocks_of(task, basis.kind.name, basis.project.folder, basis.extensions.handlers)
    wanted = [b for b in every if b.criterion.n in basis.selected and not b.criterion.checked]
    pieces = maker.pieces(list(in_turn(wanted)))
    environment = {**ground.environment, **_variables(basis, every)}
    planned = maker.planned(verification, basis.judge(environment), 0, checks=True)
    grounds = Grounds(basis.settings, environment, basis.which)
    found = [*task_blockers(task, basis.known), *maker.blockers]
    found += before(task, basis.kind, basis.project, maker.works, grounds)
    stopping: dict[int, list[Blocker]] = {}
    for blocker in found:
        if blocker.blocks:
            stopping.setdefault(blocker.criterion, []).append(blocker)
    refusals = [*host_refusals(task.front, ground.host), *ground.wrong, *maker.refusals]
    return TaskPlan(
        tuple(replace(piece, blockers=tuple(stopping.get(piece.criterion.n, ()))) for piece in pieces),
        planned,
        tuple(sorted(refusals, key=lambda r: r.line)),
        tuple(stopping.get(0, ())),
        (*ground.notes, *(str(b) for b in found if not b.blocks), *_said(task)),
        _pushes(basis, every, environment) if basis.kind.images else (),
        environment,
        max((s.n for s in (*(s for b in every for s in b.steps), *verification)), default=0),
    )


def _variables(basis: Basis, every: Iterable[Blocks]) -> dict[str, str]:
    """What the type sets for any of the criteria, ticked ones included: the whole is verified with it later too."""
    found: dict[str, str] = {}
    for blocks in every:
        if blocks.steps:
            found |= variables_for(basis.task, _carried(blocks), basis.kind, basis.settings, basis.environ)[0]
    return found


def _pushes(basis: Basis, every: Iterable[Blocks], environment: Mapping[str, str]) -> tuple[Work, ...]:
    """Which images are pushed is asked of all commands and of the scripts that they run, also of those that an earlier
    run has done; with the variables of its type, by which images are mostly named."""
    maker = _Maker(basis)
    for blocks in every:
        maker.planned(blocks.commands, basis.judge(environment), blocks.criterion.n)
    return (*maker.works, *(inner for work in maker.works for inner in _within(work, basis, environment)))


def _within(work: Work, basis: Basis, environment: Mapping[str, str]) -> Iterator[Work]:
    """The scripts that a block runs, as work of its own."""
    env = {**environment, **dict(work.step.attributes.env)}
    for script in scripts_of(work, basis.project.folder, read_shell, env, env["HOME"]):
        yield replace(work, view=script.view)


class _Maker:
    """Judges block after block, and gathers what speaks against them."""

    def __init__(self, basis: Basis) -> None:
        self._basis = basis
        self.refusals: list[Refusal] = []
        self.blockers: list[Blocker] = []
        self.works: list[Work] = []
        self._ahead = Ahead(basis.house.guard)

    def pieces(self, every: Sequence[Blocks]) -> list[Piece]:
        """The pieces, in this order. What begins their shells is judged together: nothing before it speaks in it."""
        variables = [self._variables(blocks) for blocks in every]
        judges = list(self._judges(variables))
        self._ahead.ask(self._firsts(every, judges))
        return [self._piece(*each) for each in zip(every, variables, judges, strict=True)]

    def _judges(self, variables: Iterable[Mapping[str, str]]) -> Iterator[StepJudge]:
        """One for each shell; most of them begin alike."""
        common: Mapping[str, str] = {}
        judge = self._basis.judge(common, self._ahead)
        for own in variables:
            if own != common:
                judge, common = self._basis.judge(own, self._ahead), own
            yield judge.anew()

    def _variables(self, blocks: Blocks) -> dict[str, str]:
        if not blocks.steps:
            return {}
        basis, seen = self._basis, _carried(blocks)
        variables, missing = variables_for(basis.task, seen, basis.kind, basis.settings, basis.environ)
        self.blockers += missing
        return variables

    def _firsts(self, every: Iterable[Blocks], judges: Iterable[StepJudge]) -> Iterator[tuple[str, Context]]:
        for blocks, judge in zip(every, judges, strict=True):
            for first in blocks.steps[:1]:
                with contextlib.suppress(Refused):  # said where it is planned
                    yield judge.asked(first, fill(first))

    def _piece(self, blocks: Blocks, variables: Mapping[str, str], judge: StepJudge) -> Piece:
        basis, n = self._basis, blocks.criterion.n
        commands = self.planned(blocks.commands, judge, n)
        checks = self.planned(blocks.checks, judge, n, checks=True)
        return Piece(blocks.criterion, commands, checks, {**basis.ground.environment, **variables})

    def planned(
        self, steps: Iterable[Step], judge: StepJudge, criterion: int, *, checks: bool = False
    ) -> tuple[PlannedStep, ...]:
        found = []
        for step in steps:
            try:
                command = fill(step)
            except Refused as error:
                self.refusals.append(Refusal(step.line, error.message, error.hint, command=step.command))
                continue
            one = PlannedStep(step, command, judge(step, command))
            self.refusals += against(one, self._basis.ground.lifts)
            self.works.append(Work(criterion, step, one.judgement.view, checks))
            found.append(one)
        return tuple(found)


def _carried(blocks: Blocks) -> Criterion:
    """The criterion as it will be carried out: a handler's commands are its own."""
    return replace(blocks.criterion, commands=blocks.commands)


def _said(task: Task) -> Iterable[str]:
    return (f"line {p.line}: {p.message}" + (f" ({p.hint})" if p.hint else "") for p in task.problems if not p.fatal)
