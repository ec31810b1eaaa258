"""What a run does and prints, as lines in the journal for `reifierd runs ID --follow`, at most every quarter second.

Only whole lines are written, and a private key only as a whole, so that the redaction sees what it must hide. After
`MOST` bytes of one step the rest is left to the report.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from reifierd.errors import ReifierError
from reifierd.ledger.journal import Journal

EVERY = 0.25  # seconds
MOST = 64_000


class Live:
    """`line` and `feed` from the thread of the run; what comes too early is written by a timer. `flush` at the end."""

    def __init__(self, journal: Journal, run_id: str) -> None:
        self._journal, self._run_id = journal, run_id
        self._output, self._fed, self._lines = b"", 0, list[str]()
        self._lock, self._last = threading.Lock(), 0.0
        self._timer: threading.Timer | None = None

    def line(self, kind: str, fields: Mapping[str, object]) -> None:
        """A step's beginning or end, or what a task's criterion came to."""
        self._end_output()
        if kind == "step":
            self._fed = 0
            self._add(f"▶ {fields['section']}, line {fields['line']}: {fields['command']}")
        elif kind == "criterion":
            self._add(f"● {fields['n']} of {fields['of']}, {fields['criterion']}: {fields['result']}")
        else:
            self._add(f"■ line {fields['line']}: {fields['state']}, exit {fields['exit']}")

    def feed(self, data: bytes) -> None:
        """A piece of a step's output."""
        if self._fed > MOST:
            return
        self._fed += len(data)
        self._output += data[:MOST]
        if time.monotonic() - self._last >= EVERY and not _within_a_key(self._output):
            whole, newline, rest = self._output.rpartition(b"\n")
            if newline:
                self._output = rest
                self._add(whole.decode(errors="replace"))

    def flush(self) -> None:
        """Write all that was not written yet."""
        self._end_output()
        with self._lock:
            self._write()

    def _end_output(self) -> None:
        if self._output:
            text, self._output = self._output.decode(errors="replace").rstrip("\n"), b""
            self._add(text + ("\n[… more in the report …]" if self._fed > MOST else ""))

    def _add(self, text: str) -> None:
        with self._lock:
            self._lines.append(text)
            early = self._last + EVERY - time.monotonic()
            if early <= 0:
                self._write()
            elif self._timer is None:
                self._timer = threading.Timer(early, self._write_late)
                self._timer.daemon = True
                self._timer.start()

    def _write_late(self) -> None:
        with self._lock:
            self._write()

    def _write(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        lines, self._lines, self._last = self._lines, [], time.monotonic()
        if not lines:
            return
        try:
            self._journal.add_line(self._run_id, time.time(), "\n".join(lines))
        except ReifierError:  # a convenience: what counts is written by others, who do not give up
            return


def _within_a_key(data: bytes) -> bool:
    return data.count(b"-----BEGIN") > data.count(b"-----END")
