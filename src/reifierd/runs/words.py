"""A person's words from the command line to the daemon: approve, resume, stop; and what goes with an approval.

A word stands in the ledger (durable, said once, heard once). Values of parameters never do: they go through a file in
the private runtime folder, which is removed when it is read, and are in memory from then on.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reifierd.execution.private import private_folder, write_private
from reifierd.ledger.journal import Journal
from reifierd.ledger.records import Word
from reifierd.workspace.layout import Layout

APPROVE, RESUME, STOP = "approve", "resume", "stop"
WISH = "wish"  # how what was approved by a move shall be run: no consent by itself


@dataclass(frozen=True)
class Wish:
    """What a person wants of a run besides its bytes: overridden rules; a new shell for what goes on; of a task only
    these criteria, and no verification."""

    overrides: tuple[str, ...] = ()
    fresh: bool = False
    criteria: str = ""
    skip_verification: bool = False

    def with_more(self, other: Wish) -> Wish:
        """What was said first, and what was said on top of it."""
        return Wish(
            tuple(dict.fromkeys((*self.overrides, *other.overrides))),
            self.fresh or other.fresh,
            other.criteria or self.criteria,
            self.skip_verification or other.skip_verification,
        )

    def as_text(self) -> str:
        """JSON for the ledger; `wish_in` is the way back."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})


def wish_in(text: str) -> Wish:
    """What a text of the ledger says; nothing where it says nothing."""
    detail = _detail(text)
    return Wish(
        tuple(map(str, detail.get("overrides", ()))),
        bool(detail.get("fresh")),
        str(detail.get("criteria", "")),
        bool(detail.get("skip_verification")),
    )


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
    wish: Wish = Wish(),
) -> int:
    """Say it: durable when this returns. `subject` is a file's name (relative to the workspace) or a run's id."""
    detail = _detail(wish.as_text())
    if params:
        detail["box"] = _put_away(layout, params)
    said = journal.say(kind, subject, json.dumps(detail), at, sha256)
    _ring(bell(layout))
    return said


def _ring(folder: Path) -> None:
    """A new file each time: an old one that is only touched is no event, and changes no folder's time."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "said").unlink(missing_ok=True)
    (folder / "said").touch()


def take(layout: Layout, word: Word) -> dict[str, str]:
    """The parameters that go with a word, once; {} where there are none (any more)."""
    box = str(_detail(word.detail).get("box", ""))
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


def _detail(text: str) -> dict[str, Any]:
    try:
        detail = json.loads(text or "{}")
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
