"""One SQLite file, opened so that what was acknowledged survives anything: WAL, `synchronous=FULL`, foreign keys.

What is written in a transaction that need not be durable is seen by everybody and survives our death at once, that of
the machine with the next durable one, or with `settle`: the log is synced up to its end, and never in another order.

This module is the only one that writes to it, and every text that it writes goes through the redaction, except in
the columns that `VERBATIM` names (ids, digests, states: values that this program makes itself) and enumerations. A
column added later is redacted unless someone says otherwise here. Lists become JSON after each text in them was
redacted, so that redaction never breaks the JSON.

One connection and one lock for all threads of a process; SQLite's own locks between processes (a writer waits up
to `BUSY_SECONDS`). Nothing here may open the database file by itself once SQLite has it: closing any descriptor of
it would drop SQLite's POSIX locks (sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reifierd.errors import ReifierError, UsageError
from reifierd.ledger.disk import network_filesystem
from reifierd.ledger.migrations import migrate

if TYPE_CHECKING:
    from reifierd.redaction import Redactor

VERBATIM = frozenset({"id", "key", "run_id", "session", "sha256", "state", "digests"})
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "cache_size = -500",  # kilobytes: what is asked for is recent, and a daemon's memory stays what it was
)
BUSY_SECONDS = 30.0  # thousands of files that arrive together are recorded in one transaction, which takes seconds
Value = str | int | float | None


class Database:
    """The connection; see the module's rules. Errors of SQLite come out as ReifierError with the repair."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self._path, self._redactor = path, redactor
        self._lock, self._depth = threading.RLock(), 0
        # of the transaction under way: the same reason may be given to thousands of files
        self._redacted_now: dict[str, str] = {}
        with self._errors_said():
            _prepare(path)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._configure()
            migrate(self._connection, str(path))

    def _configure(self) -> None:
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All or nothing, durable when it returns. A transaction within one (of the same thread) is part of it."""
        with self._lock, self._errors_said():
            if self._depth:
                yield
                return
            with self._synced(durable):
                self._connection.execute("BEGIN IMMEDIATE")
                self._depth = 1
                try:
                    yield
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
                finally:
                    self._depth = 0
                    self._redacted_now.clear()

    @contextmanager
    def _synced(self, durable: bool) -> Iterator[None]:
        """Without, it is `NORMAL`: that leaves out the sync of a commit, and nothing else (sqlite.org/pragma.html)."""
        if durable:
            yield
            return
        self._connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA synchronous = FULL")

    def settle(self) -> None:
        """Everything that was written is durable when this returns. (The log is not locked by its descriptors.)"""
        with self._lock, self._errors_said():
            try:
                log = os.open(f"{self._path}-wal", os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return
            try:
                os.fdatasync(log)
            finally:
                os.close(log)

    def rows(self, sql: str, *parameters: Value) -> list[sqlite3.Row]:
        """What a SELECT finds. Nothing but a SELECT: writing goes through the methods below."""
        with self._lock, self._errors_said():
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, *parameters: Value) -> sqlite3.Row | None:
        found = self.rows(sql, *parameters)
        return found[0] if found else None

    def insert(self, table: str, values: Mapping[str, Any], *, replace: Sequence[str] = ()) -> int:
        """Add a row; returns its rowid. With `replace` (the key's columns) a row of the same key is updated.

        sqlite3.IntegrityError passes through: the caller knows what a clash means.
        """
        sql = _insert(table, tuple(values), tuple(replace))
        with self.transaction():
            return self._connection.execute(sql, self._redacted(values)).lastrowid or 0

    def update(self, table: str, where: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Change the rows in which every column of `where` has its value; returns how many."""
        sql = f"UPDATE {table} SET {', '.join(f'{c} = ?' for c in values)} WHERE {_all_of(where)}"  # noqa: S608 - names are this package's own
        with self.transaction():
            return self._connection.execute(sql, [*self._redacted(values), *where.values()]).rowcount

    def delete(self, table: str, where: Mapping[str, Any]) -> int:
        with self.transaction():
            sql = f"DELETE FROM {table} WHERE {_all_of(where)}"  # noqa: S608 - names are this package's own
            return self._connection.execute(sql, [*where.values()]).rowcount

    def tidy(self) -> None:
        """Bring deleted rows out of the write-ahead log too; what another process is reading stays until next time."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def problems(self) -> list[str]:
        """What SQLite's own check finds wrong; reads the whole file. Empty when all is well."""
        found = [str(r[0]) for r in self.rows("PRAGMA quick_check")]
        return [] if found == ["ok"] else found

    def _redacted(self, values: Mapping[str, Any]) -> list[Value]:
        return [self._stored(v, verbatim=c in VERBATIM) for c, v in values.items()]

    def _stored(self, value: Any, *, verbatim: bool) -> Value:
        if isinstance(value, (list, tuple)):
            return (
                "[]"
                if not value
                else json.dumps(value if verbatim else self._redacted_leaves(value), ensure_ascii=False)
            )
        if isinstance(value, Enum):
            return str(value)
        if isinstance(value, str):
            return _storable(value if verbatim else self._text(value))
        return value  # type: ignore[no-any-return] # numbers and None; SQLite refuses anything else

    def _text(self, value: str) -> str:
        if len(value) > 200:
            return self._redactor.text(value)
        if (known := self._redacted_now.get(value)) is None:
            if len(self._redacted_now) > 1000:
                self._redacted_now.clear()
            known = self._redacted_now[value] = self._redactor.text(value)
        return known

    def _redacted_leaves(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._redacted_leaves(v) for v in value]
        return _storable(self._text(value)) if isinstance(value, str) else value

    @contextmanager
    def _errors_said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            raise _said(error, self._path) from error


def _storable(text: str) -> str:
    """Bytes that were no UTF-8 (surrogates of `surrogateescape`) are shown as \\xNN: SQLite stores Unicode only."""
    return text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text


@cache
def _insert(table: str, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - names are this package's own
    if key:
        rest = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in key)
        sql += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {rest}"
    return sql


def _all_of(where: Mapping[str, Any]) -> str:
    return " AND ".join(f"{c} IS ?" for c in where)


def _prepare(path: Path) -> None:
    """The folder (0700) and an empty file (0600), durable; refuse a network file system."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    if kind := network_filesystem(path.parent):
        raise UsageError(
            f"the ledger cannot stand on a network file system ({kind}): locks do not hold there, it would corrupt",
            where=str(path.parent),
            hint="set XDG_STATE_HOME to a folder on a local disk",
        )
    if path.exists():
        path.chmod(0o600)
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:  # another process was faster
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _said(error: sqlite3.DatabaseError | OSError, path: Path) -> ReifierError:
    """What a person can do about it. Moving a broken ledger aside is theirs to decide: it holds what has run."""
    text = str(error)
    if "full" in text or getattr(error, "errno", None) == 28:
        return ReifierError(f"the disk is full: {text}", where=str(path), hint=f"free space: df -h {path.parent}")
    if "locked" in text or "busy" in text:
        return ReifierError(f"another process keeps it locked: {text}", where=str(path), hint=f"fuser -v {path}")
    if "not a database" in text or "malformed" in text:
        return ReifierError(
            f"the ledger is damaged: {text}; nothing runs without it",
            where=str(path),
            hint=f"restore a backup, or look and then: mv {path.parent} {path.parent}.damaged "
            "(everything under approved/ is then filed unexecuted)",
        )
    return ReifierError(f"the ledger cannot be used: {text}", where=str(path), hint=f"ls -ld {path.parent} {path}")
