"""What every run of a workspace shares, and what it is called to do with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reifierd.errors import ReifierError
from reifierd.execution.guard import Guard
from reifierd.execution.private import private_folder
from reifierd.ledger import Ledger
from reifierd.ledger.records import RunState
from reifierd.redaction import Redactor
from reifierd.runs.settings import RunSettings
from reifierd.workspace.layout import Layout, protected_places

OnEvent = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Paper:
    """A receipt as it goes into `reports/`: Markdown, and `data` for its JSON twin. `reason` is the run's own."""

    run_id: str
    name: str  # of the file that was run, relative to the workspace
    result: RunState
    ended: float
    reason: str
    markdown: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class House:
    """What every run of a workspace shares. `ending` is set when the daemon ends: nothing more is begun or retried."""

    layout: Layout
    settings: RunSettings
    ledger: Ledger
    redactor: Redactor
    guard: Guard
    config_dir: Path
    on_event: OnEvent = lambda _kind, _fields: None
    ending: threading.Event = field(default_factory=threading.Event)
    unwritten: dict[str, Paper] = field(default_factory=dict)  # receipts that could not be written yet, by run

    @property
    def protected(self) -> tuple[str, ...]:
        return protected_places(self.layout.root, self.config_dir)

    def private(self, run_id: str) -> Path:
        """The run's private folder in memory."""
        return private_folder("runs", self.layout.id, run_id)

    def persist(self, write: Callable[[], None]) -> None:
        """Write until it succeeds: what a step came to must not be lost to a full disk. Given up when we close."""
        while True:
            try:
                return write()
            except ReifierError as error:
                self.on_event("runner.problem", {"level": "warning", "problem": str(error)})
                if self.ending.is_set():
                    raise
                time.sleep(1.0)
