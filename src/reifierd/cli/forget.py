"""`reifierd forget SESSION`: out of every store, for good.

What the ledger holds of it goes at once: its commands, its edits, the records of the runs of what was written from it.
That a file had consent stays known, so that none runs twice. Files are the person's: they are removed when asked for.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from reifierd.cli.common import Opened, open_workspace
from reifierd.cli.sessions import find_session
from reifierd.documents import parse_runbook
from reifierd.errors import UsageError
from reifierd.ledger.records import Run, RunState, Session
from reifierd.workspace.layout import APPROVED, DRAFTS, FOLDERS, REPORTS

_EVERY_RUN = 1_000_000
_UNDER_WAY = (RunState.RUNNING, RunState.WAITING)


@click.command()
@click.argument("session")
@click.option("--drafts", is_flag=True, help="Remove what was written from it and still stands in drafts/ too.")
@click.option("--all-files", is_flag=True, help="… and in every other folder: the approved copy, its runs' reports.")
@click.pass_context
def forget(ctx: click.Context, session: str, drafts: bool, all_files: bool) -> None:
    """Remove SESSION, its commands, its recorded edits and the records of its runbook's runs from every store."""
    opened = open_workspace(ctx)
    found = _Traces.of(opened, session)
    if alive := [r.run_id for r in found.runs if r.state in _UNDER_WAY]:
        raise UsageError(f"run {alive[0]} of what was written from it is not over", hint=f"reifierd stop {alive[0]}")
    opened.ledger.journal.forget_runs(r.run_id for r in found.runs)
    if found.session is not None:
        opened.ledger.history.forget(found.session.id)
    click.echo(f"session {found.name} is forgotten; your shell's own history file is yours and stays as it is")
    _files(opened, found.files, drafts, all_files)


def _files(opened: Opened, files: list[Path], drafts: bool, all_files: bool) -> None:
    left = []
    for path in files:
        if all_files or (drafts and path.is_relative_to(opened.layout.folder(DRAFTS))):
            path.unlink()
            click.echo(f"removed {path}")
        else:
            left.append(str(path))
    if left:
        click.echo("made from it, and still there:")
        click.echo("".join(f"  {path}\n" for path in left) + f"  → rm {shlex.join(left)}")


@dataclass(frozen=True)
class _Traces:
    """All that came from a session: `session` is None where only files are left of it."""

    name: str
    session: Session | None
    runs: list[Run]
    files: list[Path]

    @classmethod
    def of(cls, opened: Opened, name: str) -> _Traces:
        """UsageError where nothing is left of a session of that name."""
        try:
            session = find_session(opened, name)
            runbooks = _runbooks(opened, session.id, session.draft)
        except UsageError:
            session = None
            if not (runbooks := _runbooks(opened, name)):
                raise
        names = {str(path.relative_to(opened.layout.root)) for path in runbooks}
        names |= _approved_once(opened, session) if session else set()
        digests = set(runbooks.values())
        runs = [r for r in opened.ledger.journal.runs(_EVERY_RUN) if r.runbook in names or r.sha256 in digests]
        reports = _reports(opened, runs, names, digests)
        return cls(session.id if session else name, session, runs, sorted({*runbooks, *reports}))


def _approved_once(opened: Opened, session: Session) -> set[str]:
    """The name under which the draft was approved if it was, where the file is gone and no other session's had it."""
    if session.draft is None:
        return set()
    name = Path(session.draft).name
    others = (s.draft for s in opened.ledger.history.sessions() if s.id != session.id and s.draft)
    taken = opened.layout.folder(APPROVED).joinpath(name).exists() or any(Path(d).name == name for d in others)
    return set() if taken else {f"{APPROVED}/{name}"}


def _runbooks(opened: Opened, session: str, draft: str | None = None) -> dict[Path, str]:
    """The files that name the session as their source, the one it was drafted to wherever that was moved, and the
    copies of them (by the id in the front matter); with the SHA-256 of each."""
    documents = dict(_documents(opened))
    named = {path for path in documents if draft is not None and path.name == Path(draft).name}
    told = {p: _front(d) for p, d in documents.items() if p in named or session.encode() in d}  # few are worth reading
    own = {p: f for p, f in told.items() if _source(f) == session or (p in named and _source(f) is None)}
    ids = {str(front["id"]) for front in own.values() if front.get("id")}
    return {
        path: hashlib.sha256(data).hexdigest()
        for path, data in documents.items()
        if path in own or (any(i.encode() in data for i in ids) and str(_front(data).get("id")) in ids)
    }


def _documents(opened: Opened) -> Iterator[tuple[Path, bytes]]:
    for folder in FOLDERS:
        if folder != REPORTS:
            for path in opened.layout.folder(folder).rglob("*"):
                if path.is_file() and not path.is_symlink():
                    yield path, path.read_bytes()


def _front(data: bytes) -> dict[str, Any]:
    return parse_runbook(data).front if data.startswith((b"---", b"\xef\xbb\xbf---")) else {}


def _source(front: dict[str, Any]) -> object:
    source = front.get("source")
    return source.get("session") if isinstance(source, dict) else None


def _reports(opened: Opened, runs: list[Run], names: set[str], digests: set[str]) -> set[Path]:
    """The reports of the runs, each with its JSON twin; also of those that the ledger does not know any more."""
    found = {opened.layout.root / run.report for run in runs if run.report}
    for twin in opened.layout.folder(REPORTS).glob("*.json"):
        told = _told(twin)
        if told.get("runbook") in names or told.get("sha256") in digests:
            found.add(twin)
    both = {path.with_suffix(suffix) for path in found for suffix in (".md", ".json")}
    return {path for path in both if path.is_file() and not path.is_symlink()}


def _told(twin: Path) -> dict[str, Any]:
    try:
        told = json.loads(twin.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
