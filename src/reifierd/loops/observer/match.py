"""The same command seen twice, by the hook and in the history file: which record belongs to which. Pure.

The hook knows more, so its record stays. Texts are compared line by line without blank lines, which bash drops from
a history with timestamps; in one without, each line of a multi-line command is an entry of its own. Where the history
keeps times, they must be within NEAR seconds of the hook's start or end, and a command of several lines may have been
begun earlier, when its first line was typed. Where it keeps none, the order decides: a shell writes its commands in
the order in which they ran, so what it passed over (a leading space, a duplicate it ignores) comes no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reifierd.ledger.records import Command

NEAR = 2.0  # seconds; the history keeps whole ones, and its clock is read a little earlier or later
TYPING = 900.0  # seconds that typing a command of several lines may take


def lines_of(command: Command) -> tuple[str, ...]:
    """What is compared. The names of parameters are left out: they depend on what else had been seen by then."""
    text = command.command
    for param in command.params:
        text = re.sub(rf"\$(?:{re.escape(param.name)}\b|\{{{re.escape(param.name)}\}})", "$", text)
    return tuple(line.rstrip("\r") for line in text.split("\n") if line.strip())


def settle(seen: Sequence[Command], hooked: Iterable[Command]) -> tuple[list[Command], list[Command]]:
    """Which history commands (in the file's order) no hook recorded, and which hook commands need wait no longer."""
    waiting: dict[str, list[Command]] = {}
    order = list(hooked)
    for command in order:
        waiting.setdefault(next(iter(lines_of(command)), ""), []).append(command)
    new: list[Command] = []
    done: set[int | None] = set()
    i = 0
    while i < len(seen):
        found, taken = _first_match(seen, i, waiting)
        if found is None:
            new.append(seen[i])
        else:
            waiting[lines_of(found)[0]].remove(found)
            done.add(found.id)
        i += taken
    seen_last: dict[str, int] = {}
    for command in order:
        if command.id in done and command.shell_session:
            seen_last[command.shell_session] = max(command.id or 0, seen_last.get(command.shell_session, 0))
    return new, [c for c in order if c.id in done or (c.id or 0) < seen_last.get(c.shell_session or "", 0)]


def _first_match(seen: Sequence[Command], at: int, waiting: dict[str, list[Command]]) -> tuple[Command | None, int]:
    """The hook command that stands at this place of the history, and how many entries it covers there."""
    lines = lines_of(seen[at])
    for hook in waiting.get(lines[0], ()) if lines else ():
        wanted = lines_of(hook)
        if lines == wanted and fits(seen[at], hook):
            return hook, 1
        rest = seen[at : at + len(wanted)]
        if all(c.started is None for c in rest) and _one_each(rest) == wanted and fits(rest[0], hook):
            return hook, len(wanted)
    return None, 1


def _one_each(commands: Sequence[Command]) -> tuple[str, ...]:
    return tuple(line for c in commands for line in lines_of(c))


def fits(seen: Command, hook: Command) -> bool:
    """The times allow that both are the same command."""
    start, took = hook.started or 0.0, hook.duration or 0.0
    if seen.started is None:
        return seen.arrived is None or seen.arrived >= start - NEAR
    if abs(seen.started - start) <= NEAR or abs(seen.started - (start + took)) <= NEAR:
        return True
    return "\n" in hook.command and start - TYPING <= seen.started <= start + took


def earlier_seen(hook: Command, seen: Sequence[Command]) -> list[Command]:
    """The history's records, in their order, of a command whose hook record came later; empty where there are none."""
    wanted = lines_of(hook)
    for i, command in enumerate(seen):
        if lines_of(command) == wanted and fits(command, hook):
            return [command]
        rest = list(seen[i : i + len(wanted)])
        if all(c.started is None and fits(c, hook) for c in rest) and _one_each(rest) == wanted:
            return rest
    return []
