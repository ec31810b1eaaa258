"""Where a file comes from: whether it was seen before, and since when, in the folders that a person has files in.

A file is known by its device, inode and time of birth (statx(2)): a move keeps all three, while a copy, a checkout or
a restored backup makes a new one. An inode's number alone would not do, since file systems give it again at once.
Where a file system tells no birth, no file is ever known.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from reifierd.ledger.journal import Origin
from reifierd.workspace.root import Root
from reifierd.workspace.scan import Entry, is_item

KEPT = 3600.0  # seconds for which a file that left is remembered: on its way through a folder that is not ours
_NOFOLLOW, _BTIME = 0x100, 0x800  # AT_SYMLINK_NOFOLLOW, STATX_BTIME (linux/stat.h)
_libc = ctypes.CDLL(None, use_errno=True)


def origin_of(root: Root, entry: Entry) -> Origin:
    """`born` in ns, 0 where it is not known."""
    return Origin(entry.facts.dev, entry.facts.ino, _born(root.fd, entry.path))


def origin_at(root: Root, name: str) -> Origin:
    """Of what stands under that name now. Raises OSError."""
    found = os.stat(name, dir_fd=root.fd, follow_symlinks=False)
    return Origin(found.st_dev, found.st_ino, _born(root.fd, name))


class _Sight(NamedTuple):
    origin: Origin
    size: int
    mtime_ns: int
    ctime_ns: int
    since: float  # a look saw it with these bytes
    last: float


@dataclass
class Elsewhere:
    """What stood in these folders at every look since the daemon began."""

    root: Root
    folders: tuple[str, ...]

    def __post_init__(self) -> None:
        self._seen: dict[tuple[int, int], _Sight] = {}

    def look(self, now: float) -> None:
        for path, info in self._standing():
            key = (info.st_dev, info.st_ino)
            seen = self._seen.get(key)
            if seen and seen.ctime_ns == info.st_ctime_ns:
                self._seen[key] = seen._replace(last=now)
            else:
                self._seen[key] = self._sight(path, info, seen, now)
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen.last <= KEPT}

    def knows(self, origin: Origin) -> bool:
        """Whether this very file stood in one of the folders."""
        return self._sighted(origin) is not None

    def since(self, origin: Origin, entry: Entry) -> float | None:
        """Since when it stood there with the bytes that it has now; None: never seen so."""
        seen = self._sighted(origin)
        same = seen and (seen.size, seen.mtime_ns) == (entry.facts.size, entry.facts.mtime_ns)
        return seen.since if seen and same else None

    def _sighted(self, origin: Origin) -> _Sight | None:
        seen = self._seen.get((origin.dev, origin.ino))
        return seen if seen and origin.born and seen.origin == origin else None

    def _sight(self, path: str, info: os.stat_result, before: _Sight | None, now: float) -> _Sight:
        origin = Origin(info.st_dev, info.st_ino, _born(self.root.fd, path))
        content = (info.st_size, info.st_mtime_ns)
        same = before is not None and before.origin == origin and before[1:3] == content
        since = before.since if before and same else now
        return _Sight(origin, *content, info.st_ctime_ns, since, now)

    def _standing(self) -> Iterator[tuple[str, os.stat_result]]:
        for folder in self.folders:
            try:
                fd = self.root.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            except OSError:  # whoever needs the folder says so
                continue
            try:
                with os.scandir(fd) as listing:
                    for found in listing:
                        if is_item(found.name) and found.is_file(follow_symlinks=False):
                            yield f"{folder}/{found.name}", found.stat(follow_symlinks=False)
            except FileNotFoundError:  # it went while we looked; the next look is soon
                continue
            finally:
                os.close(fd)


def _born(folder: int, path: str) -> int:
    """`stx_btime`, at offset 80 of struct statx (linux/stat.h), as nanoseconds."""
    statx = _statx()
    buffer = ctypes.create_string_buffer(256)
    if statx is None or statx(folder, os.fsencode(path), _NOFOLLOW, _BTIME, buffer) != 0:
        return 0
    (mask,) = struct.unpack_from("I", buffer, 0)
    seconds, nanoseconds = struct.unpack_from("qI", buffer, 80)
    return int(seconds * 1_000_000_000 + nanoseconds) if mask & _BTIME else 0


@lru_cache(maxsize=1)
def _statx() -> ctypes._NamedFuncPointer | None:
    """None where the C library has none (glibc before 2.28)."""
    return getattr(_libc, "statx", None)
