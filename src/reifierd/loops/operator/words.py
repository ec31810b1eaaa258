"""A person's words from the command line to the daemon: approve, resume, stop; and what goes with an approval.

A word stands in the ledger (durable, said once, heard once). Values of parameters never do: they go through a file in
the private runtime folder, which is removed when it is read, and are in memory from then on.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reifierd.execution.private import private_folder, write_private
from reifierd.ledger.journal import Journal
from reifierd.ledger.records import Word
from reifierd.workspace.layout import Layout

APPROVE, RESUME, STOP = "approve", "resume", "stop"


@dataclass(frozen=True)
class Wish:
    """What goes with a word besides its bytes: overridden rules, the name of the file with parameters."""

    overrides: tuple[str, ...] = ()
    box: str = ""
    fresh: bool = False


def bell(layout: Layout) -> Path:
    """The folder whose change tells the daemon that something was said (a hint; words are looked for anyway)."""
    return layout.state / "words"


def speak(  # noqa: PLR0913 - one word and all that may go with it
    layout: Layout,
    journal: Journal,
    kind: str,
    subject: str,
    at: float,
    *,
    sha256: str = "",
    params: Mapping[str, str] | None = None,
    overrides: tuple[str, ...] = (),
    fresh: bool = False,
) -> int:
    """Say it: durable when this returns. `subject` is a file's name (relative to the workspace) or a run's id."""
    box = _put_away(layout, params) if params else ""
    detail = {"overrides": list(overrides), "box": box, "fresh": fresh}
    said = journal.say(kind, subject, json.dumps({k: v for k, v in detail.items() if v}), at, sha256)
    bell(layout).mkdir(mode=0o700, exist_ok=True)
    (bell(layout) / "said").touch()
    return said


def wish(layout: Layout, word: Word) -> Wish:
    """What the word carries; parameters stay in their file until `take`."""
    try:
        detail: dict[str, Any] = json.loads(word.detail or "{}")
    except ValueError:
        detail = {}
    return Wish(
        tuple(map(str, detail.get("overrides", ()))),
        str(detail.get("box", "")),
        bool(detail.get("fresh")),
    )


def take(layout: Layout, box: str) -> dict[str, str]:
    """The parameters of a word, once; {} where there are none (any more)."""
    if not box.isalnum():
        return {}
    path = private_folder("params", layout.id) / box
    try:
        values: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    path.unlink()
    return values


def _put_away(layout: Layout, params: Mapping[str, str]) -> str:
    name = secrets.token_hex(4)
    write_private(private_folder("params", layout.id) / name, json.dumps(dict(params)))
    return name
