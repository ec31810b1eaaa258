"""SHA-256 by stat facts, so that a start with a library of thousands reads only what has changed since.

Good for telling that a file is *not* new; never good enough to run something: what runs is read and hashed at that
moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reifierd.ledger.db import Database


class FileFacts(NamedTuple):
    """What changes when a file does: its inode, or its size, or one of its times (ns; ctime cannot be set by a
    program).
    """

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int


class Digests:
    """The digests of one `kind`: what a digest leaves out is its library's matter, so two libraries share none."""

    def __init__(self, db: Database, kind: str = "") -> None:
        self._db, self._kind = db, kind

    def of(self, kind: str) -> Digests:
        """Those of another kind, in the same ledger."""
        return Digests(self._db, kind)

    def all(self) -> dict[FileFacts, str]:
        sql = "SELECT dev, ino, size, mtime_ns, ctime_ns, sha256 FROM digests WHERE kind = ?"
        return {FileFacts(*tuple(r)[:5]): r["sha256"] for r in self._db.rows(sql, self._kind)}

    def get(self, facts: FileFacts) -> str | None:
        """What is known of a file with just these facts."""
        sql = "SELECT * FROM digests WHERE kind = ? AND dev = ? AND ino = ?"
        row = self._db.row(sql, self._kind, facts.dev, facts.ino)
        return row["sha256"] if row and all(row[c] == v for c, v in facts._asdict().items()) else None

    def put(self, found: Mapping[FileFacts, str]) -> None:
        """Remember; a file of the same inode replaces what was known of it."""
        with self._db.transaction():
            for facts, sha256 in found.items():
                values = {**facts._asdict(), "sha256": sha256, "kind": self._kind}
                self._db.insert("digests", values, replace=("kind", "dev", "ino"))

    def drop(self, gone: Iterable[FileFacts]) -> None:
        """Forget files that stand nowhere any more."""
        with self._db.transaction():
            for facts in gone:
                self._db.delete("digests", {**facts._asdict(), "kind": self._kind})
