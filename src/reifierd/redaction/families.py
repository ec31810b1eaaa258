"""The table of programs that carry secrets (programs.toml), by program."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Family:
    """One table of programs.toml; see there for the meaning of the keys."""

    programs: tuple[str, ...]
    when: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    glued: tuple[str, ...] = ()
    pair: Mapping[str, str] = field(default_factory=dict)
    each: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    stdin: tuple[str, ...] = ()
    stdin_pair: tuple[str, ...] = ()
    lead: bool = False
    name: str = ""

    @cached_property
    def options(self) -> tuple[str, ...]:
        """All options that are looked at, longest first."""
        every = {*self.value, *self.apart, *self.glued, *self.pair, *self.each, *self.telling}
        return tuple(sorted(every, key=len, reverse=True))

    @property
    def needs_dash(self) -> bool:
        """Whether every secret of these programs stands behind an option that begins with a dash."""
        return not (self.args or self.stdin or self.stdin_pair) and all(o.startswith("-") for o in self.options)


_LISTS = ("when", "value", "apart", "glued", "each", "telling", "args", "takes", "stdin", "stdin_pair")


def read_families(text: str) -> list[Family]:
    """The families of a table in the form of programs.toml; raises TypeError for a key that has no meaning."""
    families = []
    for row in tomllib.loads(text)["family"]:
        known: dict[str, Any] = {key: tuple(row[key]) if key in _LISTS else row[key] for key in row}
        families.append(Family(**{**known, "programs": tuple(row["programs"].split())}))
    return families


def _by_program(families: Iterable[Family]) -> dict[str, list[Family]]:
    known: dict[str, list[Family]] = {}
    for family in families:
        for program in family.programs:
            known.setdefault(program, []).append(family)
    return known


PROGRAMS = _by_program(read_families(files(__package__).joinpath("programs.toml").read_text("utf-8")))
KNOWN = frozenset(PROGRAMS)
NOTICEABLE = frozenset(p for p, families in PROGRAMS.items() if not any(f.lead for f in families))
OUTSPOKEN = frozenset(p for p, families in PROGRAMS.items() if not all(f.needs_dash for f in families))
