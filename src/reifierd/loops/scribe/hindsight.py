"""What later commands show of earlier ones: where a link really landed, that a file had not been there, which branch
had been checked out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reifierd.loops.scribe.cells import How, Touch
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.outcomes import near_paths

_AWAY = re.compile(r"(?:HEAD|@)[~^]\S*|[0-9a-f]{7,40}|--detach")
_TRUNKS = frozenset({"main", "master", "trunk", "develop", "production"})
_BACK = frozenset({"-", "@{-1}"})


def with_hindsight(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts, with their touches as the rest of the session shows them."""
    done = [f for f in facts if f.kind is Kind.CHANGE and f.ok]
    removed = {t.cell: f.n for f in done for t in f.touches if t.how is How.REMOVE}
    better = dict(_links(done, removed)) | dict(_new_files(done, removed)) | dict(_returns(done))
    return tuple(replace(f, touches=better[f.n]) if f.n in better else f for f in facts)


def _links(done: Sequence[Fact], removed: dict[str, int]) -> Iterator[tuple[int, tuple[Touch, ...]]]:
    """`ln -s v8 live` where live is a folder makes live/v8, as it shows when that is removed."""
    for fact in done:
        found = []
        for touch in fact.touches:
            inner = f"{touch.cell}/{posixpath.basename((touch.value or '').removeprefix('link '))}"
            inside = (touch.value or "").startswith("link ") and removed.get(inner, -1) > fact.n
            found.append(replace(touch, cell=inner) if inside else touch)
        if tuple(found) != fact.touches:
            yield fact.n, tuple(found)


def _new_files(done: Sequence[Fact], removed: dict[str, int]) -> Iterator[tuple[int, tuple[Touch, ...]]]:
    """A truncate of a misspelt name makes a file: removed later, and done again with the name spelt rightly."""
    for fact in done:
        if fact.programs[:1] != ("truncate",):
            continue
        gone = [t for t in fact.written() if removed.get(t.cell, -1) > fact.n]
        again = any(g.n > fact.n and g.shell == fact.shell and _spelt_again(fact, g) for g in done)
        if gone and again:
            yield fact.n, tuple(replace(t, creates=True) if t in gone else t for t in fact.touches)


def _spelt_again(fact: Fact, later: Fact) -> bool:
    """The same words but for one path, which is nearly the same."""
    if len(fact.words) != len(later.words):
        return False
    differing = [(a, b) for a, b in zip(fact.words, later.words, strict=True) if a != b]
    return len(differing) == 1 and near_paths(*differing[0])


def _returns(done: Sequence[Fact]) -> Iterator[tuple[int, tuple[Touch, ...]]]:
    """A look at another commit, and back to the branch: the head is where it was when the session began.

    Where the branch is named, that it was checked out before is believed when more was done in the repository after it.
    """
    heads: dict[str, list[Fact]] = {}
    for fact in done:
        for touch in fact.written():
            if touch.cell.startswith("git:") and touch.cell.endswith("/head"):
                heads.setdefault(touch.cell, []).append(fact)
    for cell, moves in heads.items():
        if len(moves) < 2 or not _checks_out(moves[0]) or not any(_AWAY.fullmatch(w) for w in moves[0].words):
            continue
        back = moves[1]
        named = bool(_TRUNKS & set(back.words)) and len(moves) > 2
        if _checks_out(back) and (named or _BACK & set(back.words)):
            touches = (replace(t, value=f"first {cell}") if t.cell == cell else t for t in back.touches)
            yield back.n, tuple(touches)


def _checks_out(fact: Fact) -> bool:
    return fact.programs == ("git",) and bool({"checkout", "switch"} & set(fact.words))
