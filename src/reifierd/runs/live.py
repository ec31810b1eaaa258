"""What a run does and prints, as lines in the journal for `reifierd runs ID --follow`, at most every quarter second.

Only whole lines are written, and a private key only as a whole, so that the redaction sees what it must hide. After
`MOST` bytes of one step the rest is left to the report.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from reifierd.errors import ReifierError
from reifierd.ledger.journal import Journal

EVERY = 0.25  # seconds
MOST = 64_000


class Live:
    def __init__(self, journal: Journal, run_id: str) -> None:
        self._journal, self._run_id = journal, run_id
        self._pending, self._fed, self._last = b"", 0, 0.0

    def line(self, kind: str, fields: Mapping[str, object]) -> None:
        """A step's beginning or end, or what a task's criterion came to."""
        self.flush()
        if kind == "step":
            self._fed = 0
            self._write(f"▶ {fields['section']}, line {fields['line']}: {fields['command']}")
        elif kind == "criterion":
            self._write(f"● {fields['n']} of {fields['of']}, {fields['criterion']}: {fields['result']}")
        else:
            self._write(f"■ line {fields['line']}: {fields['state']}, exit {fields['exit']}")

    def feed(self, data: bytes) -> None:
        """A piece of a step's output."""
        if self._fed > MOST:
            return
        self._fed += len(data)
        self._pending += data[:MOST]
        if time.monotonic() - self._last >= EVERY and not _within_a_key(self._pending):
            whole, newline, rest = self._pending.rpartition(b"\n")
            if newline:
                self._pending = rest
                self._write(whole.decode(errors="replace"))

    def flush(self) -> None:
        if self._pending:
            text, self._pending = self._pending.decode(errors="replace").rstrip("\n"), b""
            self._write(text + ("\n[… more in the report …]" if self._fed > MOST else ""))

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        try:
            self._journal.add_line(self._run_id, time.time(), text)
        except ReifierError:  # a convenience: what counts is written by others, who do not give up
            return


def _within_a_key(data: bytes) -> bool:
    return data.count(b"-----BEGIN") > data.count(b"-----END")
