"""What should stand in a folder of consent and does not: since which look.

A file may be missing for a moment only (emacs saves by renaming the old one away, git deletes and creates), so it is
remembered since when; what it means that it is missing for so long is `lifecycle`'s to decide. At the first look there
is no look before it: what the ledger knows takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from reifierd.ledger.journal import Journal
from reifierd.ledger.records import Approval, FileState, key_of


class Missing:
    """By the keys of names; true while there is anything."""

    def __init__(self, journal: Journal, folder: str) -> None:
        self._journal, self._folder = journal, folder
        self._since: dict[str, float] = {}

    def __bool__(self) -> bool:
        return bool(self._since)

    def begin(self, standing: Set[str], now: float) -> None:
        """The first look: missing is what the ledger has standing and these keys have not."""
        known = (a.key for a in self._journal.approvals(self._folder) if a.state is not FileState.GONE)
        self._since = {key: now for key in known if key not in standing}

    def note(self, before: Set[str], standing: Set[str], now: float) -> None:
        """A later look: the names that stood at the one before, and those that stand now."""
        back = {key_of(name) for name in standing - before}
        self._since = {key: since for key, since in self._since.items() if key not in back}
        for key in {key_of(name) for name in before - standing}:
            self._since.setdefault(key, now)

    def known(self, now: float) -> Iterator[tuple[Approval, float]]:
        """What the ledger says of each that it counts as standing, and the seconds for which it was missed."""
        for key, since in self._since.items():
            found = self._journal.approval_by_key(key)
            if found is not None and found.state is not FileState.GONE:
                yield found, now - since

    def keep(self, keys: Set[str]) -> None:
        """Only these are waited for any longer."""
        self._since = {key: since for key, since in self._since.items() if key in keys}
