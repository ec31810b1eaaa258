"""A world: a real service that breaks, and what an engineer typed to mend it.

Each folder of `worlds/` holds `world.toml` and four scripts (setup, break, check, teardown; and mend, where an editor
was used) that see `$WORLD`, the world's own folder, and `$KIT`, the folder of what worlds share. `check` exits 0 when
the world is healthy. In what is typed, `@world@` is the world's folder and `@name@` the first word of the file `name`
in it.

Every typed line has a label:
  context     sets a directory or variables for what follows
  diagnosis   looks, whatever it exits with
  fix         was needed
  verify      looks at the result, and exits 0
  optional    harmless either way
  noise       has nothing to do with the incident
  failed      exited non-zero and was given up or corrected
  useless     exited 0 and did not help
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORLDS = Path(__file__).parent / "worlds"
LABELS = {"context", "diagnosis", "fix", "verify", "optional", "noise", "failed", "useless"}
MUST_BE_ZERO = {"context", "fix", "verify", "useless"}


@dataclass(frozen=True)
class Typed:
    """One entry: `keys` are typed into the program it starts (an editor); `tab` is the terminal it is typed in."""

    label: str
    text: str
    keys: tuple[str, ...] = ()
    tab: int = 1
    think: float = 0.03  # seconds before it is typed


@dataclass(frozen=True)
class World:
    """`gate` is the check that the session saw fail before the fix and pass after it ("" where it saw none)."""

    name: str
    about: str
    typed: tuple[Typed, ...]
    requires: tuple[str, ...] = ()
    shell: str = "bash"
    live: bool = False
    gate: str = ""
    secrets: tuple[str, ...] = ()
    param: str = ""  # the secret that the fix needs, "" where it needs none

    @property
    def folder(self) -> Path:
        return WORLDS / self.name

    def programs(self) -> list[str]:
        """What must be installed; a pattern stands for the first file it finds."""
        return [_first(p) for p in ("bash", self.shell, *self.requires)]


def _first(program: str) -> str:
    return next((str(p) for p in Path("/").glob(program.lstrip("/"))), program) if "*" in program else program


def names() -> list[str]:
    return sorted(p.parent.name for p in WORLDS.glob("*/world.toml"))


def load(name: str) -> World:
    data: dict[str, Any] = tomllib.loads((WORLDS / name / "world.toml").read_text())
    typed = tuple(_typed(*entry) for entry in data.pop("typed"))
    lists = {k: tuple(v) for k, v in data.items() if isinstance(v, list)}
    return World(name=name, typed=typed, **{**data, **lists})


def _typed(label: str, text: str, more: dict[str, Any] | None = None) -> Typed:
    if label not in LABELS:
        raise ValueError(f"{label!r} is no label: {text}")
    options = dict(more or {})
    keys = tuple(options.pop("keys", ()))
    return Typed(label, text.strip("\n"), keys, **options)


def fill(text: str, place: Path) -> str:
    """`text` with the world's folder and the contents of its files put in."""
    named = re.sub(r"@world@", str(place), text)
    return re.sub(r"@([a-z]+)@", lambda m: (place / m[1]).read_text().split()[0], named)
