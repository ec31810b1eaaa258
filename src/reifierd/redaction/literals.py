"""Which of many literals stand in a text, without a search for each of them.

The text's triples of characters are collected once, and only literals whose first triple is among them are looked for.
A large text is cut into triples: a literal of five characters or more covers one of them wherever it stands, by its
first, second or third; one of three or four covers two neighbours in one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

_LARGE = 4_000  # characters from which cutting is cheaper than every triple
_CUT = re.compile(r"...", re.DOTALL)
_COVERING = 5


class Index:
    """Literals that are looked for again and again; grows."""

    def __init__(self, literals: Iterable[str] = ()) -> None:
        self.first: dict[str, list[str]] = {}
        self.cut: dict[
            str, list[tuple[str, int]]
        ] = {}  # one of the first three triples → literal, where it stands in it
        self.brief: list[str] = []  # shorter than _COVERING
        for literal in literals:
            self.add(literal)

    def add(self, literal: str) -> None:
        """Look for `literal` too."""
        self.first.setdefault(literal[:3], []).append(literal)
        if len(literal) < _COVERING:
            self.brief.append(literal)
            return
        for shift in range(3):
            self.cut.setdefault(literal[shift : shift + 3], []).append((literal, shift))


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

    @cached_property
    def _pairs(self) -> set[str]:
        tail = self.text[-4:]
        return {pair for triple in (*self._triples, tail[:3], tail[1:]) for pair in (triple[:2], triple[1:])}

    def among(self, index: Index) -> set[str]:
        """Those literals of `index` that stand in the text."""
        likely = self._likely(index) if len(self.text) >= _LARGE else self._begun(index)
        return {literal for literal in likely if literal in self.text}

    def _begun(self, index: Index) -> Iterator[str]:
        for triple in index.first.keys() & self._triples:
            yield from index.first[triple]

    def _likely(self, index: Index) -> Iterator[str]:
        """Literals all of whose triples are there, in one of the three ways in which the text may cut them."""
        for literal in index.brief:
            if len(literal) < 3 or literal[:2] in self._pairs or literal[1:3] in self._pairs:
                yield literal
        for triple in index.cut.keys() & self._triples:
            for literal, shift in index.cut[triple]:
                if all(literal[i : i + 3] in self._triples for i in range(shift + 3, len(literal) - 2, 3)):
                    yield literal
