"""Where everything stands: the workspace's folders, and the places outside it that are not for reading.

The folders are fixed contracts; their meaning is told in each one's README.md, which `reifierd init` writes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from reifierd.workspace.runtime import runtime_places

MARKER = ".reifierd"
GENERATION = ".reifierd-generation"  # how many consents were used: tells an older ledger
PAUSE = "PAUSE"
DRAFTS = "runbooks/drafts"
APPROVED = "runbooks/approved"
SUGGESTIONS = "runbooks/suggestions"
REJECTED = "runbooks/rejected"
TASK_DRAFTS = "tasks/drafts"
TASK_APPROVED = "tasks/approved"
TASK_DONE = "tasks/done"
REPORTS = "reports"
PATCHES_APPROVED = "drift_patches/approved"
FOLDERS = (DRAFTS, APPROVED, SUGGESTIONS, REJECTED, TASK_DRAFTS, TASK_APPROVED, TASK_DONE, REPORTS)
CONSENT = (APPROVED, TASK_APPROVED)  # what stands here is to be carried out; each has a Library and a loop


def default_root() -> Path:
    """`REIFIERD_WORKSPACE`, else `~/reifierd`."""
    return Path(os.environ.get("REIFIERD_WORKSPACE") or Path.home() / "reifierd")


def config_dir() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "reifierd"


def state_home() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "reifierd"


def runtime_dirs() -> tuple[Path, ...]:
    """The private memory-backed folders of `runtime.runtime_places`; the first one is ours to write."""
    return tuple(map(Path, runtime_places()))


def protected_places(root: Path, configuration: Path) -> tuple[str, ...]:
    """Where no step may write (invariant 11): consent in the workspace at `root`, configuration, rules and ledgers."""
    consent = (root / folder for folder in (*CONSENT, PATCHES_APPROVED))
    return tuple(map(str, (*consent, configuration, state_home())))


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
