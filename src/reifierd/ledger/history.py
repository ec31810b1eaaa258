"""What was typed: sources, commands, sessions, and how far each source was read.

A command belongs to at most one session; `unassigned` ones wait for the observer to group them. A source's mark
moves in the same transaction as the commands that were read up to it (`ingest`), so that a crash neither loses nor
repeats one.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, astuple, replace
from datetime import UTC, datetime
from typing import Any

from reifierd.errors import UsageError
from reifierd.ledger.db import Database
from reifierd.ledger.records import Command, FileEdit, SecretParam, Session, SessionState, Silence, SourceMark, key_of

_IN_ORDER = "ORDER BY coalesce(started, arrived, 0), id"
_HEX = re.compile(r"[0-9a-f]*")


class History:
    """The observer's and the scribe's part of the ledger."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def source(self, path: str) -> SourceMark | None:
        """How far the source was read; its `path` is given back as it was asked for."""
        row = self._db.row("SELECT * FROM sources WHERE key = ?", key_of(path))
        if row is None:
            return None
        facts = {c: row[c] for c in row.keys() if c not in ("key", "path", "digests")}  # noqa: SIM118 - a Row iterates values
        return SourceMark(path=path, digests=tuple(json.loads(row["digests"])), **facts)

    def put_source(self, mark: SourceMark) -> None:
        """ValueError: a digest that is not hexadecimal (a text would get past the redaction here)."""
        if not all(_HEX.fullmatch(d) for d in mark.digests):
            raise ValueError("a mark's digests are hexadecimal")
        self._db.insert("sources", {"key": key_of(mark.path), **asdict(mark)}, replace=["key"])

    def add(self, commands: Iterable[Command]) -> list[Command]:
        """Store new commands; returned with their ids, in the same order."""
        with self._db.transaction():
            return [replace(c, id=self._db.insert("commands", _command_values(c))) for c in commands]

    def ingest(self, mark: SourceMark, commands: Iterable[Command]) -> list[Command]:
        """`add` and `put_source` in one transaction."""
        with self._db.transaction():
            added = self.add(commands)
            self.put_source(mark)
        return added

    def commands(self, session_id: str) -> list[Command]:
        """A session's commands in the order in which they were started (those without a time in order of arrival)."""
        return _commands(self._db.rows(f"SELECT * FROM commands WHERE session = ? {_IN_ORDER}", session_id))  # noqa: S608 - a constant

    def unassigned(self) -> list[Command]:
        return _commands(self._db.rows(f"SELECT * FROM commands WHERE session IS NULL {_IN_ORDER}"))  # noqa: S608 - a constant

    def between(self, start: float, end: float) -> list[Command]:
        """The commands that were started in [start, end]: what another source may have seen as well."""
        sql = f"SELECT * FROM commands WHERE started BETWEEN ? AND ? {_IN_ORDER}"  # noqa: S608 - a constant
        return _commands(self._db.rows(sql, start, end))

    def unsettled_hook(self, shell: str) -> list[Command]:
        """What this shell's hook recorded and its history file has not shown yet, in the order of the records."""
        sql = "SELECT * FROM commands WHERE settled = 0 AND shell = ? AND source = 'hook' ORDER BY id"
        return _commands(self._db.rows(sql, shell))

    def unsettled_history(self, shell: str, start: float, end: float) -> list[Command]:
        """What history files showed of [start, end] (without a time: since `start`) and no hook has recorded yet."""
        sql = (
            "SELECT * FROM commands WHERE settled = 0 AND shell = ? AND source != 'hook' "
            "AND (started BETWEEN ? AND ? OR (started IS NULL AND arrived >= ?)) ORDER BY id"
        )
        return _commands(self._db.rows(sql, shell, start, end, start))

    def latest(self, source: str) -> Command | None:
        """The command that was added last from this source."""
        row = self._db.row("SELECT * FROM commands WHERE source = ? ORDER BY id DESC LIMIT 1", source)
        return _command(row) if row else None

    def transaction(self) -> AbstractContextManager[None]:
        """All of what is done within, or nothing of it."""
        return self._db.transaction()

    def update_command(self, command: Command) -> None:
        self._db.update("commands", {"id": command.id}, _command_values(command))

    def drop(self, ids: Iterable[int | None]) -> None:
        """Take out commands that turned out to be part of another one."""
        with self._db.transaction():
            for one in ids:
                self._db.delete("commands", {"id": one})

    def add_silences(self, silences: Iterable[Silence]) -> None:
        with self._db.transaction():
            for each in silences:
                self._db.insert("silences", {c: v for c, v in asdict(each).items() if c != "id"})

    def silences(self, shell: str) -> list[Silence]:
        """What was typed in this kind of shell and is not to be known, oldest first."""
        rows = self._db.rows("SELECT * FROM silences WHERE shell = ? ORDER BY began, id", shell)
        return [Silence(**{**dict(r), "sizes": tuple(json.loads(r["sizes"]))}) for r in rows]

    def drop_silences(self, ids: Iterable[int | None]) -> None:
        with self._db.transaction():
            for one in ids:
                self._db.delete("silences", {"id": one})

    def assign(self, session_id: str, ids: Iterable[int]) -> None:
        with self._db.transaction():
            for one in ids:
                self._db.update("commands", {"id": one}, {"session": session_id})

    def session(self, session_id: str) -> Session | None:
        row = self._db.row("SELECT * FROM sessions WHERE id = ?", session_id)
        return _session(row) if row else None

    def sessions(self, state: SessionState | None = None, since: float | None = None) -> list[Session]:
        """Oldest first. `since`: those that ended then or later."""
        sql = "SELECT * FROM sessions WHERE (? IS NULL OR state = ?) AND (? IS NULL OR ended >= ?) ORDER BY started, id"
        return [_session(r) for r in self._db.rows(sql, state, state, since, since)]

    def put_session(self, session: Session) -> None:
        self._db.insert("sessions", asdict(session), replace=["id"])

    def new_session_id(self, started: float) -> str:
        """The id of a session that started then; `-2` … where one has it already."""
        base = datetime.fromtimestamp(int(started), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        name, n = base, 1
        while self.session(name) is not None:
            n += 1
            name = f"{base}-{n}"
        return name

    def merge(self, ids: Sequence[str]) -> Session:
        """Make one session of several, under the id of the earliest. UsageError for an id that is not there."""
        with self._db.transaction():
            first, *others = sorted((self._known(i) for i in dict.fromkeys(ids)), key=lambda s: (s.started, s.id))
            for other in others:
                self._db.update("commands", {"session": other.id}, {"session": first.id})
                self._db.delete("sessions", {"id": other.id})
            everyone = [first, *others]
            is_open = any(s.state is SessionState.OPEN for s in everyone)
            merged = replace(
                first,
                state=SessionState.OPEN if is_open else SessionState.CLOSED,
                ended=max(s.ended for s in everyone),
                reason="",
            )
            self.put_session(merged)
        return merged

    def split(self, session_id: str, command_id: int) -> tuple[Session, Session]:
        """Move a command and all after it into a session of their own. Both are closed, to be drafted anew."""
        with self._db.transaction():
            old, commands = self._known(session_id), self.commands(session_id)
            at = next((i for i, c in enumerate(commands) if c.id == command_id), 0)
            if at == 0:
                raise UsageError(
                    f"command {command_id} is not in session {session_id}, or is its first",
                    hint=f"reifierd sessions show {session_id}",
                )
            before, after = commands[:at], commands[at:]
            start = after[0].started if after[0].started is not None else old.ended
            new = Session(self.new_session_id(start), SessionState.CLOSED, start, old.ended, recorded=old.recorded)
            kept = replace(old, state=SessionState.CLOSED, ended=_end_of(before, old.started), reason="")
            self.put_session(new)
            self.put_session(kept)
            self.assign(new.id, [c.id for c in after if c.id is not None])
        return kept, new

    def forget(self, session_id: str) -> None:
        """Take a session and its commands out for good (the freed pages are overwritten). UsageError when not there."""
        with self._db.transaction():
            self._known(session_id)
            self._remove(session_id)
        self._db.tidy()

    def trim(self, older_than: float, max_bytes: int) -> int:
        """Forget sessions that ended and were recorded before `older_than`, and the oldest beyond `max_bytes` of
        history; never an open one.

        Commands in no session, and silences, go by age alone. Returns how many sessions went.
        """
        with self._db.transaction():
            sizes = self._sizes()
            total, gone = sum(sizes.values()), 0
            for session in self.sessions():
                young = max(session.ended, session.recorded or 0.0) >= older_than
                if session.state is SessionState.OPEN or (young and total <= max_bytes):
                    continue
                total -= sizes.get(session.id, 0)
                self._remove(session.id)
                gone += 1
            for row in self._db.rows("SELECT id FROM commands WHERE session IS NULL AND started < ?", older_than):
                self._db.delete("commands", {"id": row["id"]})
            self.drop_silences(r["id"] for r in self._db.rows("SELECT id FROM silences WHERE ended < ?", older_than))
        if gone:
            self._db.tidy()
        return gone

    def get(self, key: str) -> str | None:
        """A small setting of the daemon's own ("first start done")."""
        row = self._db.row("SELECT value FROM settings WHERE key = ?", key)
        return None if row is None else str(row["value"])

    def put(self, key: str, value: str) -> None:
        self._db.insert("settings", {"key": key, "value": value}, replace=["key"])

    def _known(self, session_id: str) -> Session:
        if (found := self.session(session_id)) is None:
            raise UsageError(f"there is no session {session_id}", hint="reifierd sessions")
        return found

    def _remove(self, session_id: str) -> None:
        self._db.delete("commands", {"session": session_id})
        self._db.delete("sessions", {"id": session_id})

    def _sizes(self) -> dict[str, int]:
        sql = (
            "SELECT session, sum(200 + length(command) + length(env) + length(params) + length(edits)) AS size "
            "FROM commands WHERE session IS NOT NULL GROUP BY session"
        )
        return {r["session"]: r["size"] for r in self._db.rows(sql)}


def _end_of(commands: Sequence[Command], otherwise: float) -> float:
    return max((c.started + (c.duration or 0) for c in commands if c.started is not None), default=otherwise)


def _command_values(command: Command) -> dict[str, Any]:
    values = {c: getattr(command, c) for c in Command.__dataclass_fields__ if c != "id"}
    values["env"] = [list(pair) for pair in command.env]
    values["params"] = [astuple(p) for p in command.params]
    values["edits"] = [astuple(e) for e in command.edits]
    return values


def _commands(rows: Iterable[sqlite3.Row]) -> list[Command]:
    return [_command(r) for r in rows]


def _command(row: sqlite3.Row) -> Command:
    values = dict(row)
    values["env"] = tuple((str(k), str(v)) for k, v in _items(values["env"]))
    values["params"] = tuple(SecretParam(*p) for p in _items(values["params"]))
    values["edits"] = tuple(FileEdit(*e) for e in _items(values["edits"]))
    values["noise"], values["settled"] = bool(values["noise"]), bool(values["settled"])
    return Command(**values)


def _items(text: str) -> list[Any]:
    found: list[Any] = [] if text == "[]" else json.loads(text)  # most are empty, and there may be a million
    return found


def _session(row: sqlite3.Row) -> Session:
    values = dict(row)
    return Session(**{**values, "state": SessionState(values["state"])})
