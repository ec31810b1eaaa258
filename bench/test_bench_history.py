"""A million entries parsed in process, against the time Python takes to read and split the same file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.loops.observer.shells import read_history
from reifierd.loops.observer.tail import follow

MILLION = 1_000_000
ALLOWED = 6.0  # times the baseline
WRITERS: dict[str, Callable[[int], str]] = {
    "bash": lambda n: f"#{1_700_000_000 + n}\nkubectl -n shop rollout restart deployment/orders-{n % 977}\n",
    "bash plain": lambda n: f"kubectl -n shop rollout restart deployment/orders-{n % 977}\n",
    "zsh": lambda n: f": {1_700_000_000 + n}:{n % 60};kubectl -n shop rollout restart deployment/orders-{n % 977}\n",
    "zsh plain": lambda n: f"kubectl -n shop rollout restart deployment/orders-{n % 977}\n",
    "fish": lambda n: f"- cmd: kubectl -n shop rollout restart deploy/orders-{n % 977}\n  when: {1_700_000_000 + n}\n",
}


def _baseline(path: Path) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        with path.open() as file:
            lines = file.read().split("\n")
        best = min(best, time.perf_counter() - began)
        del lines
    return best


@pytest.mark.parametrize("kind", WRITERS)
def test_a_million_entries(benchmark, tmp_path: Path, kind: str) -> None:  # type: ignore[no-untyped-def] # the plugin has no types
    shell, path = kind.split(maxsplit=1)[0], tmp_path / "history"
    with path.open("w") as file:
        for start in range(0, MILLION, 10_000):
            file.write("".join(map(WRITERS[kind], range(start, start + 10_000))))
    baseline = _baseline(path)
    _, entries = benchmark.pedantic(read_history, args=(path, shell), rounds=3)
    assert len(entries) == MILLION
    ratio = benchmark.stats.stats.min / baseline
    print(f"\n{kind}: {benchmark.stats.stats.min:.3f} s, read and split {baseline:.3f} s, ratio {ratio:.2f}")
    assert ratio <= ALLOWED


@pytest.mark.parametrize("entries", [1_000, MILLION])
def test_one_new_command(benchmark, tmp_path: Path, entries: int) -> None:  # type: ignore[no-untyped-def] # as above
    """What it costs to take in one more command is the same for a history of a thousand and of a million."""
    path, key = tmp_path / ".bash_history", b"k" * 32
    with path.open("w") as file:
        file.writelines(WRITERS["bash"](n) for n in range(entries))
    first = follow(path, None, key)
    assert first is not None
    mark = first.mark
    with path.open("a") as file:
        file.write(f"#1800000000\nnew {entries}\n")
    news = benchmark(lambda: follow(path, mark, key))
    assert [e.command for e in news.entries] == [f"new {entries}"]
    print(f"\none new command in {entries}: {benchmark.stats.stats.median * 1e6:.0f} µs")
