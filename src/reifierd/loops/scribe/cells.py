"""Cells: the pieces of the world that commands read and write, as far as a command's text tells.

A cell is a name like a path: `file:/srv/app/app.ini`, `mode:/srv/app`, `redis:6380/config/maxmemory`. A cell contains
the cells whose names go on after a slash. A Touch is what one command does to one cell. Nothing here looks at a disk:
two spellings of one file are one cell only where the text shows it.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    READ = "read"
    SET = "set"  # what was there before does not matter
    CHANGE = "change"  # what was there before matters
    REMOVE = "remove"


@dataclass(frozen=True)
class Touch:
    """`value` is what the cell holds afterwards, where the text says so; `=CELL` means "what CELL holds".

    `creates`: where nothing is known, the cell did not exist before. `flag`: the cell's mere state may matter to others
    while it lasts (a maintenance file, a mask), so doing and undoing it around a change is a bracket, not a trial.
    """

    cell: str
    how: How
    value: str | None = None
    creates: bool = False
    flag: bool = False

    @property
    def writes(self) -> bool:
        return self.how is not How.READ


def absolute(cwd: str | None, path: str) -> str:
    """The path as seen from `cwd`; an unknown `cwd` is written as `?`."""
    return posixpath.normpath(posixpath.join(cwd or "?", path))


def file_cell(path: str) -> str:
    return "file:" + path


def contains(outer: str, inner: str) -> bool:
    """`inner` is the cell `outer` or lies below it."""
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def around(cell: str) -> list[str]:
    """The names of the cells that may contain this one, the innermost first."""
    at = [i for i, char in enumerate(cell) if char == "/"]
    return [cell[:i] for i in reversed(at)] + (["file:/"] if cell.startswith("file:/") and cell != "file:/" else [])


def overlap(one: str, other: str) -> bool:
    return contains(one, other) or contains(other, one)
