"""A disk that is full (ENOSPC) or broken (EIO) from some write on, and well again later: no step starts without its
line in the journal, what ended is not forgotten, and the receipt comes late rather than never.

The errors are injected by strace: into pwrite64 and fdatasync, which are SQLite's here, into fsync, which stands in
every write of a file, and into the rename that gives a file its name.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

import pytest
from tests.torture.rack import Rack
from tests.torture.tracing import Strace

FULL = "REIFIERD_TORTURE" in os.environ
KINDS = ("pwrite64", "fdatasync", "fsync", "renameat2")
POINTS = range(1, 25) if FULL else (1, 4)
LASTS = 0.8  # seconds


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_fails_and_recovers(rack: Rack, need: Callable[..., None], error: str) -> None:
    need("strace")
    drafts = [rack.write(2) for _ in itertools.product(KINDS, POINTS)]
    rack.start()
    for draft, (kind, point) in zip(drafts, itertools.product(KINDS, POINTS), strict=True):
        strace = Strace(rack, "-e", f"trace=?{kind}", "-e", f"inject=?{kind}:error={error}:when={point}+")
        rack.approve(draft)
        time.sleep(LASTS)
        strace.detach()
        assert rack.alive(), rack.output().decode()[-3000:]
    rack.settle()
    rack.judge()


@pytest.mark.timeout(3600 if FULL else 300)
def test_killed_while_the_disk_fails(rack: Rack, need: Callable[..., None]) -> None:
    need("strace")
    for kind, point in itertools.product(KINDS, POINTS):
        draft = rack.write(2)
        rack.start()
        strace = Strace(rack, "-e", f"trace=?{kind}", "-e", f"inject=?{kind}:error=ENOSPC:when={point}+")
        rack.approve(draft)
        time.sleep(LASTS / 4)
        rack.kill()
        strace.detach()
    rack.settle()
    rack.judge()
