"""Replace a file that a person may be editing, without losing what they write meanwhile.

Both files change places in one step (renameat2 with RENAME_EXCHANGE), so what stood there at that very moment is in
our hands, whoever wrote it last; where it is not what we expected, the caller merges and comes again. A file that
somebody has open for writing is left where it stands: what they write next must not go into a file without a name.
Where a file system cannot exchange, what stands there is read right before it is replaced.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
from pathlib import Path

from reifierd.workspace.consent import Busy, ready_for_leases
from reifierd.workspace.files import Temporary

_EXCHANGE = 2  # RENAME_EXCHANGE, linux/fs.h
_libc = ctypes.CDLL(None, use_errno=True)


def swap_file(path: Path, data: bytes) -> bytes:
    """Put `data` at `path`, durably and with the old one's mode; returns what stood there.

    FileNotFoundError: nothing did, and nothing was written. Busy: somebody has it open for writing. OSError: nothing
    was changed.
    """
    mode = stat.S_IMODE(path.lstat().st_mode)
    with Temporary(path.parent, data, mode) as temp:
        old = _read(temp.folder, path)
        if _exchanged(temp, path):
            try:
                old = _read(temp.folder, path.with_name(temp.name))
            except Busy:  # in the moment between: theirs goes back to its place
                _exchanged(temp, path)
                raise
        else:
            os.rename(temp.name, path.name, src_dir_fd=temp.folder, dst_dir_fd=temp.folder)
        os.fsync(temp.folder)
    return old


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
