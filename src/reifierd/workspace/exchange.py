"""Replace a file that a person may be editing, without losing what they write meanwhile.

Both files change places in one step (renameat2 with RENAME_EXCHANGE), so what stood there at that very moment is in
our hands, whoever wrote it last. Where it is not what we expected it goes back at once, before anything else can fail;
the caller merges and comes again. A file that somebody has open for writing is left where it stands: what they write
next must not go into a file without a name. Where a file system cannot exchange, what stands there is read right
before it is replaced.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import time
from pathlib import Path

from reifierd.workspace.consent import Busy, ready_for_leases
from reifierd.workspace.files import Temporary

_EXCHANGE = 2  # RENAME_EXCHANGE, linux/fs.h
_CLOSES = 2.0  # seconds that a file which was opened in the moment between may stay open
_libc = ctypes.CDLL(None, use_errno=True)


def swap_file(path: Path, expected: bytes, data: bytes) -> tuple[bytes, ...]:
    """Put `data` where `expected` stands, durably and with the old one's mode; returns what stood there.

    Where that is not `expected`, it stands there still; what follows it are older versions of a person's, written in
    the moment that this takes, which may hold what the first one lacks.

    FileNotFoundError: nothing did, and nothing was written. Busy: somebody has it open for writing. OSError: nothing
    of a person's was changed.
    """
    mode = stat.S_IMODE(path.lstat().st_mode)
    with Temporary(path.parent, data, mode) as temp:
        old = _read(temp.folder, path)
        if old != expected:
            return (old,)
        if not _exchanged(temp, path):
            os.rename(temp.name, path.name, src_dir_fd=temp.folder, dst_dir_fd=temp.folder)
        elif (old := _read_out(temp, path)) != expected:
            return _put_back(temp, path, old, data)
        os.fsync(temp.folder)
    return (expected,)


def _read_out(temp: Temporary, path: Path) -> bytes:
    """What came out; it goes back to its place where it cannot be read."""
    try:
        return _read(temp.folder, path.with_name(temp.name))
    except (OSError, Busy):
        _exchanged(temp, path)
        raise


def _put_back(temp: Temporary, path: Path, theirs: bytes, ours: bytes) -> tuple[bytes, ...]:
    """A person's version goes back; where a newer one still came out instead of ours, that one, and so on."""
    older: list[bytes] = []
    while True:
        _exchanged(temp, path)
        came = _read_closed(temp, path)
        if came == ours:
            return (theirs, *older)
        older.insert(0, theirs)
        theirs, ours = came, theirs


def _read_closed(temp: Temporary, path: Path) -> bytes:
    """What came out, once whoever began to write it has closed it."""
    until = time.monotonic() + _CLOSES
    while True:
        try:
            return _read(temp.folder, path.with_name(temp.name))
        except Busy:
            if time.monotonic() > until:
                _exchanged(temp, path)
                raise
        time.sleep(0.001)


def _exchanged(temp: Temporary, path: Path) -> bool:
    """Let the two change places; False where the file system cannot."""
    names = os.fsencode(temp.name), os.fsencode(path.name)
    if _libc.renameat2(temp.folder, names[0], temp.folder, names[1], _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(code, os.strerror(code), str(path))


def _read(folder: int, path: Path) -> bytes:
    fd = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(fd, "rb") as file:
        if _is_written(fd):
            raise Busy("somebody has it open for writing", where=str(path), hint="close it in your editor")
        return file.read()


def _is_written(fd: int) -> bool:
    """A read lease is refused while somebody has the file open for writing; where there are no leases, nobody knows."""
    if not ready_for_leases():
        return False
    try:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
