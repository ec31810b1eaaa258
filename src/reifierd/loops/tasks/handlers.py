"""Handlers: commands for criteria that bring none of their own, found by the criterion's text.

The first handler whose pattern is found in the text, whose projects and whose types fit, gives the commands. What its
groups caught is given to the commands as environment variables, never as text in them: a named group under its name,
the n-th one as `MATCH_n`, all that matched as `MATCH_0`.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.documents.task_model import Criterion
from reifierd.errors import UsageError
from reifierd.execution.environment import PASSED, hijacks
from reifierd.loops.tasks.settings import HandlerSettings

_UPPER = re.compile(r"[A-Z_]")


@dataclass(frozen=True)
class Handler:
    """`projects` are globs on the project's folder, `types` names of types; empty: any. `where` says who gave it."""

    pattern: re.Pattern[str]
    commands: tuple[str, ...]
    projects: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    where: str = "config.toml"

    @classmethod
    def of(cls, settings: HandlerSettings, where: str) -> Handler:
        """Raises UsageError for a pattern that is none, and for a group that has a name which may not be set."""
        text = _from_glob(settings.pattern) if settings.glob else settings.pattern
        try:
            pattern = re.compile(text, re.I)
        except re.error as error:
            raise UsageError(f"the handler's pattern {settings.pattern!r} is none: {error}", where=where) from None
        bad = [n for n in pattern.groupindex if n in PASSED or hijacks(n) or n == "TERM" or not _UPPER.match(n)]
        if bad:
            hint = "name groups in upper case, as (?P<VERSION>…), and not as a variable of the shell"
            raise UsageError(f"the handler's group {bad[0]} may not become a variable", where=where, hint=hint)
        return cls(pattern, settings.commands, settings.projects, settings.types, where)


def handled(criterion: Criterion, kind: str, project: Path, handlers: Iterable[Handler]) -> tuple[Step, ...]:
    """The commands that a handler has for this criterion; empty where none fits."""
    for handler in handlers:
        found = handler.pattern.search(criterion.name)
        if found and fits(handler.projects, handler.types, kind, project):
            return tuple(_step(n, text, criterion, found) for n, text in enumerate(handler.commands, 1))
    return ()


def fits(projects: tuple[str, ...], types: tuple[str, ...], kind: str, project: Path) -> bool:
    """Whether something is meant for this type and this project (a glob on the whole path or on the folder's name)."""
    names = (str(project), project.name)
    here = not projects or any(fnmatch.fnmatchcase(n, str(Path(g).expanduser())) for g in projects for n in names)
    return here and (not types or kind in types)


def _step(n: int, command: str, criterion: Criterion, found: re.Match[str]) -> Step:
    groups = {f"MATCH_{i}": value or "" for i, value in enumerate((found.group(), *found.groups()))}
    named = {name: value or "" for name, value in found.groupdict().items()}
    attributes = Attributes(env=tuple({**groups, **named}.items()))
    return Step(n, SectionKind.FIX, criterion.text, command, command, criterion.line, attributes=attributes)


def _from_glob(text: str) -> str:
    parts = {"*": "(.*?)", "?": "(.)"}
    return r"\A\s*" + "".join(parts.get(c) or re.escape(c) for c in text) + r"\s*\Z"
