"""Which of many literals stand in a text: hundreds of searches in a screenful, one look at all triples in a megabyte."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

_MANY = 20_000  # characters from which collecting the triples is cheaper than hundreds of searches


class Literals:
    """The literals of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _triples(self) -> set[str]:
        text = self.text
        return {text[i : i + 3] for i in range(len(text) - 2)}

    def among(self, literals: Iterable[str]) -> set[str]:
        """Those of `literals` that stand in the text."""
        if len(self.text) >= _MANY:
            triples = self._triples
            literals = [x for x in literals if all(x[i : i + 3] in triples for i in range(len(x) - 2))]
        return {literal for literal in literals if literal in self.text}
