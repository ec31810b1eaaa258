"""The task file while its task is carried out: consent is asked for again before each step, progress is written back.

Rules
- An edit of anything but boxes, `updated` and the Progress Log ends the consent for what has not run yet; so does
  taking the file away.
- What a person edits meanwhile and what we write both survive: the file is exchanged, not overwritten, and merged with
  what stood there at that moment. A version without the lines that we have logged was read before we wrote them: all
  that we did is put into it again.
- Ticks that come faster than a person reads are written together. What cannot be written now is owed, and goes with
  the next write. The journal knows it anyway.
"""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from reifierd.documents.task import consent_digest
from reifierd.documents.task_edit import TaskSheet, open_sheet
from reifierd.documents.task_merge import merge_edits
from reifierd.errors import Refused, ReifierError, UsageError
from reifierd.ledger.digests import FileFacts
from reifierd.runs.house import House
from reifierd.runs.stepping import Stopped
from reifierd.workspace.consent import ApprovedFile, Busy, open_approved
from reifierd.workspace.exchange import swap_file
from reifierd.workspace.origin import origin_at
from reifierd.workspace.root import Root, Vanished

_WRITERS = 20  # writers in a row that come between our looks; then it is tried again with the next write
_BUSY = 10.0  # seconds for which we wait for an editor to close the file
_TOGETHER = 0.25  # seconds within which ticks are written together


class Void(Exception):  # noqa: N818 - not an error: a person's will
    """The consent for what has not run yet has ended."""


class TaskFile:
    """`name` is relative to the workspace, `digest` what consent covers. `sheet` is the file as we know it."""

    def __init__(self, house: House, name: str, data: bytes, digest: str) -> None:
        self._house, self._name, self._digest = house, name, digest
        self.path: Path = house.layout.root / name
        self.sheet: TaskSheet = open_sheet(data)
        self._first, self._lines = data, Counter[str]()  # what it was before us, and what we have logged
        self._facts: FileFacts | None = None
        self._agreed = True  # whether consent covers the sheet, a person's edits included
        self._owed: tuple[set[int], list[str]] = (set(), [])
        self._lock, self._written = threading.RLock(), 0.0
        self._timer: threading.Timer | None = None
        self.problem, self.remedy = "", ""  # why the last write failed, and what a person does about it
        self._passes = True  # whether that may be over soon

    @property
    def last_line(self) -> str:
        """The last entry of the Progress Log."""
        return self.sheet.log[-1] if self.sheet.log else ""

    def clean(self, text: str) -> str:
        """As it stands in whatever is persisted."""
        return self._house.redactor.text(text)

    def ticked(self, n: int) -> bool:
        """Whether this criterion is ticked, or will be with the next write."""
        return n in self.sheet.checked or n in self._owed[0]

    def ask(self) -> None:
        """Raises Void unless the file still stands there with the bytes that consent covers, Stopped where that cannot
        be told, or nothing can be written into it."""
        with self._lock:
            self._ask()

    def _ask(self) -> None:
        if self._facts is not None and self._facts == self._stat():
            return
        try:
            with Root(self._house.layout) as root:
                file = self._read(root)
        except Vanished:  # which says nothing about the file
            raise Stopped("the workspace is not there now: nothing more was started") from None
        except FileNotFoundError:
            raise Void("it was taken out of tasks/approved/ meanwhile") from None
        except Refused as refused:
            raise Void(f"it may not be trusted any more: {refused.message}") from None
        if file.sha256 != self._digest:
            raise Void("it was edited meanwhile: that takes the consent back for what has not run yet")
        self._facts, self._agreed = file.facts, True
        if file.data == self.sheet.data:
            return
        try:
            with contextlib.suppress(OSError, Busy):  # what is missing in it goes with the next write
                self._put(file.data, self._with_ours(self.sheet.data, file.data))
        except UsageError as error:
            raise Stopped(f"{self._name} cannot be written any more: {error}") from None

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
                wanted = self.sheet.edit(checks, time.strftime("%Y-%m-%d %H:%M", time.gmtime()), lines)
                added = wanted.log[len(self.sheet.log) :]
                self._house.ledger.journal.settle()  # no tick outlives its proof
                self._put(self.sheet.data, wanted.data, wanted)
            except (OSError, ReifierError) as error:
                self.problem, self.remedy = f"{self._name} cannot be written: {error}", remedy_for(error, self.path)
                self._passes = not isinstance(error, UsageError)
                return False
            self._lines.update(added)
            self._owed, self.problem, self._written = (set(), []), "", time.monotonic()
            return True

    def finish(self) -> bool:
        """Write what is owed, waiting for an editor to close the file; False where that takes too long."""
        until = time.monotonic() + _BUSY
        while not self._flush():
            if not self._passes or time.monotonic() > until or not self.path.exists():
                return False
            time.sleep(0.1)
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

    def _put(self, stood: bytes, ours: bytes, sheet: TaskSheet | None = None) -> None:
        """Put `ours` where we believe that `stood` stands; `sheet` is ours, read."""
        if ours == stood:
            self.sheet = sheet or open_sheet(ours)
            return
        asked = ours
        for _ in range(_WRITERS):
            theirs, *older = swap_file(self.path, stood, ours)
            if theirs == stood:
                break
            for version in older:
                ours = self._with_ours(ours, version)
            stood, ours = theirs, self._with_ours(ours, theirs)
        else:
            raise Busy("somebody writes it all the time", where=str(self.path), hint="close it in your editor")
        self.sheet = sheet if sheet and ours == asked else open_sheet(ours)
        # what a person wrote into it may be another text than the one that was approved
        self._agreed = (self._agreed and ours == asked) or consent_digest(ours) == self._digest
        self._facts = self._facts_of(ours) if self._agreed else None
        if self._facts is not None:  # whoever looks next need not read it
            with contextlib.suppress(ReifierError):
                self._house.ledger.digests.of(self._name.rpartition("/")[0]).put({self._facts: self._digest})

    def _with_ours(self, mine: bytes, theirs: bytes) -> bytes:
        """A person's version, with what we have done. Raises UsageError for one that is no task file (any more)."""
        sheet = open_sheet(theirs)
        if not sheet.places.boxes:
            raise UsageError("there is no criterion in it any more")
        stale = self._lines - Counter(sheet.log)
        return merge_edits(self._first if stale else self.sheet.data, mine, theirs)

    def _facts_of(self, data: bytes) -> FileFacts | None:
        """The facts of the file that has these bytes; None where somebody has written it since."""
        before = self._stat()
        try:
            same = self.path.read_bytes() == data
        except OSError:
            return None
        return before if same and before == self._stat() else None

    def _stat(self) -> FileFacts | None:
        try:
            found = self.path.lstat()
        except OSError:
            return None
        return FileFacts(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def cannot_take(data: bytes) -> UsageError | None:
    """Why nothing can be logged in a file; None where it can. Asked before anything runs: what was done must not be
    left unticked."""
    try:
        open_sheet(data).edit(log=["- a line"])
    except UsageError as error:
        return error
    return None


def remedy_for(error: OSError | ReifierError, path: Path) -> str:
    """What a person does where a file cannot be written or moved."""
    if isinstance(error, ReifierError):
        return error.hint
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"free space: df -h {path.parent}"
    return f"look at the disk and the folder: ls -ld {path.parent} {path}"
