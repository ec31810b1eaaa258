"""The observer's tick: read the history files and the hooks' spool, store what is new, group it into sessions.

Level-triggered: a tick looks at everything that stands there and asks no event what happened. It holds a lock file,
so that the daemon and `reifierd draft --now` may tick at once. Raw text lives in memory only; what goes into the
ledger has been through the redaction.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reifierd.ledger import Ledger
from reifierd.ledger.records import Command, SecretParam, Silence, SourceMark
from reifierd.loops.observer.edits import file_edit
from reifierd.loops.observer.formats import Entry
from reifierd.loops.observer.grouping import NO_TIMES, Grouping
from reifierd.loops.observer.match import NEAR, TYPING, earlier_seen, settle
from reifierd.loops.observer.noise import is_noise
from reifierd.loops.observer.own import Own
from reifierd.loops.observer.sessions import end
from reifierd.loops.observer.settings import ObserverSettings
from reifierd.loops.observer.silence import earlier, silent
from reifierd.loops.observer.sources import history_files, missing_files
from reifierd.loops.observer.spool import make_spools, read_spool, remove
from reifierd.loops.observer.spool_records import SpoolMark, SpoolRecord
from reifierd.loops.observer.tail import News, follow
from reifierd.redaction import Redactor
from reifierd.workspace.layout import runtime_dirs

Say = Callable[[str, Mapping[str, Any]], None]
FIRST_WITHOUT_TIMES = 100  # of a history without times only the end can be recent work: so many entries at first sight
FIRST_AT_MOST = 1000  # … and so many of one with times: redacting them takes a second or two, once
_DAY = 86400.0
_TRIM_EVERY = 3600.0
_KEY_BYTES = 32


@dataclass(frozen=True)
class Observer:
    """What was typed in the shells of this user, kept in `ledger`; `state` is the workspace's state directory."""

    settings: ObserverSettings
    ledger: Ledger
    redactor: Redactor
    state: Path
    say: Say = lambda event, fields: None
    own: Own | None = None  # where reifierd's own things stand: what is done to them is noise

    def tick(self, now: float) -> bool:
        """Take in all that is new and close the sessions that have ended; True when there was anything."""
        with self._alone():
            key = self._key()
            news = [(n, f"history:{p}") for p in self.histories() if (n := self._news(p, key))]
            hooked = self._take_spool(key)  # read after the histories: what is marked to be left out is marked by then
            seen = [self._take_history(n, name) for n, name in news]
            self._miss()
            with self.ledger.history.transaction():
                grouping = Grouping(self.settings, self.ledger.history, self.say)
                found = {c.id for commands, first in seen if first for c in commands}
                grouping.place(self.ledger.history.unassigned(), now, found)
                closed = grouping.close_ended(now)
            self._trim(now)
        return hooked or closed or any(commands for commands, _ in seen)

    def close_now(self, now: float) -> None:
        """End the open sessions, to be drafted at once."""
        with self._alone(), self.ledger.history.transaction():
            Grouping(self.settings, self.ledger.history, self.say).close_all(now)

    def histories(self) -> list[Path]:
        return history_files(self.settings, os.environ, Path.home())

    def watched(self) -> list[Path]:
        """The folders in which a change may mean a new command."""
        make_spools(runtime_dirs())
        spools = (place / "spool" for place in runtime_dirs())
        return list(dict.fromkeys([*(p.parent for p in self.histories()), *(s for s in spools if s.is_dir())]))

    def _take_spool(self, key: bytes) -> bool:
        """Store what the hooks wrote, then remove it; what another tick has stored already is only removed."""
        history, some = self.ledger.history, False
        for file in read_spool(runtime_dirs()):
            if file.problem:
                self.say("spool.problem", {"level": "warning", "file": str(file.path), "problem": file.problem})
                continue
            mark = history.source(file.source) or SourceMark(file.source)
            fresh, marks = file.after(mark.offset), file.marks_after(mark.offset)
            commands = [self._from_hook(r, key) for r in fresh if r.command.strip()]
            with history.transaction():
                told = [c for m in marks for c in self._hush(m)]
                joined = [(c, self._join(c)) for c in commands]
                history.ingest(
                    replace(mark, offset=max(mark.offset, file.last)), [c for c, known in joined if known is None]
                )
            told += [known for _, known in joined if known is not None]
            for session in {c.session for c in told if c.session}:
                if not history.commands(session):
                    history.forget(session)
            remove(file)
            some = some or bool(commands or marks)
        return some

    def _hush(self, mark: SpoolMark) -> list[Command]:
        """Remember the mark. Where the history file was faster, what it told of that line goes, and is returned."""
        history = self.ledger.history
        silence = Silence(mark.shell, mark.shell_session, mark.began, mark.ended, mark.sizes)
        told = earlier(silence, history.unsettled_history(mark.shell, mark.began - NEAR, mark.ended + NEAR))
        history.drop(c.id for c in told)
        if not told or told[0].started is not None:
            history.add_silences([silence])
        return told

    def _join(self, hook: Command) -> Command | None:
        """The history file was faster: its record, which is returned as it was, becomes the hook's.

        One that was held back with its history leaves it: the hook knows that it is new.
        """
        history, start = self.ledger.history, hook.started or 0.0
        near = history.unsettled_history(hook.shell, start - TYPING, start + (hook.duration or 0.0) + NEAR)
        found = earlier_seen(hook, near)
        if not found:
            return None
        first = found[0]
        session = history.session(first.session) if first.session else None
        if session is not None and session.reason.startswith(NO_TIMES):
            session = None
        place = session.id if session else None
        history.update_command(replace(hook, id=first.id, session=place, arrived=first.arrived, settled=True))
        history.drop(c.id for c in found[1:])
        if session is not None:
            history.put_session(replace(session, ended=max(session.ended, end(hook))))
        return first

    def _miss(self) -> None:
        """Remember which histories are not there yet: one that begins later is no old story, times or not."""
        history = self.ledger.history
        for path in missing_files(self.settings, os.environ, Path.home()):
            if history.source(f"history:{path}") is None:
                history.put_source(SourceMark(f"history:{path}"))

    def _news(self, path: Path, key: bytes) -> News | None:
        return follow(path, self.ledger.history.source(f"history:{path}"), key)

    def _take_history(self, news: News, name: str) -> tuple[list[Command], bool]:
        """The commands that only the history file knows, and whether they may be older than the observer: the file was
        seen for the first time (one without times: and was there before)."""
        history = self.ledger.history
        began = history.source(name) is not None and all(e.timestamp is None for e in news.entries)
        entries = _wanted(news)
        seen = [self._from_history(e, news, name) for e in entries]
        with history.transaction():
            if news.grown:
                self._grow(self._from_history(news.grown, news, name))
            new, settled = settle(seen, history.unsettled_hook(news.mark.shell)) if seen else ([], [])
            for command in settled:
                history.update_command(replace(command, settled=True))
            only_here = {id(c) for c in new}
            rest = [(c, e) for c, e in zip(seen, entries, strict=True) if id(c) in only_here]
            out, used = (
                silent([e for _, e in rest], news.arrived, history.silences(news.mark.shell))
                if rest
                else (set(), set())
            )
            history.drop_silences(used)
            added = history.ingest(replace(news.mark, path=name), [c for i, (c, _) in enumerate(rest) if i not in out])
        return added, news.first and not began

    def _grow(self, command: Command) -> None:
        """More lines of the last entry have come; the hook's record of it is whole as it is."""
        last = self.ledger.history.latest(command.source)
        if last and last.started == command.started and command.command.startswith(last.command):
            self.ledger.history.update_command(
                replace(last, command=command.command, params=command.params, noise=command.noise)
            )

    def _from_history(self, entry: Entry, news: News, source: str) -> Command:
        stamp = entry.timestamp  # a line of a heredoc may have been taken for one: then it can be any figure
        sane = stamp is not None and 0 < stamp <= news.arrived + _DAY
        return self._command(
            entry.command,
            news.mark.shell,
            source=source,
            started=float(stamp) if stamp is not None and sane else None,
            duration=None if entry.duration is None else min(float(entry.duration), _DAY),
            arrived=news.arrived,
        )

    def _from_hook(self, record: SpoolRecord, key: bytes) -> Command:
        edits = (file_edit(copy, key) for copy in record.copies)
        return self._command(
            record.command,
            record.shell,
            source="hook",
            cwd=record.cwd,
            started=record.started,
            duration=record.duration,
            exit=record.exit,
            tty=record.tty,
            shell_pid=record.shell_pid,
            shell_session=record.shell_session,
            host=record.host,
            user=record.user,
            umask=record.umask,
            env=record.env,
            edits=tuple(e for e in edits if e is not None),
        )

    def _command(self, text: str, shell: str, **facts: Any) -> Command:
        found = self.redactor.command(text, shell)
        params = tuple(SecretParam(name, help_) for name, help_ in found.params)
        noise = is_noise(found.text, self.settings.noise, self.own, facts.get("cwd"))
        return Command(found.text, shell, params=params, noise=noise, **facts)

    def _trim(self, now: float) -> None:
        history = self.ledger.history
        if now - float(history.get("trimmed") or 0.0) >= _TRIM_EVERY:
            history.trim(now - self.settings.retention_days * _DAY, int(self.settings.retention_mb * 1e6))
            history.put("trimmed", str(int(now)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One tick at a time, whichever process; the kernel frees the lock of one that died."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(self.state / "observer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _key(self) -> bytes:
        """The secret with which digests are keyed; it stands beside the ledger, never in it."""
        path = self.state / "observer.key"
        if not path.exists() or path.stat().st_size != _KEY_BYTES:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
        return path.read_bytes()


def _wanted(news: News) -> list[Entry]:
    """All that is new; of a file seen for the first time the end, however old: `draft --since` may ask for it."""
    if not news.first:
        return list(news.entries)
    timed = [e for e in news.entries if e.timestamp is not None]
    return timed[-FIRST_AT_MOST:] if timed else list(news.entries[-FIRST_WITHOUT_TIMES:])
