"""A task as work: for each criterion its commands and its checks, numbered for the journal, and in which order.

The numbers are the places of the blocks in the file, ticked criteria included, so that they are the same when a run
goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reifierd.documents.model import Step
from reifierd.documents.task_model import Criterion, Task
from reifierd.loops.tasks.handlers import Handler, handled


@dataclass(frozen=True)
class Blocks:
    """What carries one criterion out, and what proves it."""

    criterion: Criterion
    commands: tuple[Step, ...] = ()
    checks: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*self.commands, *self.checks)


def blocks_of(
    task: Task, kind: str, project: Path, handlers: Iterable[Handler]
) -> tuple[tuple[Blocks, ...], tuple[Step, ...]]:
    """The blocks of every criterion, in the file's order, and those of the Verification."""
    found, n = [], 0
    offers = tuple(handlers)
    for criterion in task.criteria:
        commands = criterion.commands or handled(criterion, kind, project, offers)
        mine, n = _numbered(commands, n)
        checks, n = _numbered(criterion.verify, n)
        found.append(Blocks(criterion, mine, checks))
    verification, _ = _numbered(task.verification, n)
    return tuple(found), verification


def _numbered(steps: Iterable[Step], n: int) -> tuple[tuple[Step, ...], int]:
    numbered = tuple(replace(step, n=n + i) for i, step in enumerate(steps, 1))
    return numbered, n + len(numbered)


def in_turn(blocks: Iterable[Blocks]) -> Iterator[Blocks]:
    """In the file's order, each behind those of them that it comes after; a criterion of nothing but parts comes
    behind its parts. Those that wait for each other keep their place."""
    waiting = list(blocks)
    while waiting:
        left = {b.criterion.n for b in waiting}
        following = next((b for b in waiting if not left & _behind(b, waiting)), waiting[0])
        waiting.remove(following)
        yield following


def _behind(one: Blocks, waiting: Collection[Blocks]) -> set[int]:
    parts = set() if one.steps else parts_of(one.criterion.n, [b.criterion for b in waiting])
    return {*one.criterion.after, *parts} - {one.criterion.n}


def parts_of(n: int, criteria: Iterable[Criterion]) -> set[int]:
    """The criteria nested in criterion `n`, at any depth."""
    found: set[int] = set()
    for criterion in criteria:  # a part stands behind what it is part of
        if criterion.parent == n or criterion.parent in found:
            found.add(criterion.n)
    return found
