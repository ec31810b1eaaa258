"""Shell words with the place and the quoting of each of their characters: what the lenient reader hands out."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

HOLE = "\ufffc"  # OBJECT REPLACEMENT CHARACTER: "something stands here that text cannot show"
BARE, DOUBLE, SINGLE, ANSI, HEREDOC, RAWDOC, COMMENT = (
    "bare",
    "double",
    "single",
    "ansi",
    "heredoc",
    "rawdoc",
    "comment",
)


@dataclass
class Word:
    """One word: `text` decoded, `at[i]`/`to[i]` the source range of its i-th character, `start`/`end` of the whole."""

    start: int
    end: int = 0
    text: str = ""
    at: list[int] = field(default_factory=list)
    to: list[int] = field(default_factory=list)
    quotes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def quoted(self) -> bool:
        """Whether any part of the word stands in quotes."""
        return bool(self.quotes)

    def range(self, first: int, last: int) -> tuple[int, int]:
        """The source range of the decoded characters `first` up to (not with) `last`."""
        return self.at[first], self.to[last - 1]


@dataclass
class Simple:
    """One simple command: its words (assignments first), what feeds its standard input, and the one it pipes into."""

    words: list[Word] = field(default_factory=list)
    heredoc: Word | None = None
    herestring: Word | None = None
    pipe_to: Simple | None = None
    depth: int = 0


@dataclass
class Lexed:
    """A source read as words; `quotes` are (start, end, kind) of quoted stretches with their delimiters.

    A substitution inside of quotes is a BARE stretch: its words are quoted anew."""

    source: str
    commands: list[Simple]
    quotes: list[tuple[int, int, str]]

    def context(self, offset: int) -> tuple[str, int, int]:
        """How the character at `offset` is quoted: (kind, start, end) of the innermost stretch; BARE has the whole."""
        best = (BARE, 0, len(self.source))
        for start, end, kind in self.quotes:
            if start <= offset < end and end - start <= best[2] - best[1]:
                best = (kind, start, end)
        return best


def decoded_index(word: Word, offset: int) -> int:
    """The index of the decoded character of `word` that stands at (or just before) the source `offset`."""
    return max(0, bisect_right(word.at, offset) - 1)
