"""The tables of knowledge.toml as one frozen value: what the scribe knows about programs and names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Knowledge:
    """Word sets by name; see the comments in knowledge.toml."""

    verbs: Mapping[str, frozenset[str]]
    inverse: Mapping[str, str]  # both directions
    positive: frozenset[str]  # the verbs that do, as against those that take back
    programs: Mapping[str, frozenset[str]]
    clients_read: Mapping[str, frozenset[str]]  # client → its commands that only read
    trouble: Mapping[str, frozenset[int]]
    env: Mapping[str, frozenset[str]]
    operands: Mapping[str, str]  # program → what its operands are
    valued: Mapping[str, frozenset[str]]
    outputs: Mapping[str, frozenset[str]]
    generic: frozenset[str]
    tools: Mapping[str, str]
    kinds: Mapping[str, str]
    symptoms: Mapping[str, tuple[str, ...]]

    def verb(self, kind: str, words: list[str]) -> str | None:
        """The first of `words` that is a verb of this kind."""
        return next((word for word in words if word in self.verbs[kind]), None)

    def readers(self, name: str) -> frozenset[str] | None:
        """The programs that an environment name decides the meaning of; None where no table knows the name."""
        return _readers(name)


def _sets(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in table.items()}


@cache
def _readers(name: str) -> frozenset[str] | None:
    return next((programs for pattern, programs in knowledge().env.items() if fnmatchcase(name, pattern)), None)


@cache
def knowledge() -> Knowledge:
    raw = tomllib.loads(files(__package__ or "").joinpath("knowledge.toml").read_text(encoding="utf-8"))
    names = raw["names"]
    return Knowledge(
        verbs=_sets(raw["verbs"]),
        inverse=raw["inverse"] | {undo: do for do, undo in raw["inverse"].items()},
        positive=frozenset(raw["inverse"]),
        programs=_sets(raw["programs"]),
        clients_read=_sets(raw["clients_read"]),
        trouble={name: frozenset(codes) for name, codes in raw["trouble"].items()},
        env=_sets(raw["env"]),
        operands={program: role for role, programs in raw["operands"].items() for program in programs},
        valued=_sets(raw["valued"]),
        outputs=_sets(raw["outputs"]),
        generic=frozenset(names["generic"]),
        tools=names["tools"],
        kinds=names["kinds"],
        symptoms={name: tuple(words) for name, words in raw["symptoms"].items()},
    )
