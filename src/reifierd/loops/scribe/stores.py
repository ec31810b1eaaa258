"""Changes that a later change makes needless: the same cell is set again before anything that stays has used it.

Read from the end: what is set anew covers what was set before; what is read, or changed in part, uncovers it again.
The same command typed again later needs no earlier one either, unless something in between used what the earlier did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reifierd.loops.scribe.cells import How, Touch, around, contains, overlap
from reifierd.loops.scribe.domains import SQL_CLIENTS
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.files import words
from reifierd.loops.scribe.knowledge import knowledge


def superseded(changes: Sequence[Fact], bounced: Mapping[int, str]) -> dict[int, str]:
    """Which of these changes, in order, are needless, and why.

    `bounced` names those whose part about services is already known to be needless, with the reason.
    """
    covered = _Covered()
    kept: list[Fact] = []
    last: dict[tuple[object, ...], Fact] = {}
    gone: dict[int, str] = {}
    for fact in reversed(changes):
        by = _covered_by(fact, covered, bounced, kept) or _repeated_by(fact, last.get(fact.same), kept)
        if by is not None:
            gone[fact.n] = bounced.get(fact.n) or _reason(fact, by)
            continue
        _apply(fact, covered)
        kept.append(fact)
        last.setdefault(fact.same, fact)
    return gone


class _Covered:
    """The cells that are set later, each with the change that does; found by what they lie in and what lies in them."""

    def __init__(self) -> None:
        self.by: dict[str, Fact] = {}
        self._inner: dict[str, set[str]] = {}

    def put(self, cell: str, fact: Fact) -> None:
        self.by[cell] = fact
        for outer in around(cell):
            self._inner.setdefault(outer, set()).add(cell)

    def drop(self, cell: str) -> None:
        del self.by[cell]
        for outer in around(cell):
            self._inner[outer].discard(cell)

    def outer(self, cell: str) -> list[str]:
        """The covered cells that are or contain this one."""
        return [c for c in (cell, *around(cell)) if c in self.by]

    def inner(self, cell: str) -> set[str]:
        """The covered cells within this one."""
        return self._inner.get(cell.rstrip("/") if cell != "file:/" else cell, set())

    def worktrees(self) -> list[str]:
        return [c for c in self.by if c.startswith("worktree:")]


def _reason(fact: Fact, by: Fact) -> str:
    return "done again later" if by.shape == fact.shape else f"replaced later by `{by.shape}`"


def _covered_by(fact: Fact, covered: _Covered, bounced: Mapping[int, str], kept: Sequence[Fact]) -> Fact | None:
    """The later change that sets all that this one writes; None where something of it lasts."""
    if not fact.told or (fact.services and fact.n not in bounced) or not (fact.written() or fact.services):
        return None
    found = [_cover(touch, covered) for touch in fact.written()]
    pairs = list(zip(fact.written(), found, strict=True))
    if any(by is None or _bracket(touch, by, kept) or _may_have_made(fact, touch, by) for touch, by in pairs):
        return None
    return found[0] if found else fact


def _cover(touch: Touch, covered: _Covered) -> Fact | None:
    """The change that sets this cell, or what contains it, anew. A tracked file also goes with its whole work tree."""
    for cell in (*covered.outer(touch.cell), *covered.worktrees()):
        by = covered.by[cell]
        kind, _, folder = cell.partition(":")
        removed = any(t.cell == cell and t.how is How.REMOVE for t in by.touches)
        if kind == "worktree":
            found = cell == touch.cell or (
                touch.how is How.CHANGE and not touch.creates and contains("file:" + folder, touch.cell)
            )
        elif kind == "file" and not removed:  # what is copied over a folder leaves what else is in it
            found = touch.value != "folder" and (cell == touch.cell or touch.cell.startswith(cell + "/table/"))
        else:
            found = contains(cell, touch.cell)
        if found:
            return by
    return None


def _bracket(touch: Touch, by: Fact, kept: Sequence[Fact]) -> bool:
    """What was put there and is removed again stood there for the changes in between."""
    removes = any(t.cell == touch.cell and t.how is How.REMOVE for t in by.touches)
    return touch.flag and touch.creates and removes and bool(kept) and kept[-1].n < by.n


def _may_have_made(fact: Fact, touch: Touch, by: Fact) -> bool:
    """A file that was perhaps made by this must be made again before it can be removed again."""
    removes = "rm" in by.programs and any(t.cell == touch.cell and t.how is How.REMOVE for t in by.touches)
    return removes and fact.programs[:1] == ("truncate",)


def _repeated_by(fact: Fact, again: Fact | None, kept: Sequence[Fact]) -> Fact | None:
    """The same command later, where doing it once is enough and nothing in between needs it done."""
    if again is None or fact.services or _adds_up(fact):
        return None
    if any(e.diff for e in fact.edits) and any(e.diff for e in again.edits):
        return None
    between = [f for f in kept if f.n < again.n]
    used = any(overlap(w.cell, t.cell) for f in between for t in f.touches if t.how is How.READ for w in fact.written())
    return None if used else again


def _adds_up(fact: Fact) -> bool:
    """Twice is not once: popping a queue, adding a row or a line, going a commit back."""
    more = knowledge().verbs["more"]
    if any(w.lower() in more or w in more for w in fact.words):
        return True
    in_part = [t.cell for t in fact.written() if t.how is How.CHANGE and t.value is None]
    rows = SQL_CLIENTS & set(fact.programs) or any(c.startswith("redis:") for c in in_part)
    own_commit = "git" in fact.programs and {"commit", "revert", "cherry-pick", "am"} & set(fact.words)
    return bool((in_part and (rows or own_commit)) or _appends(fact))


def _appends(fact: Fact) -> bool:
    redirects = (r for inv in fact.view.commands for r in inv.redirects)
    tees = (inv for inv in fact.view.commands if inv.program == "tee")
    return any(r.op in (">>", "&>>") for r in redirects) or any({"-a", "--append"} & set(words(inv)) for inv in tees)


def _apply(fact: Fact, covered: _Covered) -> None:
    """Remember what this change sets, and that it needs what it reads.

    Changing something inside a folder or a database needs the folder, not the other things in it.
    """
    for touch in fact.touches:
        if touch.how in (How.SET, How.REMOVE):
            covered.put(touch.cell, fact)
    for touch in fact.touches:
        cell, outer = touch.cell, covered.outer(touch.cell)
        if touch.how is How.READ:
            lost = [c for c in {*outer, *covered.inner(cell)} if covered.by[c] is not fact or c == cell]
        elif touch.how is How.CHANGE:
            lost = outer
        else:
            lost = [c for c in outer if c != cell and covered.by[c] is not fact]
        for c in lost:
            covered.drop(c)
