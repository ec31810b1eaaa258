"""The fields that one word becomes, while they are built (bash manual, Word Splitting).

Quoted text only grows the field under construction; the value of an unquoted expansion may end it and begin others.
An empty field counts only where something quoted stood in it. A word that is not split is one field in any case.
"""

from __future__ import annotations

import re
from itertools import pairwise

from reifierd.shell.shapes import known

_GLOB = "*?["


class Fields:
    """`current` is the field under construction: it counts though empty where it `exists`; `glob` characters in it may
    be active.
    """

    def __init__(self, split: bool) -> None:
        self.split = split
        self.fields: list[tuple[str, bool]] = []
        self.current: list[str] = []
        self.exists = self.glob = False

    def finish(self) -> list[tuple[str, bool]]:
        """Every field's shape, and whether a glob is active in it."""
        if self.current or self.exists or (not self.split and not self.fields):
            self.flush()
        return self.fields if self.split else [("".join(f for f, _ in self.fields), any(g for _, g in self.fields))]

    def flush(self) -> None:
        self.fields.append(("".join(self.current), self.glob))
        self.current, self.exists, self.glob = [], False, False

    def bare(self, value: str, separators: str | None) -> None:
        """The value of an unquoted expansion: split at the characters of IFS, its glob characters active."""
        self.glob = self.glob or any(c in value for c in _GLOB)
        pieces = _pieces(value, separators)
        for before, after in pairwise(pieces):
            if before:
                self.current.append(before)
            if self.current or self.exists:
                self.flush()
            self.glob = any(c in after for c in _GLOB)
        if pieces[-1]:
            self.current.append(pieces[-1])

    def apart(self, values: list[str]) -> None:
        """`"$@"` and `"${a[@]}"`: a field for each, the first and the last with what stands around them."""
        for k, value in enumerate(values):
            if k:
                self.flush()
            self.current.append(value)
            self.exists = True


def _pieces(value: str, separators: str | None) -> list[str]:
    """What an unquoted expansion is split into, by the characters of IFS (the default where it is not known)."""
    if separators is None or separators == " " or not known(separators):
        return re.split(r"[ \t\n]+", value)
    return re.split(f"[{re.escape(separators)}]+", value) if separators else [value]
