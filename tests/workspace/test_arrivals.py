"""How old a file was at first sight, and how many came with it."""

from __future__ import annotations

import stat

from reifierd.ledger.digests import FileFacts
from reifierd.workspace.arrivals import Arrivals
from reifierd.workspace.layout import APPROVED
from reifierd.workspace.scan import Entry


def entry(name: str, changed: float) -> Entry:
    facts = FileFacts(1, 2, 3, 4, int(changed * 1e9))
    return Entry(APPROVED, name, facts, stat.S_IFREG | 0o600, 0, 1, "file")


def path(name: str) -> str:
    return f"{APPROVED}/{name}"


def test_those_of_one_look_and_of_the_moment_before_are_together() -> None:
    arrivals = Arrivals()
    arrivals.note([entry("a", 0)], 0.0)
    arrivals.note([entry(n, 1) for n in "bcd"], 1.5)
    assert [arrivals.together(path(n)) for n in "abcd"] == [4] * 4
    arrivals.note([entry("e", 5)], 5.0)
    assert arrivals.together(path("e")) == 1
    assert arrivals.together(path("unknown")) == 1


def test_the_age_is_that_of_first_sight_however_long_it_waits() -> None:
    arrivals = Arrivals()
    arrivals.note([entry("old", 100.0)], 5000.0)
    arrivals.note([entry("old", 100.0)], 9000.0)
    assert arrivals.age(path("old")) == 4900.0


def test_what_came_since_the_last_look_is_new_however_long_that_took() -> None:
    arrivals = Arrivals()
    arrivals.note([], 1000.0)
    arrivals.note([entry("during", 1001.0), entry("before", 900.0), entry("future", 9999.0)], 8000.0)
    assert [arrivals.age(path(n)) for n in ("during", "before", "future")] == [0.0, 7100.0, -1999.0]
