"""The scribe's tick: a session that has ended becomes a draft in `runbooks/drafts/`, or is skipped with a reason.

Level-triggered: it looks for sessions in the state CLOSED and leaves each in DRAFTED or SKIPPED. The draft is written
before the session is marked; after a crash in between, the file that stands there already is taken for the draft.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reifierd.documents.draft import Draft, render_draft
from reifierd.ledger import Ledger
from reifierd.ledger.records import Session, SessionState
from reifierd.loops.scribe.compose import Setting, compose
from reifierd.loops.scribe.naming import slug
from reifierd.loops.scribe.outside import log_symptom, needed_path, programs, with_git_edits
from reifierd.loops.scribe.sections import Analysis, analyse
from reifierd.loops.scribe.settings import ScribeSettings
from reifierd.loops.scribe.symptom import pattern_of
from reifierd.redaction import Redactor
from reifierd.workspace.files import Door
from reifierd.workspace.layout import DRAFTS, Layout

Say = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Scribe:
    """Writes the drafts of one workspace."""

    settings: ScribeSettings
    ledger: Ledger
    redactor: Redactor
    layout: Layout
    say: Say = lambda event, fields: None

    def tick(self, now: float) -> bool:
        """Draft every session that has ended; True when there was one."""
        ended = self.ledger.history.sessions(SessionState.CLOSED)
        for session in ended:
            done = self._draft(session)
            self.ledger.history.put_session(done)
            fields: dict[str, Any] = (
                {"session": done.id, "draft": done.draft} if done.draft else {"session": done.id, "reason": done.reason}
            )
            self.say("drafted" if done.draft else "no draft", fields)
        return bool(ended)

    def _draft(self, session: Session) -> Session:
        try:
            draft = self.compose(session)
        except Exception as error:
            self.say(
                "a session could not be drafted", {"session": session.id, "error": repr(error), "level": "warning"}
            )
            return replace(
                session, state=SessionState.SKIPPED, reason=f"it could not be drafted: {type(error).__name__}"
            )
        if draft is None:
            return replace(session, state=SessionState.SKIPPED, reason="it changed nothing")
        path = self._write(draft, session)
        return replace(session, state=SessionState.DRAFTED, draft=str(path.relative_to(self.layout.root)), reason="")

    def compose(self, session: Session) -> Draft | None:
        """The draft of a session; None where it changed nothing and such sessions make none."""
        commands = self.ledger.history.commands(session.id)
        home = str(Path.home())
        analysis = analyse(commands, home)
        edited = with_git_edits(commands, analysis, self.redactor)
        analysis = analyse(edited, home) if edited != commands else analysis
        if not analysis.changed and self.settings.draft != "all":
            return None
        return compose(analysis, session, self._setting(analysis, session))

    def _setting(self, analysis: Analysis, session: Session) -> Setting:
        steps = [*analysis.fix, *(c.fact for c in analysis.verify)]
        symptom = log_symptom(analysis, session, self.settings.logs)
        if symptom is not None and (line := self.redactor.text(symptom.line)) != symptom.line:
            symptom = replace(symptom, line=line, pattern=pattern_of(line).partition(r"\[REDACTED")[0] or line)
        return Setting(symptom, programs(steps), needed_path(steps), os.uname().nodename)

    def _write(self, draft: Draft, session: Session) -> Path:
        when = datetime.fromtimestamp(session.started, UTC).strftime("%Y%m%d_%H%M")
        path = self.layout.folder(DRAFTS) / f"incident_{when}_{slug(draft.title)}.md"
        text = render_draft(draft)
        if session.draft is None and _is_of(path, draft):
            return path
        return Door(self.redactor).write_new(path, text)


def _is_of(path: Path, draft: Draft) -> bool:
    """A draft of the same session stands there: it was written before a crash."""
    try:
        return f"\nid: {draft.id}\n" in path.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        return False
