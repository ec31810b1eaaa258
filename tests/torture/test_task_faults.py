"""A disk that is full (ENOSPC) or broken (EIO) for a while in the middle of a task: no command starts without its line
in the journal, nothing is forgotten, what is wrong is told with what to free, and the ticks are written later."""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from collections.abc import Callable

import pytest
from tests.torture.bench import Bench
from tests.torture.tracing import Strace

FULL = "REIFIERD_TORTURE" in os.environ
KINDS = ("pwrite64", "fdatasync", "fsync", "renameat2", "write")  # `write` is that of the task file and of reports
POINTS = range(1, 30) if FULL else (2,)
LASTS = 0.8  # seconds


@pytest.mark.timeout(3600 if FULL else 300)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_fails_and_recovers(bench: Bench, need: Callable[..., None], error: str) -> None:
    need("strace")
    for kind, point in itertools.product(KINDS, POINTS):
        draft = bench.task(1, 2)
        bench.start()
        strace = Strace(bench, "-e", f"trace=?{kind}", "-e", f"inject=?{kind}:error={error}:when={point}+")
        bench.approve(draft)
        time.sleep(LASTS)
        bench.whole()
        strace.detach()
        assert bench.alive(), bench.output().decode()[-3000:]
        bench.settle()
    ended = bench.judge()
    told = problems(bench)
    print(f"{bench.sent} tasks, {len(bench.resumed)} resumed; runs ended {ended}; told: {told}")  # noqa: T201 - figures
    if error == "ENOSPC":
        assert any("full" in text or "No space left" in text for text in told)


@pytest.mark.timeout(3600 if FULL else 300)
def test_killed_while_the_disk_fails(bench: Bench, need: Callable[..., None]) -> None:
    need("strace")
    for kind, point in itertools.product(KINDS, POINTS):
        draft = bench.task(2, 1)
        bench.start()
        strace = Strace(bench, "-e", f"trace=?{kind}", "-e", f"inject=?{kind}:error=ENOSPC:when={point}+")
        bench.approve(draft)
        time.sleep(LASTS / 2)
        bench.kill()
        strace.detach()
        bench.whole()
        bench.settle()
    print(f"runs ended {bench.judge()}, {len(bench.resumed)} resumed")  # noqa: T201 - the figures of the test


def problems(bench: Bench) -> list[str]:
    """What the daemons said was wrong, each once, without what differs from run to run."""
    found = []
    for path in sorted(bench.out.parent.glob("out-*")):
        for line in path.read_bytes().splitlines():
            event = json.loads(line) if line.startswith(b"{") and line.endswith(b"}") else {}
            found += [re.sub(r"/\S+|\d{8}-\S+|t\d+", "…", event["problem"])] if "problem" in event else []
    return list(dict.fromkeys(found))
