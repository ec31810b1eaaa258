"""The names of parameters: one for each value, taken from the place where it stood, free of collisions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from reifierd.redaction.model import Found
from reifierd.redaction.names import TABLE

_RESERVED = frozenset(TABLE["reserved"])
_USED = re.compile(r"\$\{?[#!]?([A-Za-z_]\w*)")
_ASSIGNED = re.compile(r"(?<![\w$-])([A-Za-z_]\w*)\+?=")
_LONGEST = 60


@dataclass
class Names:
    """Parameter names of one Redactor's life: the same value keeps its name, another value of the place gets `_2`."""

    by_value: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def claim(self, value: str, wish: str, taken: frozenset[str] = frozenset()) -> str:
        """The name of `value`, made from `wish`; never one of `taken`."""
        known = self.by_value.get(value)
        if known and known not in taken:
            return known
        stem = proper(wish)
        name, number = stem, 1
        while name in taken or self.by_name.get(name, value) != value:
            number += 1
            name = f"{stem}_{number}"
        self.by_name[name] = value
        self.by_value.setdefault(value, name)
        return name


def proper(wish: str) -> str:
    """A shell variable's name that no shell uses itself."""
    stem = re.sub(r"[^A-Za-z0-9_]", "_", wish).strip("_").upper()[:_LONGEST] or "SECRET"
    return f"SECRET_{stem}" if stem[0].isdigit() or stem in _RESERVED or stem.startswith("BASH") else stem


def taken_by(source: str, found: Iterable[Found]) -> dict[str, frozenset[str]]:
    """For each value: the variables that the command uses otherwise, so that no parameter may bear their name.

    A variable that the command assigns this very value (and nothing else) stays free for it.
    """
    assigned = Counter(_ASSIGNED.findall(source))
    busy = set(_USED.findall(source)) | set(assigned)
    hits = list(found)
    own: dict[str, str] = {}
    for hit in hits:
        before = re.search(r"(?<![\w$-])([A-Za-z_]\w*)=(?:\$?['\"])?\Z", source[max(0, hit.start - 200) : hit.start])
        if before and assigned[before[1]] == 1:
            own[before[1]] = hit.value
    return {hit.value: frozenset(n for n in busy if own.get(n) != hit.value) for hit in hits}
