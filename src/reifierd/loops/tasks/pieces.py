"""A task as work: for each criterion its commands and its checks, numbered for the journal, and in which order.

The numbers are the places of the blocks in the file, ticked criteria included, so that they are the same when a run
goes on.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    place = {b.criterion.n: at for at, b in enumerate(waiting)}
    parts = parts_of(b.criterion for b in waiting)
    behind = [{place[n] for n in _behind(b, parts) if n in place} for b in waiting]
    leads: list[list[int]] = [[] for _ in waiting]
    for at, others in enumerate(behind):
        for other in others:
            leads[other].append(at)
    free = [at for at, others in enumerate(behind) if not others]  # in order, so a heap
    taken: set[int] = set()
    for first in range(len(waiting)):
        while free or first not in taken:  # with none free, the first that waits for another keeps its place
            at = heapq.heappop(free) if free else first
            if at in taken:
                continue
            taken.add(at)
            yield waiting[at]
            for follower in leads[at]:
                behind[follower].discard(at)
                if not behind[follower]:
                    heapq.heappush(free, follower)


def _behind(one: Blocks, parts: Mapping[int, Collection[int]]) -> set[int]:
    return {*one.criterion.after, *(() if one.steps else parts.get(one.criterion.n, ()))} - {one.criterion.n}


def parts_of(criteria: Iterable[Criterion]) -> dict[int, set[int]]:
    """For each criterion with parts, by `n`: the criteria nested in it, at any depth."""
    found: dict[int, set[int]] = {}
    parent: dict[int, int] = {}
    for criterion in criteria:  # a part stands behind what it is part of
        parent[criterion.n] = around = criterion.parent
        while around:
            found.setdefault(around, set()).add(criterion.n)
            around = parent.get(around, 0)
    return found
