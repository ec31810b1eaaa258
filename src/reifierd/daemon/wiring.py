"""Which parts a workspace's daemon consists of, and what wakes each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reifierd.config import Config
from reifierd.daemon.events import OnEvent
from reifierd.ledger import Ledger
from reifierd.loops.observer.observer import Observer
from reifierd.loops.operator.operator import Operator
from reifierd.loops.scribe.scribe import Scribe
from reifierd.redaction import Redactor
from reifierd.workspace.layout import APPROVED, Layout, runtime_dirs


@dataclass(frozen=True)
class Parts:
    observer: Observer
    scribe: Scribe
    operator: Operator
    watched: dict[Path, str]


def build(layout: Layout, config: Config, ledger: Ledger, redactor: Redactor, say: OnEvent) -> Parts:
    """Make the loops of one workspace."""
    raise SystemExit("not yet")
