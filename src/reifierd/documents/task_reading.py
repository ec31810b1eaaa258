"""What stands in a task file's blocks, as one reader found it, and where two readings differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

from reifierd.documents.blocks import Block, even
from reifierd.documents.model import Problem
from reifierd.documents.readers import Event, same

TAG_HINT = "tag it ```bash if it shall run, ```text if not"


@dataclass
class Found:
    """A criterion as it was met: its item, its mark, its text without box, blocks below it, and what it waits for.

    `number` is its item's own in an ordered list, `parent` an index into the criteria, -1 for none. `groups` are the
    headings and the items without a box that it stands in, as (source, number of the item).
    """

    block: Block
    mark: str
    content: str
    number: str
    depth: int
    parent: int
    events: list[Event] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    groups: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Keyed:
    """A block under Commands, and what may say whose it is, the nearest first: (source, number of the item)."""

    keys: tuple[tuple[str, str], ...]
    event: Event


@dataclass
class Reading:
    """Everything that one reader found. `needs` and `log` are lines with their place."""

    criteria: list[Found] = field(default_factory=list)
    keyed: list[Keyed] = field(default_factory=list)
    checks: list[Event] = field(default_factory=list)
    needs: list[tuple[str, int]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def say(self, line: int, message: str, hint: str = "", *, fatal: bool = False) -> None:
        self.problems.append(Problem(line, message, hint, fatal))


def differ(first: Reading, second: Reading) -> int:
    """The line of the first thing that the two readings do not share; 0 where they agree."""
    for mine, other in zip_longest(first.criteria, second.criteria):
        if mine is None or other is None or not _same_criterion(mine, other):
            return mine.block.line if mine else 1
    for ours, theirs in zip_longest(first.keyed, second.keyed):
        if ours is None or theirs is None or not _same_keyed(ours, theirs):
            return ours.event.begins if ours else 1
    for check, counterpart in zip_longest(first.checks, second.checks):
        if check is None or counterpart is None or not same(check, counterpart):
            return check.begins if check else 1
    for (need, line), (their_need, _) in zip_longest(first.needs, second.needs, fillvalue=("", 1)):
        if even(need) != even(their_need):
            return line
    return 0


def _same_criterion(mine: Found, other: Found) -> bool:
    if even(mine.content) != even(other.content):
        return False
    mine_facts, other_facts = ((f.mark, f.parent, f.depth, f.number, f.after, _even(f.groups)) for f in (mine, other))
    return mine_facts == other_facts and _same_events(mine.events, other.events)


def _same_keyed(mine: Keyed, other: Keyed) -> bool:
    return _even(mine.keys) == _even(other.keys) and same(mine.event, other.event)


def _even(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(even(text), number) for text, number in keys]


def _same_events(first: list[Event], second: Iterable[Event]) -> bool:
    return all(one and two and same(one, two) for one, two in zip_longest(first, second))
