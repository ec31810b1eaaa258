"""SIGKILL in the middle of tasks: no criterion's command that succeeded runs again, no tick without its proof, no proof
without its tick, one commit for a task with nothing in it but what the task changed.

`make torture` runs it with REIFIERD_TORTURE=1000 (a quarter of the kills are tasks'); without that it is short.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest
from tests.torture.bench import Bench
from tests.torture.tracing import CHANGING, Strace

FULL = "REIFIERD_TORTURE" in os.environ
KILLS = int(os.environ.get("REIFIERD_TORTURE", "24")) // 4
KINDS = CHANGING if FULL else ("renameat2", "fdatasync", "vfork")
STRIDE = 1 if FULL else 29
MOST = 600


@pytest.mark.timeout(3600 if FULL else 300)
def test_killed_at_random(bench: Bench) -> None:
    """One task after the other, each killed and gone on with several times, half of the times with its git."""
    chance = random.Random(2027)
    left = KILLS
    while left > 0:
        draft = bench.task(*(chance.randint(1, 3) for _ in range(chance.randint(2, 4))))
        bench.start()
        bench.approve(draft)
        for _ in range(min(left, 4)):
            come_to(bench, chance)
            chance.choice((bench.kill, bench.kill_all))()
            left -= 1
            bench.whole()
            bench.start(ready=chance.random() < 0.8)
            if chance.random() < 0.8:
                bench.until(lambda: bench.said("ready"), "it is ready")
                bench.swept()
                bench.go_on()
        bench.settle()
    ended = bench.judge()
    print(f"{KILLS} kills, {bench.sent} tasks, {len(bench.resumed)} resumed; runs ended {ended}")  # noqa: T201 - figures


def come_to(bench: Bench, chance: random.Random) -> None:
    """Wait until it is somewhere in the middle, and a moment longer."""
    event = chance.choice(("", "run", "step", "step ended", "criterion", "verification", "run ended"))
    if event:
        bench.until(lambda: bench.said(event) or not bench.unsettled(), f"it says {event}, or has nothing to do")
    time.sleep(chance.uniform(0, 0.3))


def outlived(bench: Bench, kind: str, point: int) -> bool:
    """Whether a task comes to its report although the daemon is killed at that call."""
    draft = bench.task(1, 2)
    bench.start()
    strace = Strace(bench, "-e", f"trace=?{kind}", "-e", f"inject=?{kind}:signal=SIGKILL:when={point}")
    try:
        bench.run_to_its_report(draft)
        return bench.alive()
    finally:
        bench.kill()
        strace.detach()
        bench.whole()
        bench.settle()


@pytest.mark.timeout(7200 if FULL else 300)
def test_killed_at_every_changing_call(bench: Bench, need: Callable[..., None]) -> None:
    need("strace")
    killed = {}
    for kind in KINDS:
        points = range(1, MOST, STRIDE)
        killed[kind] = next(n for n, point in enumerate(points) if outlived(bench, kind, point))
    ended = bench.judge()
    print(f"killed at {sum(killed.values())} points: {killed}; runs ended {ended}")  # noqa: T201 - the figures
    assert sum(killed.values()) >= (75 if FULL else 3)
