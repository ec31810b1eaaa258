"""Following a history file: what is new since the mark, whatever was done to the file in between.

- Appended to: the first 4 KB and the 4 KB before the mark's offset are verified, and only what follows is read, so
  one new command costs the same in a file of any length.
- Anything else (a new inode, shorter, other bytes where we were): the file is read whole and the place is found again
  by content (see align.py). Where it was moved aside (`.bash_history.1`), the rest of the old file is read first.
- A half-written end is left for the next time. The last entry may still grow where the format cannot tell (bash with
  timestamps): it is read again, and given as `grown` when it did.

Only keyed hashes are remembered: an entry may hold a secret, and a plain hash of a short text can be guessed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from reifierd.ledger.records import SourceMark
from reifierd.loops.observer.align import WINDOW, new_entries
from reifierd.loops.observer.formats import Entry, detect
from reifierd.loops.observer.shells import FORMATS

_CHECKED = 4096  # bytes hashed at the beginning and before the offset
_HEAD = 16  # bytes a format may want to see of the file's beginning
_LOOKED_AT = 64 * 1024  # bytes from which the shell is found out


@dataclass(frozen=True)
class News:
    """What `mark` covers beyond the one before it. `arrived` is the file's time of change, seconds since the epoch.

    `first` says that the file had not been seen before.
    """

    mark: SourceMark
    entries: tuple[Entry, ...] = ()
    grown: Entry | None = None
    arrived: float = 0.0
    first: bool = False


@dataclass(frozen=True)
class _Place:
    """The digests of a mark by their names. `last` is the place and the digest of the last entry, if it may grow."""

    head: str = ""
    before: str = ""
    last: tuple[int, str] | None = None
    known: tuple[str, ...] = ()

    @classmethod
    def of(cls, mark: SourceMark) -> _Place:
        head, before, last, *known = mark.digests
        return cls(head, before, (int(last[:16], 16), last[16:]) if last else None, tuple(known))

    @property
    def digests(self) -> tuple[str, ...]:
        last = f"{self.last[0]:016x}{self.last[1]}" if self.last else ""
        return (self.head, self.before, last, *self.known[-WINDOW:])


@dataclass(frozen=True)
class _Read:
    """Entries of a file from some byte on, the byte to go on from, and where the last one begins if it may grow."""

    entries: list[Entry]
    end: int
    last: int | None


def follow(path: Path, mark: SourceMark | None, key: bytes) -> News | None:
    """What is new in the history file; None where nothing is, or where it is no readable regular file.

    `key` is a random secret of this machine, at most 64 bytes.
    """
    with _opened(path) as found:
        if found is None or (mark is not None and _untouched(mark, found[1])):
            return None
        return _Follower(*found, path, key).news(mark)


def _untouched(mark: SourceMark, info: os.stat_result) -> bool:
    return (mark.dev, mark.ino, mark.size, mark.mtime_ns) == (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)


@dataclass(frozen=True)
class _Follower:
    """One look at one open file."""

    fd: int
    info: os.stat_result
    path: Path
    key: bytes

    def news(self, mark: SourceMark | None) -> News:
        if mark is not None and mark.offset and self.stands(mark):
            return self.appended(mark)
        return self._rewritten(mark)

    def stands(self, mark: SourceMark) -> bool:
        """This is the file of the mark, and the bytes before the offset are those that were read."""
        if (mark.dev, mark.ino) != (self.info.st_dev, self.info.st_ino) or self.info.st_size < mark.offset:
            return False
        place = _Place.of(mark)
        return self._head(mark.offset) == place.head and self._before(mark.offset) == place.before

    def appended(self, mark: SourceMark) -> News:
        place = _Place.of(mark)
        read = self._read(place.last[0] if place.last else mark.offset, mark.shell)
        entries, known, grown = read.entries, place.known, None
        if place.last and entries:
            again, *entries = entries
            if (digest := self._digest(again)) != place.last[1]:
                grown = again
                known = (*(known[:-1] if known[-1:] == (place.last[1],) else known), digest)
        return self._news(mark, read, known, entries, grown)

    def _rewritten(self, mark: SourceMark | None) -> News:
        mark = mark or SourceMark(str(self.path))
        aside = self._moved_aside(mark) if mark.digests else []
        known = (*_Place.of(mark).known, *map(self._digest, aside)) if mark.digests else ()
        shell = detect(_pread(self.fd, 0, _LOOKED_AT), str(self.path))
        read = self._read(0, shell)
        texts = [e for e in read.entries if e.command.strip()]
        fresh = [texts[i] for i in new_entries(known, [self._digest(e) for e in texts])]
        found = self._news(replace(mark, shell=shell), read, known, fresh)
        return replace(found, entries=(*aside, *found.entries), first=not mark.digests)

    def _moved_aside(self, mark: SourceMark) -> list[Entry]:
        """What was appended to the file that we followed before it got another name beside the new one."""
        if (self.info.st_dev, self.info.st_ino) == (mark.dev, mark.ino) or not mark.offset:
            return []
        names = (n for n in os.listdir(self.path.parent) if n.startswith(self.path.name) and n != self.path.name)  # noqa: PTH208 - names
        for other in (self.path.parent / n for n in sorted(names)):
            with _opened(other) as found:
                if found and (old := _Follower(*found, other, self.key)).stands(mark):
                    return list(old.appended(mark).entries)
        return []

    def _news(
        self, mark: SourceMark, read: _Read, known: Sequence[str], fresh: Sequence[Entry], grown: Entry | None = None
    ) -> News:
        """The next mark, and what lies between it and the last one."""
        entries = tuple(e for e in fresh if e.command.strip())
        last = None if read.last is None else (read.last, self._digest(read.entries[-1]))
        known = (*known, *map(self._digest, entries))
        place = _Place(self._head(read.end), self._before(read.end), last, known)
        after = replace(
            mark,
            dev=self.info.st_dev,
            ino=self.info.st_ino,
            size=self.info.st_size,
            mtime_ns=self.info.st_mtime_ns,
            offset=read.end,
            entries=mark.entries + len(entries),
            digests=place.digests,
        )
        return News(after, entries, grown, self.info.st_mtime)

    def _read(self, offset: int, shell: str) -> _Read:
        """Where a format stops at corruption, what stands behind it is read as well."""
        data, head = _pread(self.fd, offset, self.info.st_size - offset), _pread(self.fd, 0, _HEAD)
        entries: list[Entry] = []
        at, last = 0, None
        while (parsed := FORMATS[shell].parse(data[at:] if at else data, head=head)).consumed:
            entries += parsed.entries
            last = offset + at + parsed.last if parsed.last < parsed.consumed else None
            at += parsed.consumed
        return _Read(entries, offset + at, last)

    def _digest(self, entry: Entry) -> str:
        text = self._hash(entry.command.encode("utf-8", "surrogatepass"), 8)
        return text if entry.timestamp is None else f"{text}{entry.timestamp & (2**64 - 1):016x}"

    def _head(self, offset: int) -> str:
        return self._hash(_pread(self.fd, 0, min(_CHECKED, offset)))

    def _before(self, offset: int) -> str:
        start = max(0, offset - _CHECKED)
        return self._hash(_pread(self.fd, start, offset - start))

    def _hash(self, data: bytes, size: int = 16) -> str:
        return blake2b(data, key=self.key, digest_size=size).hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[tuple[int, os.stat_result] | None]:
    """The descriptor and facts of a regular file that we may read; None for anything else."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        info = os.fstat(fd)
        yield (fd, info) if stat.S_ISREG(info.st_mode) else None
    finally:
        os.close(fd)


def _pread(fd: int, offset: int, size: int) -> bytes:
    """`size` bytes from `offset`, fewer where the file ends."""
    parts = []
    while size > 0 and (part := os.pread(fd, size, offset)):
        parts.append(part)
        offset, size = offset + len(part), size - len(part)
    return b"".join(parts)
