"""SIGKILL at every state-changing system call of one run: the same must hold as after a kill at random.

The calls are counted for each kind and thread by strace, from READY on; a point is tried until a run outlives it. The
short form takes every few points, `make torture` all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tests.torture.rack import Rack
from tests.torture.tracing import CHANGING, Strace

FULL = "REIFIERD_TORTURE" in os.environ
KINDS = CHANGING if FULL else ("pwrite64", "fdatasync", "fsync", "renameat2", "vfork")
STRIDE = 1 if FULL else 5
MOST = 400


def outlived(rack: Rack, kind: str, point: int) -> bool:
    """Whether a run comes to its report although the daemon is killed at that call."""
    draft = rack.write(2)
    rack.start()
    # a kind that this daemon never calls is nothing to kill it at
    strace = Strace(rack, "-e", f"trace=?{kind}", "-e", f"inject=?{kind}:signal=SIGKILL:when={point}")
    try:
        rack.run_to_its_report(draft)
        return rack.alive()
    finally:
        rack.kill()
        strace.detach()


@pytest.mark.timeout(3600 if FULL else 300)
def test_killed_at_every_changing_call(rack: Rack, need: Callable[..., None]) -> None:
    need("strace")
    killed = {}
    for kind in KINDS:
        points = range(1, MOST, STRIDE)
        killed[kind] = next(n for n, point in enumerate(points) if outlived(rack, kind, point))
    rack.settle()
    ended = rack.judge()
    print(f"killed at {sum(killed.values())} points: {killed}; runs ended {ended}")  # noqa: T201 - the figure of the test
    assert sum(killed.values()) >= (75 if FULL else 5)
