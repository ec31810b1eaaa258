"""Files that arrived and are not yet dealt with: since when, how old they were then, and how many came with them.

What a file was at first sight stays true while it waits for the run before it to end, however long that takes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection

from reifierd.workspace.scan import Entry

TOGETHER = 2.0  # seconds within which arrivals count as one


class Arrivals:
    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}
        self._last_look: float | None = None
        self._times: list[float] = []

    def note(self, entries: Collection[Entry], now: float) -> None:
        """These stand there undecided at this look; what was decided is forgotten once it cannot be one of many."""
        waiting = {e.path for e in entries}
        self._seen = {p: s for p, s in self._seen.items() if p in waiting or now - s[0] <= TOGETHER}
        for entry in entries:
            self._seen.setdefault(entry.path, (now, self._age(entry, now)))
        self._times = sorted(at for at, _ in self._seen.values())
        self._last_look = now

    def age(self, path: str) -> float:
        """Seconds since its inode had changed, at first sight; 0 for what changed since the look before that."""
        return self._seen[path][1] if path in self._seen else 0.0

    def first(self, path: str) -> float:
        """The look that saw it first."""
        return self._seen[path][0] if path in self._seen else self._last_look or 0.0

    def together(self, path: str) -> int:
        """How many arrived within `TOGETHER` seconds of it, itself included."""
        if path not in self._seen:
            return 1
        at = self._seen[path][0]
        return bisect_right(self._times, at + TOGETHER) - bisect_left(self._times, at - TOGETHER)

    def _age(self, entry: Entry, now: float) -> float:
        if self._last_look is not None and self._last_look - 1 <= entry.changed <= now:
            return 0.0  # it came while we were busy, not while nobody looked
        return now - entry.changed
