"""What the hook costs: at a prompt (µs, with and without), and at the start of a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pexpect
import pytest

PROMPTS = 50  # at a time: a terminal holds 4096 bytes of what is typed ahead


def _prompts(tmp_path: Path, shell: str, line: str, hook: bool) -> float:
    """Processor time of one prompt in µs, the terminal's own part included; the best of 20 bursts."""
    run = Path(tempfile.mkdtemp(dir="/dev/shm"))  # where the spool stands: memory, never a disk
    env = {**os.environ, "REIFIERD_RUNTIME_DIR": str(run), "TERM": "dumb", "ZDOTDIR": str(tmp_path)}
    printed = subprocess.run(
        [sys.executable, "-m", "reifierd", "hook", shell], env=env, check=True, capture_output=True
    )
    (tmp_path / "hook").write_bytes(printed.stdout if hook else b"")
    rc = f"HISTFILE= HISTSIZE=10000\nsource {tmp_path}/hook\nPS1='> '\n"
    (tmp_path / ".zshrc").write_text(f"unsetopt zle prompt_cr prompt_sp\n{rc}")
    (tmp_path / "bashrc").write_text(f"{rc}bind 'set enable-bracketed-paste off'\n")
    command = {"bash": ["bash", "--noprofile", "--rcfile", f"{tmp_path}/bashrc"], "zsh": ["zsh", "-d", "-i"]}[shell]
    child = pexpect.spawn(command[0], command[1:], env=env, echo=False, encoding="utf-8", cwd=str(tmp_path))
    child.delaybeforesend = None
    child.expect("> ")
    spent = Path(f"/proc/{child.pid}/schedstat")  # nanoseconds on a processor: other programs' load stays out of it
    best = float("inf")
    for n in range(20):
        began = int(spent.read_text().split()[0])
        child.send("".join(f"{line}\n" for _ in range(PROMPTS)))
        child.sendline(f"printf '<%s>\\n' end{n}")
        child.expect(f"<end{n}>")
        best = min(best, (int(spent.read_text().split()[0]) - began) / (PROMPTS + 1))
    child.close(force=True)
    shutil.rmtree(run)
    return best / 1000


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("line", ["true", ": status nginx >/dev/null 2>&1", "echo x >/dev/shm/reifierd-bench"])
def test_a_prompt_costs_less_than_a_millisecond(benchmark: Any, tmp_path: Path, shell: str, line: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    without = _prompts(tmp_path, shell, line, hook=False)
    with_hook = benchmark.pedantic(_prompts, args=(tmp_path, shell, line, True), rounds=1)
    cost = with_hook - without
    benchmark.extra_info.update(without_us=round(without), with_us=round(with_hook), cost_us=round(cost))
    print(f"\n{shell} {line!r}: {without:.0f} µs without, {with_hook:.0f} µs with: {cost:.0f} µs a prompt")
    assert cost < 1000


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_printing_the_hook(benchmark: Any, tmp_path: Path, shell: str) -> None:
    env = {**os.environ, "REIFIERD_RUNTIME_DIR": str(tmp_path / "run")}
    command = [str(Path(sys.executable).with_name("reifierd")), "hook", shell]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"env": env, "stdout": subprocess.DEVNULL}, rounds=15)
    assert benchmark.stats.stats.median < 0.060
