"""What one look takes care of: a folder of consent, the folders that its files come from, and what its bytes are.

Runbooks and tasks are looked at by a Reviewer each, over one ledger; all that the ledger knows is kept apart by the
folder, so that neither concludes anything about the other's files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from reifierd.workspace.layout import APPROVED, CONSENT, DRAFTS, REJECTED, SUGGESTIONS

Digest = Callable[[bytes], str]


def sha256(data: bytes) -> str:
    """All of the bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Library:
    """`folder` is the one whose files have consent, `elsewhere` those in which a person has them before and after.

    `digest` says which bytes consent is about: equal digests are the same consent. It gets any bytes, never raises,
    and what it leaves out may change without voiding anything.
    """

    folder: str
    elsewhere: tuple[str, ...]
    digest: Digest = sha256


RUNBOOKS = Library(APPROVED, (DRAFTS, SUGGESTIONS, REJECTED))


def folder_of(name: str) -> str:
    """The folder of consent that a name belongs to. A name that redaction has made unreadable is a runbook's."""
    return next((folder for folder in CONSENT if name.startswith(f"{folder}/")), APPROVED)
