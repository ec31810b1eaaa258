"""The data table of the readers of runbooks and tasks (`words.toml`), loaded once."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from reifierd.documents.model import SectionKind

_TABLE = tomllib.loads(files("reifierd.documents").joinpath("words.toml").read_text(encoding="utf-8"))

SECTIONS: dict[str, SectionKind] = {
    name: SectionKind(kind) for kind, names in _TABLE["sections"].items() for name in names
}
GENERIC = frozenset(_TABLE["generic"]["headings"])
SHELL = frozenset(_TABLE["languages"]["shell"])
CONSOLE = frozenset(_TABLE["languages"]["console"])
NEAR_MISSES = frozenset(_TABLE["languages"]["near"])
MARKUP = frozenset(_TABLE["placeholders"]["markup"])
RESERVED = frozenset(_TABLE["placeholders"]["reserved"])
RESERVED_PREFIXES = tuple(_TABLE["placeholders"]["reserved_prefixes"])

_TASK = _TABLE["task"]
TASK_SECTIONS: dict[str, str] = {name: part for part, names in _TASK["sections"].items() for name in names}
TASK_KEYS: dict[str, str] = {name: key for key, names in _TASK["keys"].items() for name in names}
TASK_MORE_KEYS = frozenset(_TASK["more"]["keys"])
STATUSES = frozenset(_TASK["values"]["statuses"])
PRIORITIES: dict[str, int] = {name: rank for rank, names in enumerate(_TASK["values"]["priorities"]) for name in names}
NOTHING = frozenset(_TASK["values"]["nothing"])
