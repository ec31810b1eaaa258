"""The truth about sources, sessions, approvals, runs and steps: one SQLite file for each workspace.

`open_ledger(path, redactor)` gives a Ledger that several threads may use at once, and several processes (the
command line beside the daemon). What a method has returned from is durable.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from reifierd.ledger.db import Database
from reifierd.ledger.digests import Digests
from reifierd.ledger.history import History
from reifierd.ledger.journal import Journal

if TYPE_CHECKING:
    from reifierd.redaction import Redactor

__all__ = ["Ledger", "open_ledger"]


class Ledger:
    """`history`: what was typed. `journal`: what was approved and run. `digests`: hashes known by stat facts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.history = History(db)
        self.journal = Journal(db)
        self.digests = Digests(db)

    def transaction(self) -> AbstractContextManager[None]:
        """All that is done to the ledger within it (by this thread) happens together, or not at all."""
        return self._db.transaction()

    def problems(self) -> list[str]:
        """What SQLite's own check finds wrong (reads the whole file)."""
        return self._db.problems()

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_ledger(path: Path, redactor: Redactor) -> Ledger:
    """Open the ledger at `path`, made if missing (folder 0700, file 0600), its schema brought up to date.

    UsageError: a network file system, or a ledger that a newer reifierd wrote. ReifierError: damaged, locked, no space.
    """
    return Ledger(Database(path, redactor))
