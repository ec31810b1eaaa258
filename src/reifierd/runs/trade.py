"""What is done with the approved files of one library. Two stand on it: runbooks and tasks."""

from __future__ import annotations

from typing import Protocol

from reifierd.ledger.records import Run
from reifierd.runs.house import Paper
from reifierd.runs.job import Job, Turn
from reifierd.workspace.library import Library


class Trade(Protocol):
    """`noun` is what its files are called in words; `side_by_side` is how many runs may be under way at once."""

    noun: str
    library: Library
    side_by_side: int

    def turn(self, job: Job) -> Turn:
        """When this job's turn comes."""

    def do(self, job: Job) -> None:
        """All of one run, its receipt included. What it raises is a bug, or a ledger that cannot be written at all."""

    def paper(self, run: Run, found: str = "") -> Paper:
        """A receipt made of the journal alone, of a run that has ended; `found` is what was found out since."""

    def recover(self, run: Run) -> None:
        """A dead daemon left this run in the middle; what still ran of it was ended. Settle what the journal proves."""

    def warm_up(self) -> None:
        """Read tables and import what the first run would otherwise wait for."""
