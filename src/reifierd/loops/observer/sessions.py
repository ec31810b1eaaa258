"""Commands into sessions: stretches of work with no pause longer than the gap. Pure.

- The gap is measured from the end of what came before, so a command that takes an hour keeps its session together.
- Shells of one user on one host that work at the same time are one session. A history file does not say who and
  where: its commands go with whatever went on then.
- A command without a time counts as of its arrival; what arrives together stays together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reifierd.ledger.records import Command


@dataclass
class Stretch:
    """A session as far as it is known: `id` is None for a new one, `who` is "" where no source said it."""

    start: float
    end: float
    who: str = ""
    id: str | None = None
    fresh: list[Command] = field(default_factory=list)


def begin(command: Command) -> float:
    return command.started if command.started is not None else command.arrived or 0.0


def end(command: Command) -> float:
    return begin(command) + (command.duration or 0.0)


def who(command: Command) -> str:
    return f"{command.user or ''}@{command.host}" if command.host else ""


def group(commands: Iterable[Command], stretches: Sequence[Stretch], gap: float) -> list[Stretch]:
    """Put each command into one of `stretches`, or a new one; returns those that got any, oldest first."""
    near, touched = list(stretches), list[Stretch]()
    for command in sorted(commands, key=lambda c: (begin(c), c.id or 0)):
        near = [s for s in near if begin(command) <= s.end + gap]  # in order of time, so the others get no more
        fitting = [s for s in near if _fits(s, command, gap)]
        if fitting:
            place = max(fitting, key=lambda s: s.start)
        else:
            near.append(place := Stretch(begin(command), end(command)))
        place.start, place.end = min(place.start, begin(command)), max(place.end, end(command))
        place.who = place.who or who(command)
        if not place.fresh:
            touched.append(place)
        place.fresh.append(command)
    return sorted(touched, key=lambda s: s.start)


def _fits(stretch: Stretch, command: Command, gap: float) -> bool:
    if stretch.who and who(command) and stretch.who != who(command):
        return False
    return stretch.start - gap <= end(command)
