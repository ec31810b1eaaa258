"""The scribe as a loop of the daemon; it also tells of the drafts that another process wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reifierd.daemon.events import OnEvent
from reifierd.documents import parse_runbook
from reifierd.ledger import Ledger
from reifierd.ledger.records import SessionState
from reifierd.loops.scribe.scribe import Scribe
from reifierd.loops.scribe.settings import ScribeSettings
from reifierd.redaction import Redactor
from reifierd.workspace.layout import DRAFTS, Layout


class Drafting:
    """Each draft is told once, with how much of its session it kept; what stood there before is no news."""

    def __init__(
        self, settings: ScribeSettings, ledger: Ledger, redactor: Redactor, layout: Layout, say: OnEvent
    ) -> None:
        self._layout, self._ledger, self._say = layout, ledger, say
        self._scribe = Scribe(settings, ledger, redactor, layout, self._told)
        self._seen: set[str] | None = None  # every name that stood there once: what is sent back is no news either

    def tick(self, now: float) -> bool:
        """The scribe's tick; then whatever else has come into its folder. True when a session was looked at."""
        if self._seen is None:
            self._seen = self._standing()
        did = self._scribe.tick(now)
        fresh = self._standing() - self._seen
        self._seen |= fresh
        if fresh:
            sessions = {s.draft: s.id for s in self._ledger.history.sessions(SessionState.DRAFTED)}
            for name in sorted(fresh):
                self._say("drafted", {"session": sessions.get(name, ""), "draft": name, **self._counts(name)})
        return did

    def _told(self, event: str, fields: Mapping[str, Any]) -> None:
        if event == "drafted" and self._seen is not None:
            self._seen.add(fields["draft"])
            fields = {**fields, **self._counts(fields["draft"])}
        self._say(event, fields)

    def _standing(self) -> set[str]:
        found = self._layout.folder(DRAFTS).glob("*.md")
        return {f"{DRAFTS}/{path.name}" for path in found if path.name != "README.md"}

    def _counts(self, name: str) -> dict[str, int]:
        """How many commands the session had and how many of them are in the draft, as the draft itself says."""
        try:
            source = parse_runbook((self._layout.root / name).read_bytes()).front.get("source")
        except OSError:  # it went on already
            return {}
        known = source if isinstance(source, dict) else {}
        return {key: known[key] for key in ("commands", "kept") if isinstance(known.get(key), int)}
