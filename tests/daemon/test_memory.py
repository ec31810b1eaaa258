"""After the start nothing that stands is looked through again."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from reifierd.daemon.memory import keep_what_was_made


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_stands_is_passed_over_by_the_collector_and_what_comes_is_not() -> None:
    keep_what_was_made()
    assert gc.get_freeze_count() > 1000
    later: list[object] = []
    later.append(later)
    assert any(o is later for o in gc.get_objects())
