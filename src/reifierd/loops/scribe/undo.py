"""Commands that take each other back: backup and restore, mv there and back, add and delete, commit and reset.

Every cell has versions. A group of commands is without effect when leaving it out gives the same last version of every
cell and the same versions to every change that stays. Two such groups stay all the same: switching off and on again
is a restart, and a flag (a maintenance file, a mask) around a change is a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.loops.scribe.cells import How, Touch, around
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.knowledge import knowledge

MOST = 200  # candidates that are tried; a session with more is beyond what anyone would review
Versions = dict[str, str]
Trace = tuple[Versions, dict[int, tuple[str, ...]]]  # the last version of every cell; what each change read


def undone(changes: Sequence[Fact]) -> dict[int, str]:
    """Which of these changes, in order, cancel out, and why."""
    gone: dict[int, str] = {}
    while groups := _find([f for f in changes if f.n not in gone]):
        for group in groups:
            gone |= dict.fromkeys(group, "undone later")
            gone[max(group)] = "it only undid an earlier step"
    return gone


def _find(changes: list[Fact]) -> list[set[int]]:
    """Groups that cancel out, none of which has a member of another one."""
    found: list[set[int]] = []
    gone = set[int]()
    for part in _apart(changes):
        world = _World(part)
        full, rest = _run(part, world), part
        for group in _candidates(part, world):
            if group & gone or _bracket(group, rest, [f.n for f in changes if f.n not in gone]):
                continue
            without = [f for f in rest if f.n not in group]
            less = _run(without, world)
            if _no_difference(full, less, world):
                found.append(group)
                gone |= group
                rest, full = without, less
    return found


def _apart(changes: list[Fact]) -> list[list[Fact]]:
    """The changes in parts that have no cell in common, nor one that lies in another."""
    root: dict[str, str] = {}

    def find(cell: str) -> str:
        while root[cell] != cell:
            root[cell] = cell = root[root[cell]]
        return cell

    for cell in {t.cell for f in changes for t in f.touches}:
        root[cell] = cell
    for fact in changes:
        cells = [t.cell for t in fact.touches]
        for cell in cells:
            for other in (*cells[:1], *(c for c in around(cell) if c in root)):
                root[find(cell)] = find(other)
    parts: dict[str, list[Fact]] = {}
    for fact in changes:
        if fact.touches:
            parts.setdefault(find(fact.touches[0].cell), []).append(fact)
    return [part for part in parts.values() if len(part) > 1]


class _World:
    """What the cells held before the session, and which cells lie within which."""

    def __init__(self, changes: list[Fact]) -> None:
        self.origin = _origins(changes)
        cells = {t.cell for f in changes for t in f.touches}
        self.inner: dict[str, list[str]] = {}
        self.outer: dict[str, list[str]] = {}
        for cell in sorted(cells):
            self.outer[cell] = [c for c in around(cell) if c in cells]
            for c in self.outer[cell]:
                self.inner.setdefault(c, []).append(cell)

    def first(self, cell: str) -> str:
        return self.origin.get(cell, f"first {cell}")


def _origins(changes: list[Fact]) -> Versions:
    """What the cells held before the session, where the first command that touches one shows it."""
    known, seen = knowledge(), set[str]()
    origin: Versions = {}
    for fact in changes:
        for touch in fact.touches:
            if touch.cell in seen:
                continue
            seen.add(touch.cell)
            if touch.creates:
                origin[touch.cell] = "absent"
            elif touch.cell.startswith("switch:") and touch.value is not None and touch.value in known.inverse:
                origin[touch.cell] = known.inverse[touch.value]
            elif recorded := next((e.sha_before for e in fact.edits if touch.cell == "file:" + e.path), ""):
                origin[touch.cell] = recorded
    return origin


def _run(changes: list[Fact], world: _World) -> Trace:
    state: Versions = {}
    read: dict[int, tuple[str, ...]] = {}
    for fact in changes:
        read[fact.n] = tuple(_version(state, t.cell, world) for t in fact.touches if t.how in (How.READ, How.CHANGE))
        for touch in fact.touches:
            if touch.writes:
                _write(state, touch, fact.n, world)
    return state, read


def _version(state: Versions, cell: str, world: _World) -> str:
    """What the cell holds: as it was set itself or within what contains it, and what changed inside it since."""
    if cell in state:
        base = state[cell]
    else:
        outer = max((c for c in world.outer.get(cell, ()) if c in state), key=len, default=None)
        whole = outer is not None and state[outer] != world.first(outer)
        base = f"{state[outer]} / {cell}" if outer is not None and whole else world.first(cell)
    inner = [f"{c}={state[c]}" for c in world.inner.get(cell, ()) if c in state and state[c] != world.first(c)]
    return f"{base} + {inner}" if inner else base


def _write(state: Versions, touch: Touch, n: int, world: _World) -> None:
    before = _version(state, touch.cell, world)
    after = _after(before, touch, n, state, world)
    if touch.how in (How.SET, How.REMOVE):
        for inner in world.inner.get(touch.cell, ()):
            state.pop(inner, None)
    state[touch.cell] = after


def _after(before: str, touch: Touch, n: int, state: Versions, world: _World) -> str:
    value = touch.value or ""
    if touch.how is How.REMOVE:
        return "absent"
    if value.startswith("="):
        return _version(state, value[1:], world)
    if value.startswith("<"):
        return _back(before, int(value[1:]))
    if touch.cell.startswith("git:") and touch.how is How.CHANGE:
        return f"{before}>{n}"
    return value or str(n)


def _back(version: str, steps: int) -> str:
    """The version so many commits before (0: before the last move).

    One that this session did not make is told by how far back it is.
    """
    if steps == 0:
        before = re.sub(r"<\d+$", "", version)
        return before if before != version else _back(version, 1)
    own = version.split(">")
    return ">".join(own[:-steps]) if len(own) > steps else f"{version}<{steps}"


def _candidates(changes: list[Fact], world: _World) -> list[set[int]]:
    """Runs of writers of one cell that bring it back to where it was before the first of them.

    A value that is merely set again is no return: there the last setting counts, not the first.
    """
    found: list[set[int]] = []
    history: dict[str, list[tuple[int, str]]] = {}
    state: Versions = {}
    for fact in changes:
        for touch in (t for t in fact.touches if t.writes):
            past = history.setdefault(touch.cell, [])
            past.append((fact.n, _version(state, touch.cell, world)))
            for outer in world.outer.get(touch.cell, ()):
                if outer in history:
                    history[outer].append((fact.n, "inside"))
            _write(state, touch, fact.n, world)
            now = _version(state, touch.cell, world)
            start = next((i for i, (_, was) in enumerate(past) if was == now), None)
            returns = touch.how is How.REMOVE or (touch.value or "").startswith(("=", "<"))
            if start is not None and (returns or start == 0) and len({n for n, _ in past[start:]}) > 1:
                found.append({n for n, _ in past[start:]})
    return sorted(found, key=lambda group: (-len(group), min(group)))[:MOST]


def _bracket(group: set[int], changes: list[Fact], everything: list[int]) -> bool:
    """`everything`: the numbers of all changes that still stand, of other parts as well."""
    first = next(f for f in changes if f.n in group)
    if any(t.cell.startswith("switch:") and _takes_away(t.value or "") for t in first.written()):
        return True
    between = any(min(group) < n < max(group) and n not in group for n in everything)
    return between and any(t.flag for t in first.written())


def _takes_away(verb: str) -> bool:
    known = knowledge()
    return verb not in known.positive or verb in ("pause", "freeze", "block", "hold", "mask", "cordon", "lock")


def _no_difference(full: Trace, less: Trace, world: _World) -> bool:
    """The world ends the same, and nothing that stays reads anything else."""
    if any(full[1][n] != seen for n, seen in less[1].items()):
        return False
    return all(_version(less[0], c, world) == _version(full[0], c, world) for c in {*full[0], *less[0]})
