"""A filter of system calls for what namespaces do not bound: sockets of no network namespace (vsock reaches the
hypervisor), the kernel's keys, rings that open sockets past this filter, files by handle, typing into a terminal.

Numbers and layout are the kernel's own (asm/unistd.h, linux/filter.h, linux/seccomp.h). A program for another machine
(32 bit, x32) gets ENOSYS for everything. Where we do not know the machine there is no filter; the namespaces stand.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from dataclasses import dataclass

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
_NR, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data (low words, little endian)
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_X32 = 0x40000000
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX


@dataclass(frozen=True)
class _Machine:
    """`denied`: add_key, request_key, keyctl, io_uring_setup/enter/register, bpf, perf_event_open, userfaultfd,
    open_by_handle_at."""

    audit: int
    socket: tuple[int, ...]
    ioctl: int
    denied: tuple[int, ...]


_MACHINES = {
    "x86_64": _Machine(0xC000003E, (41, 53), 16, (248, 249, 250, 425, 426, 427, 321, 298, 323, 304)),
    "aarch64": _Machine(0xC00000B7, (198, 199), 29, (217, 218, 219, 425, 426, 427, 280, 241, 282, 265)),
}


def _program(machine: _Machine) -> list[tuple[int, int, int, int]]:
    no_such_call = (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)
    allow = (_RETURN, 0, 0, _ALLOW)
    lines = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, machine.audit), no_such_call]
    lines += [(_LOAD, 0, 0, _NR), (_AT_LEAST, 0, 1, _X32), no_such_call]
    for number in machine.denied:
        lines += [(_EQUAL, 0, 1, number), no_such_call]
    for number in machine.socket:
        asked = [line for family in _FAMILIES for line in ((_EQUAL, 0, 1, int(family)), allow)]
        body = [(_LOAD, 0, 0, _FIRST), *asked, (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT)]
        lines += [(_EQUAL, 0, len(body), number), *body]
    forbidden = [line for request in _TERMINAL for line in ((_EQUAL, 0, 1, request), (_RETURN, 0, 0, _ERRNO | 1))]
    lines += [(_EQUAL, 0, 1 + len(forbidden), machine.ioctl), (_LOAD, 0, 0, _SECOND), *forbidden]
    return [*lines, allow]


def install() -> bool:
    """Put the filter on this process and all it will start; False where this machine's numbers are not known."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    program = _program(machine)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = ctypes.create_string_buffer(struct.pack("H6xP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.c_ulong(ctypes.addressof(header)), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "seccomp")
    return True
