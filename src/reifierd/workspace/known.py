"""What the ledger knows of files: asked for one by one (the journal itself), or all of it read at once.

Thousands of questions cost more than reading everything; one question costs less.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol

from reifierd.ledger.journal import Journal, Origin
from reifierd.ledger.records import Approval, key_of


class Knows(Protocol):
    """What the ledger is asked about a file."""

    def approval(self, name: str) -> Approval | None: ...

    def by_sha(self, sha256: str) -> list[Approval]: ...

    def spent(self, folder: str, sha256: str) -> Set[Origin]: ...


class Everything:
    """All that the ledger knows of the files of one folder of consent, read at once."""

    def __init__(self, journal: Journal, folder: str) -> None:
        self._spent = journal.all_spent(folder)
        self._latest: dict[str, Approval] = {}
        self._by_sha: dict[str, list[Approval]] = {}
        for approval in journal.consents():
            self._latest[approval.key] = approval
            self._by_sha.setdefault(approval.sha256, []).append(approval)

    def approval(self, name: str) -> Approval | None:
        return self._latest.get(key_of(name))

    def by_sha(self, sha256: str) -> list[Approval]:
        return self._by_sha.get(sha256, [])

    def spent(self, folder: str, sha256: str) -> Set[Origin]:
        return self._spent.get(sha256, frozenset())
