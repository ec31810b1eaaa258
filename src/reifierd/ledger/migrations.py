"""The schema as ordered functions: number N brings a ledger from version N to N + 1; none is changed once released.

Tables are STRICT; texts that are JSON are written and read by the store's own modules only. `key` columns are digests
of paths (`records.key_of`), so that a path whose text was redacted is found again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from reifierd.errors import UsageError

_FIRST = """
CREATE TABLE sources (
  key TEXT PRIMARY KEY, path TEXT NOT NULL, shell TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, offset INTEGER NOT NULL, entries INTEGER NOT NULL,
  digests TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, started REAL NOT NULL, ended REAL NOT NULL, draft TEXT, reason TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_end ON sessions (ended);
CREATE TABLE commands (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT REFERENCES sessions (id), command TEXT NOT NULL,
  shell TEXT NOT NULL, source TEXT NOT NULL, cwd TEXT, started REAL, duration REAL, exit INTEGER, tty TEXT,
  shell_pid INTEGER, shell_session TEXT, host TEXT, user TEXT, umask TEXT, env TEXT NOT NULL, params TEXT NOT NULL,
  edits TEXT NOT NULL, noise INTEGER NOT NULL
) STRICT;
CREATE INDEX commands_by_session ON commands (session);
CREATE INDEX commands_by_time ON commands (started);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE met (id INTEGER PRIMARY KEY CHECK (id = 1), key TEXT NOT NULL) STRICT;
CREATE TABLE approvals (
  key TEXT NOT NULL, sha256 TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, seen REAL NOT NULL, run_id TEXT,
  reason TEXT NOT NULL, hold TEXT, turn INTEGER NOT NULL, PRIMARY KEY (key, sha256)
) STRICT;
CREATE INDEX approvals_by_sha ON approvals (sha256);
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, runbook TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL,
  started REAL NOT NULL, ended REAL, pid INTEGER, report TEXT, reason TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_time ON runs (started);
CREATE INDEX runs_by_state ON runs (state);
CREATE TABLE steps (
  run_id TEXT NOT NULL REFERENCES runs (run_id), n INTEGER NOT NULL, attempt INTEGER NOT NULL, section TEXT NOT NULL,
  command TEXT NOT NULL, line INTEGER NOT NULL, cwd TEXT NOT NULL, state TEXT NOT NULL, started REAL NOT NULL,
  name TEXT NOT NULL, duration REAL, exit INTEGER, output TEXT NOT NULL, pid INTEGER, pid_start INTEGER,
  PRIMARY KEY (run_id, n, attempt)
) STRICT;
CREATE INDEX steps_by_state ON steps (state);
CREATE TABLE lines (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL REFERENCES runs (run_id), at REAL NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX lines_by_run ON lines (run_id, id);
CREATE TABLE words (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
  at REAL NOT NULL, sha256 TEXT NOT NULL, key TEXT NOT NULL, heard INTEGER NOT NULL
) STRICT;
CREATE TABLE digests (
  dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (dev, ino)
) STRICT;
"""


def _first(connection: sqlite3.Connection) -> None:
    for statement in _FIRST.split(";\n"):
        if statement.strip():
            connection.execute(statement)


_OTHER_RECORD = """
ALTER TABLE commands ADD COLUMN arrived REAL;
ALTER TABLE commands ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX commands_by_arrival ON commands (arrived) WHERE arrived IS NOT NULL;
CREATE INDEX commands_unsettled ON commands (shell, id) WHERE settled = 0
"""


def _other_record(connection: sqlite3.Connection) -> None:
    """What tells whether the hook and the history file speak of the same command."""
    for statement in _OTHER_RECORD.split(";\n"):
        connection.execute(statement)


def _turns(connection: sqlite3.Connection) -> None:
    """The next turn is asked for with every approval; without an index that reads all of them."""
    connection.execute("CREATE INDEX approvals_by_turn ON approvals (turn)")


_SILENCES = """
CREATE TABLE silences (
  id INTEGER PRIMARY KEY, shell TEXT NOT NULL, shell_session TEXT NOT NULL, began REAL NOT NULL, ended REAL NOT NULL,
  sizes TEXT NOT NULL
) STRICT;
ALTER TABLE sessions ADD COLUMN recorded REAL
"""


def _silences(connection: sqlite3.Connection) -> None:
    """What must not be taken from a history file; and an age of sessions that old histories do not make great."""
    for statement in _SILENCES.split(";\n"):
        connection.execute(statement)


_LIBRARIES = """
ALTER TABLE approvals ADD COLUMN folder TEXT NOT NULL DEFAULT 'runbooks/approved';
ALTER TABLE met RENAME TO met_before;
CREATE TABLE met (id TEXT PRIMARY KEY, key TEXT NOT NULL) STRICT;
INSERT INTO met SELECT 'runbooks/approved', key FROM met_before;
DROP TABLE met_before;
DROP TABLE digests;
CREATE TABLE digests (
  kind TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (kind, dev, ino)
) STRICT
"""


def _libraries(connection: sqlite3.Connection) -> None:
    """Several folders of consent over one ledger: each meets it by itself. Digests are a cache: read anew."""
    for statement in _LIBRARIES.split(";\n"):
        connection.execute(statement)


_SPENT = """
CREATE TABLE spent (
  folder TEXT NOT NULL, sha256 TEXT NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL, born INTEGER NOT NULL,
  PRIMARY KEY (folder, sha256, dev, ino, born)
) STRICT;
INSERT INTO spent SELECT DISTINCT folder, sha256, 0, 0, 0 FROM approvals WHERE run_id IS NOT NULL OR state = 'filed';
CREATE TABLE generation (id INTEGER PRIMARY KEY CHECK (id = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO generation VALUES (1, 0)
"""


def _spent(connection: sqlite3.Connection) -> None:
    """Bytes whose consent was used, with the files that held them; and how often that was, to tell an old ledger."""
    for statement in _SPENT.split(";\n"):
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _first,
    _other_record,
    _turns,
    _silences,
    _libraries,
    _spent,
)


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Bring the schema up to date, all in one transaction (two processes may try at once: the second finds it done).

    UsageError: the ledger was written by a newer reifierd.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[_version(connection, where) :]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, where: str) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise UsageError(
            f"the ledger has version {version}, this reifierd knows up to {len(MIGRATIONS)}",
            where=where,
            hint="run the newer reifierd that wrote it (reifierd --version)",
        )
    return version
