"""How it stands with one workspace: which histories are read, whether the hook was seen, what waits. For people."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reifierd.daemon.phrases import when
from reifierd.ledger import Ledger
from reifierd.ledger.records import SessionState
from reifierd.workspace.layout import DRAFTS, Layout, runtime_dirs

RC_FILES = (".bashrc", ".zshrc", ".config/fish/config.fish", ".bash_profile", ".profile")


def program() -> str:
    """What to type for this reifierd: its name where the shell finds this one by it, else its whole path."""
    own = Path(sys.executable).with_name("reifierd")
    found = shutil.which("reifierd")
    if found and own.exists() and Path(found).resolve() == own.resolve():
        return "reifierd"
    return str(own) if own.exists() else found or "reifierd"


def hook_line() -> str:
    """The line for ~/.bashrc, and how it is for the others."""
    return f'eval "$({program()} hook bash)"'


def rc_files() -> list[Path]:
    """The rc files of this user that name the hook."""
    return [p for p in (Path.home() / name for name in RC_FILES) if "reifierd hook" in _text(p)]


def hook_seen(ledger: Ledger | None) -> float | None:
    """When a shell with the hook last told of a command, in seconds; None where none has."""
    found = ledger.history.latest("hook") if ledger else None
    recorded = [found.started or found.arrived] if found else []
    times = [*recorded, *_spooled()]
    return max((t for t in times if t), default=None)


def hook_told(ledger: Ledger | None) -> tuple[str, str]:
    """What is known of the live hook, and what to do about it ("" where nothing is to be done)."""
    seen, named = hook_seen(ledger), rc_files()
    if seen is not None:
        return f"last seen at {when(seen)}" + (f", in {_joined(named)}" if named else ""), ""
    if named:
        return f"named in {_joined(named)}, but not seen yet", "open a new shell and run a command in it"
    repair = f"add to ~/.bashrc:  {hook_line()}  (zsh alike; fish: {program()} hook fish | source)"
    return "not seen yet: exit codes, directories and edits will not be known", repair


def greeting(layout: Layout, ledger: Ledger, histories: list[Path]) -> dict[str, Any]:
    """The fields of the daemon's first words."""
    hook, repair = hook_told(ledger)
    drafts = [p for p in layout.folder(DRAFTS).glob("*.md") if p.name != "README.md"]
    return {
        "workspace": str(layout.root),
        "histories": [str(p) for p in histories] or ["none was found; [observer] histories names one"],
        "hook": hook,
        "repair": repair,
        "drafts": len(drafts),
        "held_back": len(ledger.history.sessions(SessionState.SKIPPED)),
    }


def _spooled() -> Iterator[float]:
    for place in runtime_dirs():
        with contextlib.suppress(OSError):
            yield from (p.stat().st_mtime for p in (place / "spool").iterdir() if p.is_file())


def _joined(paths: list[Path]) -> str:
    return ", ".join(map(str, paths))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
