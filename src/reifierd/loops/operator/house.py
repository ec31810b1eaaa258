"""What every run of a workspace shares, and what it is called to do with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reifierd.errors import ReifierError
from reifierd.execution.guard import Guard
from reifierd.execution.private import private_folder
from reifierd.ledger import Ledger
from reifierd.loops.operator.report import Receipt
from reifierd.loops.operator.settings import OperatorSettings
from reifierd.redaction import Redactor
from reifierd.workspace.layout import Layout, protected_places

OnEvent = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Unwritten:
    """A receipt that could not be written yet, and the reason that the run ended with."""

    receipt: Receipt
    reason: str


@dataclass(frozen=True)
class House:
    """What every run of a workspace shares."""

    layout: Layout
    settings: OperatorSettings
    ledger: Ledger
    redactor: Redactor
    guard: Guard
    config_dir: Path
    on_event: OnEvent
    closing: Callable[[], bool] = lambda: False
    unwritten: dict[str, Unwritten] = field(default_factory=dict)  # by run

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
                self.on_event("operator.problem", {"level": "warning", "problem": str(error)})
                if self.closing():
                    raise
                time.sleep(1.0)
