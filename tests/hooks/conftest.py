"""A real interactive shell in a terminal, with the hook in its start-up file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
import pytest

from reifierd.loops.observer.spool import read_spool
from reifierd.loops.observer.spool_records import SpoolRecord

PROMPT = r"<<RB:(\d+)>> "


def printed(shell: str, **env: str) -> str:
    """What `reifierd hook SHELL` prints."""
    command = [sys.executable, "-m", "reifierd", "hook", shell]
    return subprocess.run(command, env={**os.environ, **env}, check=True, capture_output=True, text=True).stdout


@dataclass
class Shell:
    """`run(line)` types a line and returns what was printed; `exit` is then the prompt's `$?`."""

    child: pexpect.spawn[str]
    runtime: Path
    done: str = PROMPT
    exit: int = 0

    def run(self, line: str, prompts: int = 1) -> str:
        self.child.sendline(line)
        for _ in range(prompts):
            self.child.expect(self.done)
        assert isinstance(self.child.match, re.Match)
        self.exit = int(self.child.match[1])
        return str(self.child.before).replace("\r\n", "\n")

    def forks(self, log: Path) -> list[str]:
        """The calls that made a process or ran a program, in what strace wrote: where a call began, since it may be
        told in two lines; without threads, of which fish makes as many as it likes."""
        began = (line for line in log.read_text().splitlines() if re.search(r"\b(clone3?|v?fork|execve)\(", line))
        return [line for line in began if "CLONE_THREAD" not in line]

    def records(self) -> list[SpoolRecord]:
        """Everything recorded since the last call."""
        files = list(read_spool([self.runtime]))
        assert [f.problem for f in files] == [""] * len(files)
        found = [r for f in files for r in f.records]
        for file in files:
            file.path.unlink()
        return found

    def commands(self) -> list[str]:
        return [r.command for r in self.records()]


@pytest.fixture
def runtime(private_places: Path, tmp_path: Path) -> Path:
    return tmp_path / "runtime"


@pytest.fixture
def start(
    need: Callable[..., None], private_places: Path, runtime: Path, tmp_path: Path
) -> Iterator[Callable[..., Shell]]:
    """`start("bash", before=…, after=…, wrap=[…], hook=…)`: lines of the start-up file; `wrap` runs the shell."""
    children: list[pexpect.spawn[str]] = []

    def go(
        shell: str = "bash", before: str = "", after: str = "", wrap: tuple[str, ...] = (), hook: str | None = None
    ) -> Shell:
        need(shell)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        text = tmp_path / f"hook.{shell}"
        text.write_text(printed(shell) if hook is None else hook)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "AWS", "LC_"))}
        env |= {"TERM": "dumb", "LANG": "C.UTF-8", "ZDOTDIR": str(tmp_path)}
        source = f"{before}\nsource {text}\n{after}\n"
        done = PROMPT
        if shell == "bash":
            rc = tmp_path / "bashrc"
            rc.write_text(f"HISTFILE={tmp_path}/history\nHISTCONTROL=\n{source}PS1='<<RB:$?>> ' PS2=\n")
            command = ["bash", "--noprofile", "--rcfile", str(rc)]
        elif shell == "zsh":
            quiet = f"unsetopt zle prompt_cr prompt_sp; HISTSIZE=1000 SAVEHIST=1000 HISTFILE={tmp_path}/history\n"
            (tmp_path / ".zshrc").write_text(f"{quiet}{source}PS1='<<RB:%?>> ' PS2=\n")
            command = ["zsh", "-d", "-i"]
        else:
            config = private_places / ".config/fish/config.fish"
            config.parent.mkdir(parents=True, exist_ok=True)
            # fish reads all manual pages at its very first start unless this is there
            (private_places / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
            report = "function report --on-event fish_postexec; printf '<<RB:%s>> ' $status; end\n"
            config.write_text(f"set fish_greeting\n{source}{report}function fish_prompt; echo 'ready> '; end\n")
            command = ["fish", "-i"]
        command = [*wrap, *command]
        child = pexpect.spawn(
            command[0], command[1:], env=env, cwd=str(work), encoding="utf-8", codec_errors="replace",
            timeout=60, echo=False, dimensions=(50, 400),
        )  # fmt: skip
        child.delaybeforesend = None
        children.append(child)
        started = Shell(child, runtime, done)
        child.expect("ready> " if shell == "fish" else PROMPT)
        return started

    yield go
    for child in children:
        child.close(force=True)
