"""Edits of one file in an editor, one after the other: they become one edit, from before the first to after the last.

What the first left wrong never stands in the file then. Not so where another change that stays uses or changes the
file in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reifierd.loops.scribe.cells import file_cell, overlap
from reifierd.loops.scribe.diffs import joined
from reifierd.loops.scribe.edits import replayable
from reifierd.loops.scribe.facts import Fact


def one_edit(changes: Sequence[Fact]) -> tuple[dict[int, Fact], dict[int, str]]:
    """(facts that hold the joined edit, by number; which of these changes they make needless, and why)."""
    better: dict[int, Fact] = {}
    gone: dict[int, str] = {}
    last: dict[str, Fact] = {}
    for fact in changes:
        path = fact.edits[0].path if fact.by_hand and len(fact.edits) == 1 else ""
        earlier = last.get(path)
        whole = _joined(earlier, fact) if earlier is not None else None
        for cell in [p for p in last if any(overlap(file_cell(p), t.cell) for t in fact.touches)]:
            del last[cell]
        if earlier is not None and whole is not None:
            gone[earlier.n] = "edited again later: both edits stand as one"
            better.pop(earlier.n, None)
            better[fact.n] = whole
        if path:
            last[path] = better.get(fact.n, fact)
    return better, gone


def _joined(first: Fact, second: Fact) -> Fact | None:
    one, other = first.edits[0], second.edits[0]
    known = one.sha_after and one.sha_after == other.sha_before
    diff = joined(one.diff, other.diff) if known and replayable(one) and replayable(other) else None
    if not diff:
        return None
    edit = replace(other, diff=diff, sha_before=one.sha_before)
    return replace(second, command=replace(second.command, edits=(edit,)))
