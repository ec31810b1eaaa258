"""How a file came that nothing is known of: how long ago, how many with it, whether it had been here, in which run.

These are the facts by which `lifecycle` tells a person's move from a copy, a checkout, a restored backup or a step's
own doing. They are asked only of newcomers: files whose name, bytes and inode the ledger or the last look cannot place,
and for which no word was said. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from reifierd.ledger.journal import Journal, Window
from reifierd.ledger.records import FileState
from reifierd.workspace.arrivals import Arrivals
from reifierd.workspace.known import Knows
from reifierd.workspace.library import Library
from reifierd.workspace.lifecycle import Facts
from reifierd.workspace.origin import Elsewhere, origin_of
from reifierd.workspace.root import Root
from reifierd.workspace.scan import Entry

TICK = 0.01  # seconds by which a file system's clock may be behind; it is never ahead


def is_newcomer(facts: Facts) -> bool:
    return facts.state in (None, FileState.GONE) and not (facts.twin or facts.renamed or facts.word)


class Newcomers:
    """Those of one library of one pinned root. At each look: `look`, then `note` all of them, then ask for each."""

    def __init__(self, root: Root, journal: Journal, library: Library) -> None:
        self._root, self._journal, self._folder = root, journal, library.folder
        self._arrivals, self._elsewhere = Arrivals(), Elsewhere(root, library.elsewhere)
        self._windows: Sequence[Window] = ()

    def look(self, now: float) -> None:
        """See what stands in the folders that files come from; before the folder of consent is looked at."""
        self._elsewhere.look(now)

    def note(self, entries: Collection[Entry], now: float) -> None:
        """These are the newcomers of this look."""
        self._arrivals.note(entries, now)
        self._windows = self._journal.windows(min(e.changed for e in entries) - TICK) if entries else ()

    def placed(self, facts: Facts, entry: Entry, sha256: str, ledger: Knows) -> Facts:
        """The facts of a newcomer, with how it came."""
        return replace(
            facts,
            age=self._arrivals.age(entry.path),
            together=self._arrivals.together(entry.path),
            returned=self._returned(entry, sha256, ledger),
            during=self._during(entry),
        )

    def _returned(self, entry: Entry, sha256: str, ledger: Knows) -> bool:
        """Its bytes used a consent already, and it is neither the file that was moved out nor one that we saw come."""
        spent = ledger.spent(self._folder, sha256)
        if not spent:
            return False
        origin = origin_of(self._root, entry)
        return not (origin.born and origin in spent) and not self._elsewhere.knows(origin)

    def _during(self, entry: Entry) -> str:
        """The run that may have put it there: it was under way, and no look had seen the file with these bytes."""
        seen = self._arrivals.first(entry.path)
        for window in self._windows:
            open_then = window.started - TICK <= entry.changed <= (window.ended or seen)
            if open_then and seen > window.started:
                since = self._elsewhere.since(origin_of(self._root, entry), entry)
                if since is None or since >= window.started:
                    return window.run_id
        return ""
