"""Sessions as readable files: `ROLE EXIT COMMAND` a line (`⏎` is a line end in a command), `cwd` and `shell` lines.

Roles say what is asked of the scribe: `fix` a Fix step, in order, and nothing else there (but `any`, which may be);
`look` in Diagnosis; `check` in Verify; `gate` in Verify and a gate; `hand` told as something to do by hand; `part` its
first part is a Fix step; `out` in no section; `see` anywhere but in Fix. `edit PATH [-OLD +NEW]` below a command is
what the hook recorded of a file: a change of one line, or that nothing changed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reifierd.ledger.records import Command, FileEdit

SESSIONS = Path(__file__).parent / "sessions"


@dataclass(frozen=True)
class Recorded:
    commands: tuple[Command, ...]
    roles: tuple[str, ...]


def load(name: str, *, exits: bool = True) -> Recorded:
    """A session file as commands; without `exits` as a history file would have it."""
    commands: list[Command] = []
    roles: list[str] = []
    cwd, shell = "/root", "one"
    for line in (SESSIONS / f"{name}.txt").read_text().splitlines():
        key, _, rest = line.partition(" ")
        if key == "cwd":
            cwd = rest
        elif key == "shell":
            shell = rest
        elif key == "edit":
            commands[-1] = edited(commands[-1], rest)
        elif line and key != "#":
            code, _, text = rest.strip().partition(" ")
            roles.append(key)
            commands.append(
                command(text.replace("⏎", "\n"), int(code) if exits else None, cwd=cwd, shell=shell, n=len(commands))
            )
    return Recorded(tuple(commands), tuple(roles))


def command(text: str, code: int | None = 0, *, cwd: str | None = "/srv", shell: str = "one", n: int = 0) -> Command:
    started = 1_800_000_000.0 + 10 * n
    return Command(
        text,
        "bash",
        "hook",
        id=n + 1,
        cwd=cwd,
        started=started,
        duration=0.1,
        exit=code,
        shell_session=shell,
        host="h1",
    )


def edited(typed: Command, what: str) -> Command:
    path, _, change = what.partition(" ")
    found = re.fullmatch(r"-(.*) \+(.*)", change)
    diff = ""
    if found:
        old, new = (f"[x]\n{line}\n".splitlines(keepends=True) for line in found.groups())
        diff = "".join(difflib.unified_diff(old, new, f"a{path}", f"b{path}"))
    sha = (found[1], found[2]) if found else ("same", "same")
    edit = FileEdit(path, diff, "hook", sha_before=f"sha {sha[0]}", sha_after=f"sha {sha[1]}")
    return replace(typed, edits=(*typed.edits, edit))


@pytest.fixture
def load_session() -> Callable[..., Recorded]:
    return load


@pytest.fixture
def typed() -> Callable[..., Command]:
    return command
