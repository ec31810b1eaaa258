"""Starts, stops, restarts and reloads: which of them a later one makes needless.

- A restart is needless when the service is restarted, or stopped and started, again later; a reload also when it is
  reloaded again. What a client did in between may need the first one: then a start stays.
- Stopping and starting with nothing kept in between counts as one restart.
- Starting and stopping again with nothing kept in between is no change at all.
- A stop that something kept stands behind stays, with the start that follows it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.knowledge import knowledge


@dataclass(frozen=True)
class _Unit:
    """One bounce of a service: a command, or a stop with the start behind it."""

    verb: str
    members: tuple[Fact, ...]

    @property
    def first(self) -> int:
        return self.members[0].n

    @property
    def last(self) -> int:
        return self.members[-1].n


def needless(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """Which of these changes have service events that are all needless, and why. `facts` is the whole session."""
    verdicts: dict[int, list[str | None]] = {f.n: [None] * len(f.services) for f in changes if f.services}
    for service in dict.fromkeys(e.service for f in changes for e in f.services):
        reasons = _of_service(service, changes, facts)
        for f in changes:
            for i, event in enumerate(f.services):
                if event.service == service:
                    verdicts[f.n][i] = reasons.get(f.n)
    return {n: next(r for r in reasons if r) for n, reasons in verdicts.items() if all(reasons)}


def _of_service(service: str, changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    units = _units([f for f in changes if any(e.service == service for e in f.services)], service, changes)
    gone: dict[int, str] = {}
    for at, unit in enumerate(units):
        if unit.verb == "nothing":
            gone |= {f.n: "started and stopped again" for f in unit.members}
            continue
        later = next((u for u in units[at + 1 :] if _replaces(unit, u, changes, facts)), None)
        if later is not None:
            gone |= {f.n: f"done again later{_found_failing(unit, later, facts)}" for f in unit.members}
    return gone


def _verb(fact: Fact, service: str) -> str:
    return next(e.verb for e in fact.services if e.service == service)


def _units(events: list[Fact], service: str, changes: Sequence[Fact]) -> list[_Unit]:
    units: list[_Unit] = []
    rest = list(events)
    while rest:
        one, other = rest[0], rest[1] if len(rest) > 1 else None
        pair = (_verb(one, service), _verb(other, service) if other else "")
        alone = other is not None and not _between(one.n, other.n, changes)
        if other is not None and alone and pair in (("stop", "start"), ("start", "stop")):
            units.append(_Unit("restart" if pair[0] == "stop" else "nothing", (one, other)))
            rest = rest[2:]
        else:
            units.append(_Unit(pair[0], (one,)))
            rest = rest[1:]
    return units


def _between(start: int, end: int, changes: Sequence[Fact]) -> list[Fact]:
    """What is changed between two places, services apart."""
    at = bisect_right(changes, start, key=lambda f: f.n)
    return [f for f in changes[at : bisect_left(changes, end, key=lambda f: f.n)] if not f.services]


def _replaces(unit: _Unit, later: _Unit, changes: Sequence[Fact], facts: Sequence[Fact]) -> bool:
    strength = {
        "reload": ("reload", "restart", "stop", "start"),
        "restart": ("restart", "stop", "start"),
        "start": ("start", "restart", "stop"),
        "stop": ("stop",),
    }
    if later.verb not in strength.get(unit.verb, ()):
        return False
    between = _between(unit.last, later.first, changes)
    if unit.verb == "stop":
        return not between
    if later.verb in ("start", "stop") and unit.verb == "restart" and _was_down(unit, facts):
        return False
    applied = unit.verb == "start" or any(f.n < unit.first and not f.services for f in changes)
    return not (applied and any(_is_client(f) for f in between))


def _is_client(fact: Fact) -> bool:
    return bool(set(fact.programs) & knowledge().programs["clients"])


def _was_down(unit: _Unit, facts: Sequence[Fact]) -> bool:
    """The last question to the same program before it failed, so that this may have brought the service up."""
    program = unit.members[0].words[:1]
    asked = [f for f in facts[: unit.first] if f.kind is Kind.READ and f.words[:1] == program]
    return bool(asked) and asked[-1].exit not in (0, None)


def _found_failing(unit: _Unit, later: _Unit, facts: Sequence[Fact]) -> str:
    healed = {f.same for f in facts if f.n > later.last and f.kind is Kind.READ and f.exit == 0}
    failed = [f for f in facts if unit.last < f.n < later.first and f.same in healed and not f.ok]
    return f"; `{failed[0].shape}` still failed after it" if failed else ""
