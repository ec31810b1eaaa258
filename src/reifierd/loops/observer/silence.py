"""What was typed under REIFIERD_OFF and stands in a history file all the same: known by its mark, and left out. Pure.

The hook leaves no text of such a line, only when it was typed and how many bytes each of its lines has.

- Where the history keeps times, everything is left out that was typed in the seconds of a mark. What another shell with
  the hook ran in the same second has its own record and stays; of one without the hook it goes too.
- Where it keeps none, all that came with one look at the file, came later than the mark and has its size is left out;
  then the mark is used up. In a file without times each line of a multi-line command may be an entry of its own. What
  the hook recorded stays; of a shell without the hook a line goes that has the size by chance.
- What cannot be known: a line in a shell that never loaded the hook, one whose text in the file was changed, and, where
  there are no times, one whose mark a shell without the hook used up by a line of the same size that was there before.
"""

from __future__ import annotations

from collections.abc import Sequence

from reifierd.ledger.records import Command, Silence
from reifierd.loops.observer.formats import Entry
from reifierd.loops.observer.match import NEAR

_SLACK = 0.5  # seconds between the two clock readings, the shell's own coming first


def sizes_of(text: str) -> tuple[int, ...]:
    """The bytes of each line that is not blank: bash drops blank ones where the history has times."""
    return tuple(len(line.encode("utf-8", "surrogatepass")) for line in text.split("\n") if line.strip())


def silent(entries: Sequence[Entry], arrived: float, marks: Sequence[Silence]) -> tuple[set[int], set[int | None]]:
    """The places in `entries` (in the file's order) that are to be left out, and the ids of the marks they used up.

    `arrived` is when the file was written last. A mark is used up by an entry without a time only.
    """
    out: set[int] = set()
    used: set[int | None] = set()
    for i, entry in enumerate(entries):
        if entry.timestamp is not None:
            if any(in_time(entry.timestamp, m) for m in marks):
                out.add(i)
            continue
        for mark in marks:
            if arrived >= mark.began - NEAR and (covered := _covered(entries, i, mark.sizes)):
                used.add(mark.id)
                out.update(range(i, i + covered))
    return out, used


def earlier(mark: Silence, commands: Sequence[Command]) -> list[Command]:
    """Of commands that a history told before the mark came (in their order): those that are the mark's line."""
    timed = [c for c in commands if c.started is not None and in_time(c.started, mark)]
    if timed:
        return timed
    bare = [c for c in commands if c.started is None]
    for i in range(len(bare)):
        rest = bare[i : i + len(mark.sizes)]
        if mark.sizes and tuple(n for c in rest for n in sizes_of(c.command)) == mark.sizes:
            return rest
    return []


def in_time(at: float, mark: Silence) -> bool:
    """The history's clock has whole seconds."""
    return int(mark.began - _SLACK) <= at <= mark.ended + _SLACK


def _covered(entries: Sequence[Entry], at: int, sizes: tuple[int, ...]) -> int:
    """How many entries from this place on a line of these sizes is: one, one for each of its lines, or none."""
    if not sizes:
        return 0
    if sizes_of(entries[at].command) == sizes:
        return 1
    rest = entries[at : at + len(sizes)]
    lines = tuple(n for e in rest if e.timestamp is None for n in sizes_of(e.command))
    return len(rest) if lines == sizes else 0
