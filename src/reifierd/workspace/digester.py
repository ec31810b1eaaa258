"""The digest of what stands in the folders, read once and then known by the file's stat facts.

Equal facts mean equal bytes only when the file had come to rest: a file system's clock ticks every 1 to 10 ms, and
a second change within one tick shows in no time stamp. So what changed less than `SETTLED` seconds ago is not
remembered.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from reifierd.ledger.digests import Digests, FileFacts
from reifierd.workspace.consent import MAX_BYTES
from reifierd.workspace.library import RUNBOOKS, Library
from reifierd.workspace.root import Root
from reifierd.workspace.scan import Entry

SETTLED = 0.05


class Digester:
    """Backed by the ledger, so that a start with a library of thousands reads only what is new. All that the ledger
    knows is in memory until `forget_all_but`, for the first look and when many arrive; else each file is asked for by
    itself.
    """

    def __init__(self, root: Root, digests: Digests, library: Library = RUNBOOKS) -> None:
        self._root, self._store, self._digest = root, digests.of(library.folder), library.digest
        self._known: dict[FileFacts, str] | None = self._store.all()
        self._new: dict[FileFacts, str] = {}

    def digest(self, entry: Entry, now: float) -> str:
        """Hexadecimal; "" for what could not be run anyway: no regular file, too large, not readable, gone."""
        known = self._new.get(entry.facts)
        if known is None:
            known = self._store.get(entry.facts) if self._known is None else self._known.get(entry.facts)
        if known is not None:
            return known
        sha256 = self._read(entry)
        if sha256 and at_rest(entry, now):
            self._new[entry.facts] = sha256
        return sha256

    def expect_many(self) -> None:
        """Thousands are asked for next: until `forget_all_but`, all that is known is in memory again."""
        if self._known is None:
            self._known = self._store.all()

    def save(self) -> None:
        """Keep what was read since the last call."""
        if self._new:
            self._store.put(self._new)
            if self._known is not None:
                self._known |= self._new
            self._new = {}

    def forget_all_but(self, standing: Collection[FileFacts]) -> None:
        """Forget what stands nowhere any more, at the end of a look at many."""
        if self._known is None:
            return
        gone = [facts for facts in self._known if facts not in standing]
        if gone:
            self._store.drop(gone)
        self._known = None

    def _read(self, entry: Entry) -> str:
        if entry.kind != "file" or entry.facts.size > MAX_BYTES:
            return ""
        try:
            fd = self._root.open(entry.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return ""
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return ""
            return self._digest(file.read(MAX_BYTES + 1))


def at_rest(entry: Entry, now: float) -> bool:
    return abs(now - entry.changed) > SETTLED
