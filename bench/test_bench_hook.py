"""What the hook costs: at a prompt, against a shell without it in the same run, and at the start of a shell.

Bursts alternate between the two shells, so that what else the machine does falls on both. Processor time and wall time
are of one prompt, the terminal's own part included in both; the best and the median burst are told.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

PROMPTS = 40  # at a time: a terminal holds 4096 bytes of what is typed ahead
BURSTS = 15
LINES = ["true", ": status nginx >/dev/null 2>&1", "echo x >/dev/shm/reifierd-bench"]
START = {
    "bash": ["bash", "--noprofile", "--rcfile", "{}/bashrc"],
    "zsh": ["zsh", "-d", "-i"],
    "fish": ["fish", "-i", "--no-config", "-C", "source {}/config.fish"],
}
QUIET = "HISTFILE= HISTSIZE=10000\nsource {0}/hook\nPS1='> '\n"


@contextmanager
def _shell(folder: Path, shell: str, hook: bool) -> Iterator[Any]:
    """An interactive shell with or without the hook; its spool stands in memory, never on a disk."""
    folder.mkdir()
    run = Path(tempfile.mkdtemp(dir="/dev/shm"))
    env = {**os.environ, "REIFIERD_RUNTIME_DIR": str(run), "TERM": "dumb", "ZDOTDIR": str(folder)}
    printed = subprocess.run(
        [sys.executable, "-m", "reifierd", "hook", shell], env=env, check=True, capture_output=True
    )
    (folder / "hook").write_bytes(printed.stdout if hook else b"")
    (folder / ".zshrc").write_text(f"unsetopt zle prompt_cr prompt_sp\n{QUIET.format(folder)}")
    (folder / "bashrc").write_text(f"{QUIET.format(folder)}bind 'set enable-bracketed-paste off'\n")
    (folder / "config.fish").write_text(f"source {folder}/hook\nfunction fish_prompt; echo '> '; end\n")
    command = [part.format(folder) for part in START[shell]]
    child = pexpect.spawn(command[0], command[1:], env=env, echo=False, encoding="utf-8", cwd=str(folder), timeout=60)
    child.delaybeforesend = None
    child.expect("> ")
    yield child
    child.close(force=True)
    shutil.rmtree(run)


def _burst(child: Any, line: str, n: int) -> tuple[float, float]:
    """Processor and wall time of one prompt, µs."""
    spent = Path(f"/proc/{child.pid}/schedstat")  # nanoseconds on a processor: waiting for one is not in it
    began, at = int(spent.read_text().split()[0]), time.perf_counter()
    if "fish" in child.command:  # reads what is typed ahead as one line
        for _ in range(PROMPTS):
            child.sendline(line)
            child.expect("> ")
    else:
        child.send(f"{line}\n" * PROMPTS)
    child.sendline(f"printf '<%s>\\n' end{n}")
    child.expect(f"<end{n}>")
    wall = (time.perf_counter() - at) * 1e6
    return (int(spent.read_text().split()[0]) - began) / 1000 / (PROMPTS + 1), wall / (PROMPTS + 1)


def _measure(tmp_path: Path, shell: str, line: str) -> dict[str, float]:
    with _shell(tmp_path / "without", shell, False) as without, _shell(tmp_path / "with", shell, True) as hooked:
        pairs = [(_burst(without, line, n), _burst(hooked, line, n)) for n in range(BURSTS)]
    found: dict[str, float] = {}
    for i, what in enumerate(("cpu", "wall")):
        for name, of in (("best", min), ("median", statistics.median)):
            bare, full = of(p[0][i] for p in pairs), of(p[1][i] for p in pairs)
            found[f"{what}_{name}_without_us"] = round(bare)
            found[f"{what}_{name}_cost_us"] = round(full - bare)
            found[f"{what}_{name}_ratio"] = round(full / bare, 1)
    return found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("line", LINES)
def test_a_prompt_costs_less_than_a_millisecond(benchmark: Any, tmp_path: Path, shell: str, line: str) -> None:
    """fish, whose own prompt takes as long, is measured and held to nothing."""
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    found = benchmark.pedantic(_measure, args=(tmp_path, shell, line), rounds=1)
    benchmark.extra_info.update(found)
    print(f"\n{shell} {line!r}: " + ", ".join(f"{k} {v}" for k, v in found.items()))
    if shell != "fish":
        assert found["cpu_best_cost_us"] < 1000


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_printing_the_hook(benchmark: Any, tmp_path: Path, shell: str) -> None:
    env = {**os.environ, "REIFIERD_RUNTIME_DIR": str(tmp_path / "run")}
    command = [str(Path(sys.executable).with_name("reifierd")), "hook", shell]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"env": env, "stdout": subprocess.DEVNULL}, rounds=15)
    assert benchmark.stats.stats.median < 0.060
