"""The daemon as a process: from its start to ready, what it holds and burns while nothing happens, and what a person
waits for on the command line.

The asked figures: ready ≤ 1 s with a library that the ledger knows; idle < 0.5 % of a processor and ≤ 80 MB resident
with 10,000 runbooks; `reifierd --help` ≤ 100 ms, `reifierd hook bash` ≤ 60 ms. On a busy machine look at the ratios:
each start is told beside a bare interpreter's, measured in the same run. The table's rounds hold the daemon's end too,
the printed lines do not. The guard's worker is a process of its own, and told by itself.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED

LIBRARY = 10_000
IDLE = 60.0  # seconds: four looks of the timer
STARTS = 7
REIFIERD = [sys.executable, "-m", "reifierd"]
RUNBOOK = """---
title: Restart service {n}
---
# Restart service {n}

## Diagnosis
1. `systemctl is-active service-{n}`

## Fix Sequence
1. Restart it
   ```bash
   systemctl restart service-{n}
   ```
"""


def test_start_idle_and_memory_with_a_large_library(tmp_path: Path, benchmark: Any) -> None:
    """The first start reads, hashes and files everything; the later ones (those of the table) know it."""
    root, env = tmp_path / "workspace", _environment(tmp_path)
    make_workspace(root)
    for n in range(LIBRARY):
        (root / APPROVED / f"restart-service-{n}.md").write_text(RUNBOOK.format(n=n))
    cold = _until_ready(root, env)
    warm: list[float] = []
    benchmark.pedantic(lambda: warm.append(_until_ready(root, env)), rounds=STARTS)
    bare = statistics.median(_seconds([sys.executable, "-c", "pass"], env) for _ in range(STARTS))
    known = statistics.median(warm)
    print(f"\n{LIBRARY} runbooks: ready after {cold:.1f} s when none is known, {known:.2f} s when all are", end="")
    print(f" ({known / bare:.0f} times a bare interpreter)")
    with _daemon(root, env) as daemon:
        time.sleep(2)
        before = _processor(daemon.pid)
        time.sleep(IDLE)
        idle = (_processor(daemon.pid) - before) / IDLE * 100
        workers = ", ".join(f"{_resident(pid):.0f} MB" for pid in _children(daemon.pid))
        print(f"idle {idle:.2f} % of a processor, {_resident(daemon.pid):.0f} MB resident", end="")
        print(f" (and the guard's worker: {workers})")


def test_start_of_an_empty_workspace(tmp_path: Path, benchmark: Any) -> None:
    root, env = tmp_path / "workspace", _environment(tmp_path)
    make_workspace(root)
    ready: list[float] = []
    benchmark.pedantic(lambda: ready.append(_until_ready(root, env)), rounds=STARTS, warmup_rounds=1)
    print(f"\nnothing approved yet: ready after {statistics.median(ready):.2f} s, best {min(ready):.2f} s")


@pytest.mark.parametrize("words", [["--help"], ["hook", "bash"]], ids=" ".join)
def test_command_line(tmp_path: Path, benchmark: Any, words: list[str]) -> None:
    """Beside it what no program of this kind can be faster than: an interpreter that imports click."""
    env = _environment(tmp_path)
    floor = [_seconds([sys.executable, "-c", "import click"], env) for _ in range(30)]
    program = [str(Path(sys.executable).with_name("reifierd")), *words]
    times: list[float] = []
    benchmark.pedantic(lambda: times.append(_seconds(program, env)), rounds=30, warmup_rounds=2)
    took = statistics.median(times)
    print(
        f"\nreifierd {' '.join(words)}: median {took * 1e3:.0f} ms, {took / statistics.median(floor):.1f} times "
        f"an interpreter with click ({statistics.median(floor) * 1e3:.0f} ms)"
    )


def _environment(tmp_path: Path) -> dict[str, str]:
    """A home of its own, so that nobody's history is read."""
    return {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "REIFIERD_RUNTIME_DIR": str(tmp_path / "run"),
    }


@contextmanager
def _daemon(root: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that is ready; it ends with the block."""
    log = root.parent / "daemon.log"
    with log.open("w") as out:
        daemon = subprocess.Popen([*REIFIERD, "-w", str(root), "run"], stderr=out, stdin=subprocess.DEVNULL, env=env)
    try:
        _wait_until(lambda: '"ready"' in log.read_text())
        yield daemon
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0


def _until_ready(root: Path, env: Mapping[str, str]) -> float:
    began = time.perf_counter()
    with _daemon(root, env):
        return time.perf_counter() - began


def _wait_until(holds: Callable[[], bool], seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _seconds(command: list[str], env: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    return time.perf_counter() - began


def _processor(pid: int) -> float:
    """Seconds in user and kernel mode so far: fields 14 and 15 of /proc/PID/stat, proc(5), in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    """Megabytes (VmRSS)."""
    line = next(li for li in Path(f"/proc/{pid}/status").read_text().splitlines() if li.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _children(pid: int) -> list[int]:
    """Every thread's."""
    return [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]
