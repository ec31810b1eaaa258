"""Which of many literals stand in a text, without a search for each of them.

The text's triples of characters are collected once, and only literals whose first triple is among them are looked for.
Of a large text every second triple is collected: a literal of four characters or more covers one of them by its first
triple or by its second, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

_LARGE = 4_000  # characters from which every second triple is enough
_SHORTEST = 4


class Index:
    """Literals that are looked for again and again; grows."""

    def __init__(self, literals: Iterable[str] = ()) -> None:
        self.by_triple: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
        self.short: list[str] = []
        for literal in literals:
            self.add(literal)

    def add(self, literal: str) -> None:
        """Look for `literal` too."""
        if len(literal) < _SHORTEST:
            self.short.append(literal)
            return
        for shift, known in enumerate(self.by_triple):
            known.setdefault(literal[shift : shift + 3], []).append(literal)


class Literals:
    """The literals of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._step = 2 if len(text) >= _LARGE else 1

    @cached_property
    def _triples(self) -> set[str]:
        text = self.text
        return {text[i : i + 3] for i in range(0, len(text) - 2, self._step)}

    def among(self, index: Index) -> set[str]:
        """Those literals of `index` that stand in the text."""
        text, present = self.text, {literal for literal in index.short if literal in self.text}
        for known in index.by_triple[: self._step]:
            for triple in known.keys() & self._triples:
                present.update(literal for literal in known[triple] if literal in text)
        return present
