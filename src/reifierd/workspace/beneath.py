"""Opening a file below a folder that is already open, such that no link and no mount can lead elsewhere.

openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV says it in one call (Linux 5.6). Where a
kernel or a seccomp filter has none, the path is walked one component at a time with O_NOFOLLOW, and each
descriptor's mount compared (/proc/self/fdinfo, proc(5): `mnt_id`). O_NOFOLLOW alone would not do: it looks at the
last component only.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_SYS_OPENAT2 = 437  # the same on every architecture but alpha
_RESOLVE = 0x01 | 0x04 | 0x08  # NO_XDEV | NO_SYMLINKS | BENEATH, linux/openat2.h
_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(folder: int, relative: str, flags: int) -> int:
    """A descriptor (close-on-exec) of `relative` below the open `folder`.

    OSError: ELOOP for a symbolic link, EXDEV for a mount point or a way out, and what open(2) says.
    """
    flags |= os.O_CLOEXEC
    try:  # without O_NOFOLLOW: with O_DIRECTORY it would turn a link's ELOOP into ENOTDIR
        return _openat2(folder, relative, flags & ~os.O_NOFOLLOW)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EPERM):
            raise
    return walk_beneath(folder, relative, flags | os.O_NOFOLLOW)


def _openat2(folder: int, relative: str, flags: int) -> int:
    how = _OpenHow(flags, 0, _RESOLVE)
    path = os.fsencode(relative)
    fd: int = _libc.syscall(_SYS_OPENAT2, folder, path, ctypes.byref(how), ctypes.sizeof(how))
    if fd < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), relative)
    return fd


def walk_beneath(folder: int, relative: str, flags: int) -> int:
    """The same, one component at a time; what `open_beneath` falls back to."""
    *parents, last = relative.split("/")
    if relative.startswith("/") or ".." in (*parents, last):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), relative)
    mount = _mount_of(folder)
    opened: list[int] = []
    try:
        for name in filter(None, parents):
            opened.append(_step([folder, *opened][-1], name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, mount))
        return _step([folder, *opened][-1], last or ".", flags, mount)
    finally:
        for fd in opened:
            os.close(fd)


def _step(here: int, name: str, flags: int, mount: str) -> int:
    try:
        fd = os.open(name, flags | os.O_CLOEXEC, dir_fd=here)
    except NotADirectoryError as error:  # O_DIRECTORY | O_NOFOLLOW on a link says ENOTDIR; openat2 says ELOOP
        if Path(f"/proc/self/fd/{here}/{name}").is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from error
        raise
    if _mount_of(fd) != mount:
        os.close(fd)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), name)
    return fd


def _mount_of(fd: int) -> str:
    lines = Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("mnt_id:"))
