"""The torture suite: short in CI, in full by `make torture` (REIFIERD_TORTURE says how many kills)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # `tests.torture.…` by name, whatever is collected first

from tests.torture.bench import Bench
from tests.torture.rack import Rack


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    rack = Rack(tmp_path)
    yield rack
    rack.close()


@pytest.fixture
def bench(tmp_path: Path, need: Callable[..., None]) -> Iterator[Bench]:
    need("git")
    bench = Bench(tmp_path)
    yield bench
    bench.close()
