"""What a history file says: one small Protocol for three shells, and how the shell of a file is found out.

A format is a pure, incremental reader: bytes in, entries and the number of bytes that are finished out. It gives
exactly what the shell itself reads back from these bytes, odd entries included; the sources of the rules are named
in bash.py, zsh.py and fish.py. A million entries are kept as columns (lists of plain values), not as a million
objects: an Entry is made, and its time read, when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple, Protocol, overload


class Entry(NamedTuple):
    """One command as the shell would recall it; seconds since the epoch and seconds, None where they are not stored."""

    command: str
    timestamp: int | None = None
    duration: int | None = None


Times = tuple[int | None, int | None]


@dataclass(frozen=True)
class Entries(Sequence[Entry]):
    """Entries as columns: the commands, the text in which the shell keeps each one's times, and how to read that.

    `marks` is None where no entry has a time.
    """

    commands: list[str] = field(default_factory=list)
    marks: list[str] | None = None
    times: Callable[[str], Times] = lambda mark: (None, None)

    def __len__(self) -> int:
        return len(self.commands)

    def __iter__(self) -> Iterator[Entry]:
        if self.marks is None:
            return map(Entry, self.commands)
        return (Entry(c, *self.times(m)) for c, m in zip(self.commands, self.marks, strict=True))

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Entries: ...
    def __getitem__(self, at: int | slice) -> Entry | Entries:
        marks = self.marks
        if isinstance(at, slice):
            return Entries(self.commands[at], None if marks is None else marks[at], self.times)
        return Entry(self.commands[at], *((None, None) if marks is None else self.times(marks[at])))


class Parsed(NamedTuple):
    """`consumed`: bytes that need not be read again. `last`: where the last entry begins if it may still grow
    (a multi-line command whose lines carry no mark of their own), else the same as `consumed`.
    """

    entries: Entries
    consumed: int
    last: int


class Format(Protocol):
    """One shell's way of writing its history."""

    name: str

    def parse(self, data: bytes, *, head: bytes | None = None, final: bool = False) -> Parsed:
        """Read `data`, which begins where an entry begins.

        `head` is the beginning of the whole file where `data` is a later part of it. `final` says that nothing will
        follow: the end is read as the shell reads it at its start. Otherwise what is half-written is left alone.
        """


SHELLS = ("bash", "zsh", "fish")
LONG = 18  # digits that a C long surely holds: a longer figure is no time
_LOOKED_AT = 64 * 1024
_EXTENDED = re.compile(rb"^: ?\d{5,}:\d+;", re.M)
_STAMPED = re.compile(rb"^#\d{5,}\r?$", re.M)
_FISH = re.compile(rb"^- cmd:.*\n {2}when: \d+", re.M)


def detect(data: bytes, name: str = "") -> str:
    """Which shell wrote this: what only one of them writes decides, then the file's name, then bash.

    `data` is the beginning of the file, `name` its path.
    """
    start = data[:_LOOKED_AT].lstrip(b"\r\n")
    for shell, pattern in (("fish", _FISH), ("zsh", _EXTENDED), ("bash", _STAMPED)):
        if pattern.match(start):
            return shell
    base = PurePath(name).name.lower()
    for shell, marks in (("fish", ("fish",)), ("zsh", ("zsh", ".histfile", "zhistory")), ("bash", ("bash",))):
        if any(mark in base for mark in marks):
            return shell
    votes = {"fish": len(_FISH.findall(start)), "zsh": len(_EXTENDED.findall(start))}
    votes["bash"] = len(_STAMPED.findall(start))
    if any(votes.values()):
        return max(votes, key=lambda shell: votes[shell])
    return "zsh" if _metafied(start) else "bash"


def _metafied(data: bytes) -> bool:
    """zsh writes no byte from 0x84 to 0xa0 without 0x83 before it, and breaks lines with a backslash."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"\x83" in data
    return False
