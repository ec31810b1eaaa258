"""Sessions in the ledger: where new commands go, when a session ends, and what the first start holds back.

How commands make sessions is decided in sessions.py; here that is carried out on the rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from reifierd.ledger.history import History
from reifierd.ledger.records import Command, Session, SessionState
from reifierd.loops.observer.sessions import Stretch, begin, end, group, who
from reifierd.loops.observer.settings import ObserverSettings
from reifierd.shell import Context, read

HELD_BACK = "held back at the first start"
NO_TIMES = "its history has no times"
BUSY_AT_MOST = 1800.0  # seconds for which a program that is still running keeps its session open
_DAY = 86400.0
_SHELLS = ("bash", "zsh", "fish")
_STARTED = "first start done"


class Grouping:
    """One tick's work on the sessions of `history`."""

    def __init__(
        self, settings: ObserverSettings, history: History, say: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        self._settings, self._history, self._say = settings, history, say

    def place(self, commands: Sequence[Command], now: float, found: Set[int | None]) -> None:
        """Give each command its session.

        `found` are the ids of those that stood in files not seen before: of the old sessions that they make, most
        are held back, as are those of the very first tick; all of them where nothing says when they were typed.
        """
        first = self._history.get(_STARTED) is None
        undated = [c for c in commands if c.id in found and c.started is None]
        dated = [c for c in commands if not (c.id in found and c.started is None)]
        placed = [(s, self._store(s, now)) for s in self._grouped(dated, now)]
        new = [(s, session) for s, session in placed if s.id is None]
        old = [session for s, session in new if first or _all_in(s, found)]
        held = [*self._hold_undated(undated, now), *self._hold_back(old, now)]
        self._tell("first start" if first else "history found", [session for _, session in new], old, held, now)
        if first:
            self._history.put(_STARTED, "yes")

    def close_ended(self, now: float) -> bool:
        """Close what has had no command for longer than the gap; True where there was one."""
        over = [s for s in self._history.sessions(SessionState.OPEN) if now - s.ended > self._settings.gap]
        over = [s for s in over if not self._busy(s, now)]
        self._close(over)
        return bool(over)

    def close_all(self, now: float) -> None:
        self._close(self._history.sessions(SessionState.OPEN))

    def _close(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            self._history.put_session(replace(session, state=SessionState.CLOSED))
            self._say("session.closed", {"session": session.id, "commands": len(self._history.commands(session.id))})

    def _grouped(self, commands: Sequence[Command], now: float) -> list[Stretch]:
        if not commands:
            return []
        earliest = min(map(begin, commands)) - self._settings.gap
        return group(commands, self._stretches(earliest, now), self._settings.gap)

    def _stretches(self, earliest: float, now: float) -> list[Stretch]:
        """The sessions that may still grow: those without a draft; one that was passed over only while it is fresh."""
        found = []
        for session in self._history.sessions(since=earliest):
            fresh = now - session.ended <= self._settings.gap
            passed_over = session.state is SessionState.SKIPPED and (not fresh or session.reason.startswith(NO_TIMES))
            if session.state is SessionState.DRAFTED or passed_over:
                continue
            names = (who(c) for c in self._history.commands(session.id))
            found.append(Stretch(session.started, session.ended, next(filter(None, names), ""), session.id))
        return found

    def _store(self, stretch: Stretch, now: float) -> Session:
        old = self._history.session(stretch.id) if stretch.id else None
        is_new = old is None
        session = old or Session(
            self._history.new_session_id(stretch.start), SessionState.OPEN, stretch.start, stretch.end, recorded=now
        )
        if not is_new and now - stretch.end <= self._settings.gap:
            session = replace(session, state=SessionState.OPEN, reason="")
        session = replace(session, started=min(stretch.start, session.started), ended=max(stretch.end, session.ended))
        self._history.put_session(session)
        self._history.assign(session.id, [c.id for c in stretch.fresh if c.id is not None])
        return session

    def _hold_undated(self, commands: Sequence[Command], now: float) -> list[Session]:
        """The end of a history that says nothing of when: months of unrelated work, maybe. One session a file."""
        held = []
        for source in dict.fromkeys(c.source for c in commands):
            mine = [c for c in commands if c.source == source]
            start, last = min(map(begin, mine)), max(map(end, mine))
            name = self._history.new_session_id(start)
            reason = f"{NO_TIMES}: `reifierd draft --session {name}` drafts it anyway"
            held.append(Session(name, SessionState.SKIPPED, start, last, reason=reason, recorded=now))
            self._history.put_session(held[-1])
            self._history.assign(name, [c.id for c in mine if c.id is not None])
        return held

    def _hold_back(self, sessions: Sequence[Session], now: float) -> list[Session]:
        """Of what was there before us only the newest few sessions that changed something are drafted; the others."""
        left, held = self._settings.first_drafts, []
        for session in sorted(sessions, key=lambda s: s.started, reverse=True):
            recent = session.ended >= now - self._settings.first_days * _DAY
            if self._goes_on(session, now):
                left -= 1  # no old story
            elif left > 0 and recent and self._changed_something(session):
                left -= 1
            else:
                held.append(replace(session, state=SessionState.SKIPPED, reason=HELD_BACK))
                self._history.put_session(held[-1])
        return held

    def _tell(
        self, event: str, new: Sequence[Session], old: Sequence[Session], held: Sequence[Session], now: float
    ) -> None:
        """A line for each session that begins now; one for all that was there before us, however many they are."""
        past = {s.id for s in old if not self._goes_on(s, now)}
        for session in new:
            if session.id not in past:
                self._say("session.opened", {"session": session.id})
        if found := past | {s.id for s in held}:
            facts = {"sessions": len(found), "drafted": len(found) - len(held), "held_back": len(held)}
            hint = "reifierd sessions --all, then reifierd draft --since 30d or --session ID"
            self._say(event, facts | ({"hint": hint} if held else {}))

    def _goes_on(self, session: Session, now: float) -> bool:
        return now - session.ended <= self._settings.gap

    def _changed_something(self, session: Session) -> bool:
        commands = (c.command for c in self._history.commands(session.id) if not c.noise)
        return any(not read(text, Context()).read_only for text in commands)

    def _busy(self, session: Session, now: float) -> bool:
        """A shell of the session is running a program right now (the hook tells of a command only when it ends)."""
        if now - session.ended > BUSY_AT_MOST:
            return False
        pids = {c.shell_pid for c in self._history.commands(session.id) if c.shell_pid}
        return any(map(_runs_something, pids))


def _all_in(stretch: Stretch, found: Set[int | None]) -> bool:
    return all(c.id in found for c in stretch.fresh)


def _runs_something(pid: int) -> bool:
    """The foreground process group of the shell's terminal is not the shell's own (proc(5), `tpgid`), nor ours."""
    try:
        name, _, facts = Path(f"/proc/{pid}/stat").read_text().partition(" (")[2].rpartition(") ")
    except OSError:
        return False
    fields = facts.split()
    return name in _SHELLS and fields[5] not in ("-1", fields[2], str(os.getpgrp()))
