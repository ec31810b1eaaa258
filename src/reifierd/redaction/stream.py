"""Redaction of a text that is still being written (`tail -f log | reifierd redact`): whole lines, once they are safe.

A line is kept back while what follows may still change what it means: inside of a private key, behind a backslash, in a
heredoc, at a `name: DB_PASSWORD` whose value comes on the next line. Never more than MOST_HELD
characters or MOST_LINES lines. The last lines that went are looked at again with the next ones, since they may name the
service whose key follows.
"""

from __future__ import annotations

import re
from dataclasses import replace

from reifierd.redaction.redactor import Redactor, marked

MOST_HELD, MOST_LINES = 65_536, 200  # no key block is longer, and nobody waits for the end of an unclosed heredoc

_LINES_BEFORE, _MOST_BEFORE = 2, 1_000  # lines, and characters, that are looked at again

_KEY_BEGINS = re.compile(
    r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----|PuTTY-User-Key-File"
)
_KEY_ENDS = re.compile(r"-----END |Private-MAC:")
_HEREDOC = re.compile(r"<<-?\s*[\\'\"]?([A-Za-z_]\w*)")
_CONTINUED = re.compile(
    r"\\\r?\n\Z"
    r"|[\"']?\b(?:name|key)[\"']?\s*[:=]\s*[\"']?[\w.-]*(?:pass|pwd|secret|token|key|cred)[\w.-]*[\"']?,?\s*\Z"
    r"|<key>[^<\n]*</key>\s*\Z",
    re.IGNORECASE,
)


class Stream:
    """Text in pieces of any size in, redacted whole lines out."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""
        self._before = ""

    def feed(self, piece: str) -> str:
        """The lines that `piece` completed, redacted."""
        self._held += piece
        end = self._held.rfind("\n") + 1
        safe = _safe(self._held[:end])
        if len(self._held) - safe > MOST_HELD or self._held.count("\n", safe) > MOST_LINES:
            safe = end or len(self._held)
        ready, self._held = self._held[:safe], self._held[safe:]
        return self._told(ready)

    def finish(self) -> str:
        """Whatever is still held, redacted."""
        rest, self._held = self._held, ""
        return self._told(rest)

    def _told(self, ready: str) -> str:
        if not ready:
            return ""
        known = len(self._before)
        spans = self._redactor.spans(self._before + ready)
        shown = [replace(s, start=max(0, s.start - known), end=s.end - known) for s in spans if s.end > known]
        lines = (self._before + ready).splitlines(keepends=True)
        self._before = "".join(lines[-_LINES_BEFORE:])[-_MOST_BEFORE:]
        return marked(ready, shown)


def _safe(lines: str) -> int:
    """How much of `lines` may go: up to the first thing that is open at its end."""
    begun = [m.start() for m in _KEY_BEGINS.finditer(lines) if not _KEY_ENDS.search(lines, m.end())]
    begun += [
        m.start() for m in _HEREDOC.finditer(lines) if not re.search(rf"^\s*{m[1]}\s*$", lines[m.end() :], re.MULTILINE)
    ]
    last = lines.rfind("\n", 0, -1) + 1
    if _CONTINUED.search(lines, last):
        begun.append(last)
    safe = min(begun, default=len(lines))
    safe = lines.rfind("\n", 0, safe) + 1 if safe < len(lines) else safe
    while 0 < safe < len(lines) and lines[:safe].endswith("\\\n"):  # the lines that led to it belong to it
        safe = lines.rfind("\n", 0, safe - 1) + 1
    return safe
