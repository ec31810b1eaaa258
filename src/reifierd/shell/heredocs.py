"""Heredocs: how one is announced on its line, and what of the lines below is its body (bash manual, Here Documents).

The bodies begin on the line after the announcement, one after the other in the order in which they were announced.
A quoted delimiter makes a body literal; after `<<-` the tabs at the beginning of each line do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_DELIMITER = re.compile(r"-?[ \t]*((?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^\s;&|<>()'\"\\])+)")


@dataclass(frozen=True)
class Heredoc:
    """A heredoc's body, without its delimiter; `literal` when the delimiter was quoted (nothing is expanded)."""

    body: str
    literal: bool
    start: int


class Announced(NamedTuple):
    """A heredoc whose body is to come. `at` is the offset of its `<<`; the delimiter stands from `start` to `end`."""

    at: int
    delimiter: str
    literal: bool
    dashed: bool
    start: int
    end: int


def announced(source: str, at: int) -> Announced | None:
    """The heredoc that the `<<` at an offset announces; None where no delimiter follows."""
    found = _DELIMITER.match(source, at + 2)
    if not found:
        return None
    raw = found.group(1)
    literal = any(mark in raw for mark in "'\"\\")
    delimiter = re.sub(r"['\"\\]", "", raw)
    return Announced(at, delimiter, literal, source.startswith("-", at + 2), found.start(1), found.end())


def lifted(source: str, i: int, coming: Announced) -> tuple[Heredoc, int, bool]:
    """The heredoc whose body begins at offset i, the offset of the line after it, and whether its end was found."""
    start, size, lines, closed = i, len(source), [], False
    while i < size and not closed:
        end = source.find("\n", i)
        end = size if end < 0 else end
        line = source[i:end].lstrip("\t") if coming.dashed else source[i:end]
        i = min(end + 1, size)
        closed = line == coming.delimiter
        if not closed:
            lines.append(line + "\n")
    return Heredoc("".join(lines), coming.literal, start), i, closed
