"""Which of many literals stand in a text: hundreds of searches in a screenful, one look at its triples in a megabyte.

Of a large text every second triple of characters is collected. A literal of four characters or more covers at least
one of them wherever it stands, so a literal neither of whose two alignments is there does not stand in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

_MANY = 20_000  # characters from which collecting the triples is cheaper than hundreds of searches
_SHORTEST = 4


class Literals:
    """The literals of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _triples(self) -> set[str]:
        text = self.text
        return {text[i : i + 3] for i in range(0, len(text) - 2, 2)}

    def among(self, literals: Iterable[str]) -> set[str]:
        """Those of `literals` that stand in the text."""
        if len(self.text) >= _MANY:
            literals = filter(self._likely, literals)
        return {literal for literal in literals if literal in self.text}

    def _likely(self, literal: str) -> bool:
        if len(literal) < _SHORTEST:
            return True
        return any(
            all(literal[i : i + 3] in self._triples for i in range(begin, len(literal) - 2, 2)) for begin in range(2)
        )
