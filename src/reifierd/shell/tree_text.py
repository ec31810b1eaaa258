"""The text that tree-sitter-bash is shown in the place of a source: without what it gets wrong, and of the same length.

The tree loses what stands around heredocs and continued words, and does not know some of bash's own words. So heredoc
bodies are blanked, a continued line is joined by moving its two characters in front of the word, `time` and `coproc`
are blanked, `<>` becomes `<`, `${ commands; }` becomes `$(…)`, and a line end before a backslash becomes a semicolon.
All other line ends stay where they are.
"""

from __future__ import annotations

import re

# words before a command that the tree does not know
PREFIX = re.compile(r"(?:time(?:[ \t]+-p)?(?=[ \t]+[^-\s])|coproc(?=[ \t])(?:[ \t]+\w+(?=[ \t]+[({]))?)(?![\w.=/-])")


class TreeText:
    """Changed in place while its source is read; every offset is one of the source."""

    def __init__(self, source: str) -> None:
        self._source, self._chars = source, list(source)

    def __str__(self) -> str:
        return "".join(self._chars)

    def blank(self, start: int, end: int) -> None:
        for k in range(start, min(end, len(self._chars))):
            if self._chars[k] != "\n":
                self._chars[k] = " "

    def join(self, word: int, at: int) -> None:
        """Move the backslash and newline at `at` in front of the word that they stand in."""
        self._chars[word : at + 2] = [" ", " ", *self._chars[word:at]]

    def part(self, i: int) -> None:
        """The tree runs a line that begins with a backslash (`\\cp a b`) into the command of the line before it: the
        line end at i becomes a semicolon there.
        """
        if self._source.startswith("\\", i + 1) and not self._source.startswith("\n", i + 2):
            self._chars[i] = ";"

    def substitution(self, i: int, close: int) -> None:
        """`${ commands; }` (bash 5.3) from i to its closing brace, as `$( commands; )`."""
        self._chars[i + 1 : i + 3] = ["(", " "]
        if close < len(self._chars):
            self._chars[close] = ")"
