"""One guard for the tests of all loops: its worker takes most of a second to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reifierd.execution.guard import Guard
from reifierd.shell import load_rules


class Lent(Guard):
    """The guard of all: who is lent it does not end it."""

    def __init__(self, guard: Guard) -> None:
        self.judge = guard.judge  # type: ignore[method-assign] # the other one's

    def close(self) -> None:
        """Ended at the end of the session."""


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    with Guard(load_rules()) as shared:
        yield shared


@pytest.fixture
def lent(guard: Guard) -> Guard:
    return Lent(guard)
