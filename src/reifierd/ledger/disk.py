"""Which file systems a ledger may stand on, and where events of a folder may not arrive.

SQLite's locks and shared memory do not hold on network file systems (sqlite.org/faq.html#q5, sqlite.org/wal.html),
and inotify sees only what this machine does (inotify(7)). The magic numbers are those of statfs(2); FUSE has one
for all, so its kind is read from /proc/self/mountinfo.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_NETWORK = {
    0x6969: "nfs",
    0x517B: "smb",
    0xFF534D42: "cifs",
    0xFE534D42: "smb2",
    0x01021997: "9p",
    0x5346414F: "afs",
    0x6B414653: "afs",
    0x00C36400: "ceph",
    0x47504653: "gpfs",
    0x0BD00BD0: "lustre",
    0x7461636F: "ocfs2",
    0x01161970: "gfs2",
    0x73757245: "coda",
    0x564C: "ncp",
}
_FUSE = 0x65735546
_LOCAL_FUSE = {"fuseblk", "virtiofs", "fuse.fuse-overlayfs", "fuse.bindfs", "fuse.mergerfs"}
_libc = ctypes.CDLL(None, use_errno=True)


def network_filesystem(path: Path) -> str | None:
    """The name of the network file system that `path` (which exists) stands on; None for a local one."""
    magic = _magic(path)
    if magic == _FUSE:
        kind = _mounted_as(path)
        return None if kind in _LOCAL_FUSE else kind
    return _NETWORK.get(magic)


def _magic(path: Path) -> int:
    """`f_type` of statfs(2), the first word of the struct; the buffer is larger than any architecture's struct."""
    buffer = (ctypes.c_long * 64)()
    if _libc.statfs(os.fsencode(path), ctypes.byref(buffer)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(path))
    return buffer[0] & 0xFFFFFFFF


def _mounted_as(path: Path) -> str:
    """The type of the mount that holds `path`, after proc(5): the longest mount point wins, the later of two equal
    ones.
    """
    here, best, kind = path.resolve(), -1, "fuse"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].encode().decode("unicode_escape"))
        if here.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind
