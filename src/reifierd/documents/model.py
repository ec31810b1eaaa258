"""A runbook as data: what a Markdown file says, with the line of everything that can be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class SectionKind(StrEnum):
    """The sections whose blocks are steps, in the order a run takes them."""

    PRECONDITIONS = "Preconditions"
    DIAGNOSIS = "Diagnosis"
    FIX = "Fix Sequence"
    VERIFY = "Verify"
    ROLLBACK = "Rollback"


@dataclass(frozen=True)
class Problem:
    """Something wrong or worth saying in a document. `fatal` problems stop a run before its first step."""

    line: int
    message: str
    hint: str = ""
    fatal: bool = False


@dataclass(frozen=True)
class Attributes:
    """A block's attributes (DESIGN: `name cwd timeout retry expect continue-on-error env interpreter interactive
    background excludeFromRunAll gate strict readonly verify`). `timeout` is in seconds, None for the default. `raw`
    says that the text is the command as it stands: neither prompts nor placeholders are looked for in it; `verify`
    that the block proves the criterion of a task that it stands below."""

    name: str = ""
    cwd: str = ""
    timeout: float | None = None
    retry: int = 0
    expect: tuple[int, ...] = (0,)
    continue_on_error: bool = False
    env: tuple[tuple[str, str], ...] = ()
    interpreter: str = "bash"
    interactive: bool = False
    background: bool = False
    exclude_from_run_all: bool = False
    gate: bool = False
    strict: bool = False
    readonly: bool = False
    raw: bool = False
    verify: bool = False


@dataclass(frozen=True)
class Step:
    """One executable block. `source` is the text of the block as a person sees it (prompts and expected output
    included), `command` what bash is given before parameters are filled in, `line` the 1-based line where that
    text begins. `placeholders` are the `<…>` in it, as written between the angle brackets, each once."""

    n: int
    section: SectionKind
    title: str
    command: str
    source: str
    line: int
    language: str = "bash"
    attributes: Attributes = Attributes()
    placeholders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Param:
    name: str
    secret: bool = False
    help: str = ""
    value: str | None = None


@dataclass(frozen=True)
class Question:
    """A Preconditions item without a command: a question for a person."""

    text: str
    line: int


@dataclass(frozen=True)
class Runbook:
    """A parsed runbook. `front` is the whole front matter as plain data; `sha256` is over the document's bytes and
    `sha256_bare` over the document without its `overrides` key (what an override in the front matter is bound to)."""

    title: str
    steps: tuple[Step, ...]
    params: tuple[Param, ...] = ()
    questions: tuple[Question, ...] = ()
    problems: tuple[Problem, ...] = ()
    front: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    sha256_bare: str = ""

    def section(self, kind: SectionKind) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.section is kind)

    @property
    def fatal(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.fatal)
