"""Where everything stands: the workspace's folders, and the places outside it that are not for reading.

The folders are fixed contracts; their meaning is told in each one's README.md, which `reifierd init` writes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MARKER = ".reifierd"
PAUSE = "PAUSE"
DRAFTS = "runbooks/drafts"
APPROVED = "runbooks/approved"
SUGGESTIONS = "runbooks/suggestions"
REJECTED = "runbooks/rejected"
REPORTS = "reports"
FOLDERS = (DRAFTS, APPROVED, SUGGESTIONS, REJECTED, REPORTS)


def default_root() -> Path:
    """`REIFIERD_WORKSPACE`, else `~/reifierd`."""
    return Path(os.environ.get("REIFIERD_WORKSPACE") or Path.home() / "reifierd")


def config_dir() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "reifierd"


def state_home() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "reifierd"


def runtime_dirs() -> tuple[Path, ...]:
    """The private memory-backed folders in which a hook may have left its spool; the first one is ours to write.

    `$XDG_RUNTIME_DIR/reifierd` first, then what a shell without that variable (su, sudo -i, a bare ssh) falls back to:
    `/run/user/UID/reifierd`, then `/dev/shm/reifierd-UID`. `REIFIERD_RUNTIME_DIR`, where set, is the only one.
    """
    if only := os.environ.get("REIFIERD_RUNTIME_DIR"):
        return (Path(only),)
    uid = os.getuid()
    places = [Path(f"/run/user/{uid}/reifierd")] if Path(f"/run/user/{uid}").is_dir() else []
    places.append(Path(f"/dev/shm/reifierd-{uid}"))  # noqa: S108 - tmpfs on purpose, made 0700 and its owner checked
    if xdg := os.environ.get("XDG_RUNTIME_DIR"):
        places.insert(0, Path(xdg) / "reifierd")
    return tuple(dict.fromkeys(places))


@dataclass(frozen=True)
class Layout:
    """One workspace: its root, and the state directory that belongs to its id."""

    root: Path
    id: str

    @property
    def state(self) -> Path:
        return state_home() / self.id

    @property
    def ledger(self) -> Path:
        return self.state / "ledger.sqlite3"

    def folder(self, name: str) -> Path:
        return self.root / name
