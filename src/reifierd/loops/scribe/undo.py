"""Commands that take each other back: backup and restore, mv there and back, add and delete, commit and reset.

Every cell has versions. A group of commands is without effect when leaving it out gives the same last version of every
cell and the same versions to every change that stays. Two such groups stay all the same: switching off and on again
is a restart, and a flag (a maintenance file, a mask) around a change is a bracket.
"""

from __future__ import annotations

from collections.abc import Sequence

from reifierd.loops.scribe.cells import How, Touch, contains
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.knowledge import knowledge

Versions = dict[str, str]
Trace = tuple[Versions, dict[int, tuple[str, ...]]]  # the last version of every cell; what each change read


def undone(changes: Sequence[Fact]) -> dict[int, str]:
    """Which of these changes, in order, cancel out, and why."""
    gone: dict[int, str] = {}
    while group := _find([f for f in changes if f.n not in gone]):
        gone |= dict.fromkeys(group, "undone later")
        gone[max(group)] = "it only undid an earlier step"
    return gone


def _find(changes: list[Fact]) -> set[int]:
    origin = _origins(changes)
    full = _run(changes, origin)
    for group in _candidates(changes, origin):
        less = _run([f for f in changes if f.n not in group], origin)
        if not _bracket(group, changes) and _no_difference(full, less, origin):
            return group
    return set()


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


def _run(changes: list[Fact], origin: Versions) -> Trace:
    state: Versions = {}
    read: dict[int, tuple[str, ...]] = {}
    for fact in changes:
        read[fact.n] = tuple(_version(state, t.cell, origin) for t in fact.touches if t.how in (How.READ, How.CHANGE))
        for touch in fact.touches:
            if touch.writes:
                _write(state, touch, fact.n, origin)
    return state, read


def _version(state: Versions, cell: str, origin: Versions) -> str:
    """What the cell holds: as it was set itself or within what contains it, and what changed inside it since."""
    if cell in state:
        base = state[cell]
    else:
        outer = max((c for c in state if contains(c, cell)), key=len, default=None)
        base = (
            f"{state[outer]} / {cell}"
            if outer and state[outer] != f"first {outer}"
            else origin.get(cell, f"first {cell}")
        )
    inner = sorted(
        f"{c}={v}" for c, v in state.items() if c != cell and contains(cell, c) and v != origin.get(c, f"first {c}")
    )
    return f"{base} + {inner}" if inner else base


def _write(state: Versions, touch: Touch, n: int, origin: Versions) -> None:
    before = _version(state, touch.cell, origin)
    after = _after(before, touch, n, state, origin)
    if touch.how in (How.SET, How.REMOVE):
        for inner in [c for c in state if c != touch.cell and contains(touch.cell, c)]:
            del state[inner]
    state[touch.cell] = after


def _after(before: str, touch: Touch, n: int, state: Versions, origin: Versions) -> str:
    value = touch.value or ""
    if touch.how is How.REMOVE:
        return "absent"
    if value.startswith("="):
        return _version(state, value[1:], origin)
    if value.startswith("<"):
        return _back(before, int(value[1:]))
    if touch.cell.startswith("git:") and touch.how is How.CHANGE:
        return f"{before}>{n}"
    return value or str(n)


def _back(version: str, steps: int) -> str:
    """The version so many commits before; one that this session did not make is told by how far back it is."""
    own = version.split(">")
    return ">".join(own[:-steps]) if len(own) > steps else f"{version}<{steps}"


def _candidates(changes: list[Fact], origin: Versions) -> list[set[int]]:
    """Runs of writers of one cell that bring it back to where it was before the first of them.

    A value that is merely set again is no return: there the last setting counts, not the first.
    """
    found: list[set[int]] = []
    history: dict[str, list[tuple[int, str]]] = {}
    state: Versions = {}
    for fact in changes:
        for touch in (t for t in fact.touches if t.writes):
            past = history.setdefault(touch.cell, [])
            past.append((fact.n, _version(state, touch.cell, origin)))
            for outer in [c for c in history if c != touch.cell and contains(c, touch.cell)]:
                history[outer].append((fact.n, "inside"))
            _write(state, touch, fact.n, origin)
            now = _version(state, touch.cell, origin)
            start = next((i for i, (_, was) in enumerate(past) if was == now), None)
            returns = touch.how is How.REMOVE or (touch.value or "").startswith(("=", "<"))
            if start is not None and (returns or start == 0) and len({n for n, _ in past[start:]}) > 1:
                found.append({n for n, _ in past[start:]})
    return sorted(found, key=lambda group: (-len(group), min(group)))


def _bracket(group: set[int], changes: list[Fact]) -> bool:
    first = next(f for f in changes if f.n in group)
    if any(t.cell.startswith("switch:") and _takes_away(t.value or "") for t in first.written()):
        return True
    between = [f for f in changes if min(group) < f.n < max(group) and f.n not in group]
    return bool(between) and any(t.flag for t in first.written())


def _takes_away(verb: str) -> bool:
    known = knowledge()
    return verb not in known.positive or verb in ("pause", "freeze", "block", "hold", "mask", "cordon", "lock")


def _no_difference(full: Trace, less: Trace, origin: Versions) -> bool:
    """The world ends the same, and nothing that stays reads anything else."""
    for cell in {*full[0], *less[0]}:
        if _version(less[0], cell, origin) != _version(full[0], cell, origin):
            return False
    return all(full[1][n] == seen for n, seen in less[1].items())
