"""A task file as data: its criteria, their commands, the checks of the whole, and where its bytes may be edited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reifierd.documents.model import Param, Problem, Step


@dataclass(frozen=True)
class Criterion:
    """One checkbox under Acceptance Criteria.

    `n` counts from 1 in the file's order; `number` is what the author numbered it with, as written (`#1`, `2.`), ""
    for none; `text` is the line without box and markup, `name` the same without number and without `(after: …)`.
    `line` is 1-based, `depth` 0 for an outermost item, `parent` the `n` of the criterion that it is nested in, 0 for
    none. `after` holds the `n` of the criteria that must be complete first. `box` is the byte span of the mark between
    the brackets.
    """

    n: int
    number: str
    name: str
    text: str
    checked: bool
    line: int
    depth: int = 0
    commands: tuple[Step, ...] = ()
    verify: tuple[Step, ...] = ()
    after: tuple[int, ...] = ()
    box: tuple[int, int] = (0, 0)
    parent: int = 0

    @property
    def called(self) -> str:
        """What it is called where it is told about: its name, or all of its line where that is nothing but a number."""
        return self.name or self.text


@dataclass(frozen=True)
class Task:
    """A parsed task file. With a fatal problem nothing of it may run.

    `front` is the front matter as plain data. `labels` are in lower case. `rank` orders by priority, 0 first. `updated`
    is the value as written. `dependencies` are ids of tasks, `programs` names of programs that must be installed.
    `sha256` is over the bytes, `digest` over what consent covers, `sha256_bare` over the same without the `overrides`
    key (what an override in the front matter is bound to).
    """

    id: str = ""
    title: str = ""
    priority: str = ""
    rank: int = 0
    status: str = ""
    project: str = ""
    labels: tuple[str, ...] = ()
    updated: str = ""
    dependencies: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    verification: tuple[Step, ...] = ()
    log_lines: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    problems: tuple[Problem, ...] = ()
    front: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    digest: str = ""
    sha256_bare: str = ""

    @property
    def fatal(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.fatal)

    @property
    def open(self) -> tuple[Criterion, ...]:
        """The criteria without a mark, in the file's order."""
        return tuple(criterion for criterion in self.criteria if not criterion.checked)
