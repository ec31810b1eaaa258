"""The task file while its task is carried out: consent is asked for again before each step, progress is written back.

Rules
- An edit of anything but boxes, `updated` and the Progress Log ends the consent for what has not run yet; so does
  taking the file away.
- What a person edits meanwhile and what we write both survive: the file is exchanged, not overwritten, and merged with
  what stood there at that moment.
- Ticks that come faster than a person reads are written together. What cannot be written now is owed, and goes with
  the next write. The journal knows it anyway.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from reifierd.documents.task import consent_digest
from reifierd.documents.task_edit import TaskSheet, open_sheet
from reifierd.documents.task_merge import merge_edits
from reifierd.errors import Refused, ReifierError, UsageError
from reifierd.ledger.digests import FileFacts
from reifierd.runs.house import House
from reifierd.workspace.consent import ApprovedFile, Busy, open_approved
from reifierd.workspace.exchange import swap_file
from reifierd.workspace.origin import origin_at
from reifierd.workspace.root import Root, Vanished

_WRITERS = 20  # writers in a row that come between our looks; then it is tried again with the next write
_BUSY = 10.0  # seconds for which we wait for an editor to close the file
_TOGETHER = 0.1  # seconds within which ticks are written together


class Void(Exception):  # noqa: N818 - not an error: a person's will
    """The consent for what has not run yet has ended."""


class TaskFile:
    """`name` is relative to the workspace, `digest` what consent covers. `sheet` is the file as we know it."""

    def __init__(self, house: House, name: str, data: bytes, digest: str) -> None:
        self._house, self._name, self._digest = house, name, digest
        self.path: Path = house.layout.root / name
        self.sheet: TaskSheet = open_sheet(data)
        self._facts: FileFacts | None = None
        self._owed: tuple[set[int], list[str]] = (set(), [])
        self._lock, self._written = threading.RLock(), 0.0
        self._timer: threading.Timer | None = None
        self.problem = ""  # why the last write failed

    @property
    def last_line(self) -> str:
        """The last entry of the Progress Log."""
        return self.sheet.log[-1] if self.sheet.log else ""

    def clean(self, text: str) -> str:
        """As it stands in whatever is persisted."""
        return self._house.redactor.text(text)

    @property
    def checked(self) -> frozenset[int]:
        """The criteria that are ticked, or will be with the next write."""
        return self.sheet.checked | self._owed[0]

    def ask(self) -> None:
        """Raises Void unless the file still stands there with the bytes that consent covers."""
        with self._lock:
            self._ask()

    def _ask(self) -> None:
        if self._facts is not None and self._facts == self._stat():
            return
        try:
            with Root(self._house.layout) as root:
                file = self._read(root)
        except (FileNotFoundError, Vanished):
            raise Void("it was taken out of tasks/approved/ meanwhile") from None
        except Refused as refused:
            raise Void(f"it may not be trusted any more: {refused.message}") from None
        if file.sha256 != self._digest:
            raise Void("it was edited meanwhile: that takes the consent back for what has not run yet")
        if file.data != self.sheet.data:
            self.sheet = open_sheet(file.data)
        self._facts = file.facts

    def write(self, check: Iterable[int] = (), log: Iterable[str] = (), *, soon: bool = False) -> bool:
        """Tick these criteria and add log lines (redacted, with the time); False where that is owed still.

        With `soon` it may take a moment, together with what comes next.
        """
        stamp = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        with self._lock:
            self._owed[0].update(check)
            self._owed[1].extend(f"- {stamp}: {self.clean(line)}" for line in log)
            if not soon or time.monotonic() - self._written >= _TOGETHER:
                return self._flush()
            if self._timer is None:
                self._timer = threading.Timer(_TOGETHER, self._flush)
                self._timer.daemon = True
                self._timer.start()
            return True

    def _flush(self) -> bool:
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            checks, lines = self._owed
            if not checks and not lines:
                return True
            try:
                self._exchange(self.sheet.edit(checks, time.strftime("%Y-%m-%d %H:%M", time.gmtime()), lines))
            except (OSError, UsageError) as error:
                self.problem = f"{self._name} cannot be written: {error}"
                return False
            self._owed, self.problem, self._written = (set(), []), "", time.monotonic()
            return True

    def spend(self) -> None:
        """What stands there now is the file whose consent was used, although we made it: moved out and in again, it is
        a new consent."""
        with contextlib.suppress(ReifierError, OSError), Root(self._house.layout) as root:
            folder = self._name.rpartition("/")[0]
            self._house.ledger.journal.spend(folder, self._digest, origin_at(root, self._name))

    def _read(self, root: Root) -> ApprovedFile:
        until = time.monotonic() + _BUSY
        while True:
            try:
                return open_approved(root, self._name, digest=consent_digest)
            except Busy:
                if time.monotonic() > until:
                    raise Void("an editor has it open for writing") from None
                time.sleep(0.05)

    def _exchange(self, wanted: TaskSheet) -> None:
        stood, ours = self.sheet.data, wanted.data
        for _ in range(_WRITERS):
            theirs = swap_file(self.path, ours)
            if theirs == stood:
                break
            try:
                merged = merge_edits(stood, ours, theirs)
            except UsageError:
                swap_file(self.path, theirs)  # nothing of ours can be put in there
                raise
            stood, ours = ours, merged
        self.sheet = wanted if ours == wanted.data else open_sheet(ours)
        self._facts = self._stat() if ours == wanted.data else None
        if self._facts is not None:  # whoever looks next need not read it
            with contextlib.suppress(ReifierError):
                self._house.ledger.digests.of(self._name.rpartition("/")[0]).put({self._facts: self._digest})

    def _stat(self) -> FileFacts | None:
        try:
            found = self.path.lstat()
        except OSError:
            return None
        return FileFacts(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
