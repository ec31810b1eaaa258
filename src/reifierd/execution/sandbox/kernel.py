"""The system calls that Python 3.11 has no function for, and what a process gives up before it runs others' commands.

Every call raises OSError with the name of what was forbidden, so that a person can be told what to allow.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import resource
import signal
import socket
import struct
from collections.abc import Collection

# linux/sched.h
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
NAMESPACES = _NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS
# linux/mount.h
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2
# linux/prctl.h
_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS, _CAP_AMBIENT, _AMBIENT_CLEAR = 1, 4, 24, 38, 47, 4
# linux/capability.h
CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND = 0, 1, 2, 3, 4, 5, 6, 7, 10
_CAP_VERSION = 0x20080522
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare() -> None:
    """Leave the machine's namespaces; the next child is the first process of the new pid namespace."""
    _done(_libc.unshare(NAMESPACES), "unshare")
    _libc.unshare(_NEWCGROUP)  # hides where in the tree we stand, no more; kernels without it lose nothing


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    raw = [os.fsencode(text) for text in (source, target, kind, data)]
    _done(_libc.mount(raw[0], raw[1], raw[2] or None, ctypes.c_ulong(flags), raw[3] or None), f"mount {target}")


def bind(source: str, target: str, *, read_only: bool = False) -> None:
    """`source` as it is, also at `target`. Flags that its mount has and that may not be taken off are kept."""
    mount(source, target, flags=BIND)
    if read_only:
        here = os.statvfs(target)
        kept = here.f_flag & (NOSUID | NODEV | NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME | os.ST_RELATIME)
        flags = kept & (NOSUID | NODEV | NOEXEC)
        flags |= (1024 if kept & os.ST_NOATIME else 0) | (2048 if kept & os.ST_NODIRATIME else 0)
        flags |= 1 << 21 if kept & os.ST_RELATIME else 0
        mount("", target, flags=flags | BIND | REMOUNT | RDONLY)


def enter_root(root: str) -> None:
    """Make `root` (a mount) the root of this namespace, and let go of the old one."""
    os.chdir(root)
    _done(_libc.pivot_root(b".", b"."), "pivot_root")
    _done(_libc.umount2(b".", DETACH), "umount")
    os.chdir("/")


def die_with_parent(parent: int) -> None:
    """SIGKILL for this process when its parent ends. `parent` is 0 for one in another pid namespace."""
    _libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def hide_self() -> None:
    """Nobody without rights over the outer system may trace this process, or reach its memory, root or descriptors."""
    _done(_libc.prctl(_DUMPABLE, 0, 0, 0, 0), "prctl")


def loopback_up() -> None:
    """127.0.0.1 of the new network, on which steps may talk to what they started themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = fcntl.ioctl(sock, _SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0))
        flags = struct.unpack_from("h", request, 16)[0] | _IFF_UP
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags))


def drop_capabilities(keep: Collection[int]) -> None:
    """Keep these capabilities over the new user namespace, and no others, for good; and gain none by any program."""
    for number in range(64):
        if number not in keep and _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0) and ctypes.get_errno() != errno.EINVAL:
            raise OSError(ctypes.get_errno(), "cannot give up a capability", "prctl")
    _libc.prctl(_CAP_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    mask = sum(1 << number for number in keep)
    header = struct.pack("Ii", _CAP_VERSION, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    _done(_libc.capset(header, struct.pack("6I", low, low, 0, high, high, 0)), "capset")
    _done(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def limit(*, file: int, memory: int, processes: int, seconds: int) -> None:
    """Bounds of one process (of the user, for `processes`, which the kernel does not ask of root)."""
    for which, most in (
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        hard = resource.getrlimit(which)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (bound, bound))
