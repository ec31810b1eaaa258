"""Types, handlers and checks from the configuration and from other packages.

Another package offers them as entry points: `reifierd.task_types` (a `Kind`, or a table as `[tasks.types.NAME]`),
`reifierd.task_handlers` (a `Handler` or a table as `[[tasks.handlers]]`, or a list of them), `reifierd.task_checks` (a
`Check`, a table as `[[tasks.checks]]`, or a function `(Done) -> blockers`). They are loaded when the first task needs
them. One that cannot be loaded stops the start, with its package and its error: half of the rules is no rules.
The configuration comes first among handlers and last among types, so that it wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from reifierd.errors import UsageError
from reifierd.loops.tasks.checks import Check
from reifierd.loops.tasks.handlers import Handler
from reifierd.loops.tasks.kinds import Kind, packaged_kinds
from reifierd.loops.tasks.settings import CheckSettings, HandlerSettings, TasksSettings, TypeSettings

T = TypeVar("T")
GROUPS = ("reifierd.task_types", "reifierd.task_handlers", "reifierd.task_checks")


@dataclass(frozen=True)
class Extensions:
    """All that may be known about types, handlers and checks."""

    kinds: tuple[Kind, ...]
    handlers: tuple[Handler, ...]
    checks: tuple[Check, ...]


def load_extensions(settings: TasksSettings, installed: Iterable[EntryPoint] | None = None) -> Extensions:
    """The packaged ones, those of other packages and those of the configuration; `installed` defaults to what is.

    Raises UsageError naming the package and its error, or the place in config.toml.
    """
    every = list(installed) if installed is not None else [e for group in GROUPS for e in entry_points(group=group)]
    types, handlers, checks = ([e for e in every if e.group == group] for group in GROUPS)
    configured = (Kind.of(name, row) for name, row in settings.types.items())
    kinds = {k.name: k for k in (*packaged_kinds(), *(k for e in types for k in _loaded(e, Kind)), *configured)}
    own_handlers = [Handler.of(row, "config.toml, [[tasks.handlers]]") for row in settings.handlers]
    own_checks = [Check.of(row, "config.toml, [[tasks.checks]]") for row in settings.checks]
    return Extensions(
        tuple(kinds.values()),
        (*own_handlers, *(h for e in handlers for h in _loaded(e, Handler))),
        (*own_checks, *(c for e in checks for c in _loaded(e, Check))),
    )


def _loaded(entry: EntryPoint, wanted: type[T]) -> Iterator[T]:
    package = entry.dist.name if entry.dist else entry.value
    where = f"{package}, entry point {entry.name} of {entry.group}"
    try:
        found = entry.load()
        for one in found if isinstance(found, list | tuple) else [found]:
            yield _made(one, wanted, entry.name, where)
    except Exception as error:  # another package's code: whatever it raises is told
        reason = f"cannot be loaded: {type(error).__name__}: {error}"
        raise UsageError(reason, where=where, hint=f"repair or uninstall {package}") from error


def _made(found: Any, wanted: type[T], name: str, where: str) -> T:
    if isinstance(found, wanted):
        return found
    made: Any = None
    if isinstance(found, dict):
        made = _from_table(found, wanted, name, where)
    elif wanted is Check and callable(found):
        made = Check(name, function=found, where=where)
    if not isinstance(made, wanted):
        raise TypeError(f"it is a {type(found).__name__}, not a {wanted.__name__} or a table of one")
    return made


def _from_table(table: dict[str, Any], wanted: type, name: str, where: str) -> Kind | Handler | Check:
    if wanted is Kind:
        return Kind.of(name, TypeSettings.model_validate(table))
    if wanted is Handler:
        return Handler.of(HandlerSettings.model_validate(table), where)
    return Check.of(CheckSettings.model_validate({"name": name, **table}), where)
