"""`reifierd draft`: close the session and draft at once, or draft older sessions."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click

from reifierd.cli.common import Opened, echo_json, open_workspace
from reifierd.errors import UsageError
from reifierd.ledger.records import Session, SessionState

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@click.command()
@click.option("--now", "at_once", is_flag=True, help="Close the open session and draft it at once (the default).")
@click.option("--since", help="Draft the sessions since then that have none: 2h, 3d, 2w, 2026-11-20, 2026-11-20T14:00.")
@click.option("--session", "session_id", help="Draft this session (again).")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def draft(ctx: click.Context, at_once: bool, since: str | None, session_id: str | None, as_json: bool) -> None:
    """Write drafts into runbooks/drafts/; says which, or why there is none."""
    opened = open_workspace(ctx)
    wanted = _write(opened, at_once or not (since or session_id), parse_since(since, time.time()), session_id)
    if as_json:
        echo_json([{"session": s.id, "state": s.state.value, "draft": s.draft, "reason": s.reason} for s in wanted])
        return
    for s in wanted:
        why = f"session {s.id}: no draft, {s.reason or s.state.value}"
        click.echo(str(opened.layout.root / s.draft) if s.draft else why)
    if not wanted:
        click.echo("no session to draft: no new command was recorded  → reifierd doctor, reifierd sessions --all")


def parse_since(text: str | None, now: float) -> float | None:
    """Seconds since the epoch for `3d`, `2h`, or an ISO date or time (local where it names no zone)."""
    if text is None:
        return None
    if short := re.fullmatch(r"(\d+)([mhdw])", text):
        return now - timedelta(**{UNITS[short[2]]: int(short[1])}).total_seconds()
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except ValueError as error:
        hint = "reifierd draft --since 3d   (or 2026-11-20, 2026-11-20T14:00)"
        raise UsageError(f"{text!r} is no time", hint=hint) from error


def _write(opened: Opened, close: bool, since: float | None, session_id: str | None) -> list[Session]:
    """Take up what is new, reopen what was asked for, let the scribe work; returns the sessions it looked at."""
    from reifierd.daemon.wiring import build

    parts = build(opened.layout, opened.config, opened.ledger, opened.redactor, lambda _event, _fields: None)
    history = opened.ledger.history
    before = {s.id: s for s in history.sessions()}
    while parts.observer.tick(time.time()):
        pass
    if close:
        parts.observer.close_now(time.time())
    for session in _asked(opened, since, session_id) or (_held_back(opened, before) if close else []):
        history.put_session(replace(session, state=SessionState.CLOSED, reason=""))
        before.pop(session.id, None)
    while parts.scribe.tick(time.time()):
        pass
    return [s for s in history.sessions() if s.state is not SessionState.OPEN and _changed(s, before.get(s.id))]


def _held_back(opened: Opened, before: dict[str, Session]) -> list[Session]:
    """At first sight older work is held back; where there is nothing else, "now" means the latest of it."""
    history = opened.ledger.history
    if history.sessions(SessionState.CLOSED):
        return []
    return [s for s in history.sessions(SessionState.SKIPPED) if s.id not in before][-1:]


def _asked(opened: Opened, since: float | None, session_id: str | None) -> list[Session]:
    history = opened.ledger.history
    if session_id is not None:
        found = history.session(session_id)
        if found is None:
            raise UsageError(f"there is no session {session_id!r}", hint="reifierd sessions --all")
        return [found]
    return history.sessions(SessionState.SKIPPED, since) if since is not None else []


def _changed(session: Session, before: Session | None) -> bool:
    return before is None or (before.state, before.draft) != (session.state, session.draft)
