"""A source made ready to be read: a text for tree-sitter-bash, and what the words are read by.

The prepared text has the length of the source, so that every offset holds in both (see `tree_text` for what differs);
characters beyond ASCII, one unit each for the tree, are only replaced for the tree. The pass that makes it (see
`scanner`) also notes where every quotation, substitution and expansion ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reifierd.shell.heredocs import Heredoc
from reifierd.shell.scanner import Scanner


@dataclass
class Prepared:
    """`ends[i]` is the offset just after the quotation or substitution that opens at i; `heredocs` and `operators`
    say what really stood where the prepared text has a plain `<`."""

    source: str
    text: str
    ends: dict[int, int] = field(default_factory=dict)
    heredocs: dict[int, Heredoc] = field(default_factory=dict)
    operators: dict[int, str] = field(default_factory=dict)
    problem: str | None = None

    def line(self, offset: int) -> int:
        return self.source.count("\n", 0, offset) + 1


def prepare(source: str, *, quoted: bool = False) -> Prepared:
    """Read quotes, substitutions and heredocs once. `quoted`: the text is a heredoc's body, where only `$`, backticks
    and backslashes count. Raises Unreadable when it is nested too deeply."""
    scanner = Scanner(source)
    if quoted:
        scanner.double(0, "")
    else:
        scanner.code(0, "")
    return Prepared(source, str(scanner.shown), scanner.ends, scanner.heredocs, scanner.operators, scanner.problem)
