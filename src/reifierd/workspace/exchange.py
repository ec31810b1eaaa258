"""Replace a file that a person may be editing, without losing what they write meanwhile.

Both files change places in one step (renameat2 with RENAME_EXCHANGE), so what stood there at that very moment is in
our hands, whoever wrote it last; where it is not what we expected, the caller merges and comes again. Where a file
system cannot exchange, what stands there is read right before it is replaced.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import time
from pathlib import Path

from reifierd.workspace.consent import ready_for_leases
from reifierd.workspace.files import Temporary

_EXCHANGE = 2  # RENAME_EXCHANGE, linux/fs.h
_WRITING = 2.0  # seconds for which we wait for somebody who has the old file open for writing
_libc = ctypes.CDLL(None, use_errno=True)


def swap_file(path: Path, data: bytes) -> bytes:
    """Put `data` at `path`, durably and with the old one's mode; returns what stood there.

    FileNotFoundError: nothing did, and nothing was written. OSError: nothing was changed.
    """
    mode = stat.S_IMODE(path.lstat().st_mode)
    with Temporary(path.parent, data, mode) as temp:
        if _libc.renameat2(temp.folder, os.fsencode(temp.name), temp.folder, os.fsencode(path.name), _EXCHANGE) == 0:
            old = _read_at_rest(temp.folder, temp.name)
        else:
            code = ctypes.get_errno()
            if code not in (errno.EINVAL, errno.ENOSYS):
                raise OSError(code, os.strerror(code), str(path))
            old = _read_at_rest(temp.folder, path.name)
            os.rename(temp.name, path.name, src_dir_fd=temp.folder, dst_dir_fd=temp.folder)
        os.fsync(temp.folder)
    return old


def _read_at_rest(folder: int, name: str) -> bytes:
    """The bytes, once nobody has the file open for writing any more (or has had it for long)."""
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(fd, "rb") as file:
        until = time.monotonic() + _WRITING
        while _is_written(fd) and time.monotonic() < until:
            time.sleep(0.02)
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
