"""Which of many literals stand in a text, without a search for each of them.

The text's triples of characters are collected once, and only literals whose first triple is among them are looked for.
A large text is cut into triples: a literal of five characters or more covers one of them wherever it stands, by its
first, second or third; the few shorter ones are searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

_LARGE = 4_000  # characters from which cutting is cheaper than every triple
_CUT = re.compile(r"...", re.DOTALL)
_COVERING = 5


class Index:
    """Literals that are looked for again and again; grows."""

    def __init__(self, literals: Iterable[str] = ()) -> None:
        self.first: dict[str, list[str]] = {}
        self.any: dict[str, list[str]] = {}
        self.brief: list[str] = []  # shorter than _COVERING
        for literal in literals:
            self.add(literal)

    def add(self, literal: str) -> None:
        """Look for `literal` too."""
        self.first.setdefault(literal[:3], []).append(literal)
        if len(literal) < _COVERING:
            self.brief.append(literal)
            return
        for triple in {literal[shift : shift + 3] for shift in range(3)}:
            self.any.setdefault(triple, []).append(literal)


class Literals:
    """The literals of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _triples(self) -> set[str]:
        text = self.text
        if len(text) >= _LARGE:
            return set(_CUT.findall(text))
        return {text[i : i + size] for i in range(len(text)) for size in (3, 2)} | set(text)

    def among(self, index: Index) -> set[str]:
        """Those literals of `index` that stand in the text."""
        text, large = self.text, len(self.text) >= _LARGE
        present = {literal for literal in index.brief if literal in text} if large else set()
        known = index.any if large else index.first
        for triple in known.keys() & self._triples:
            present.update(literal for literal in known[triple] if literal not in present and literal in text)
        return present
