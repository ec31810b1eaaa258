"""strace on a running daemon: its own threads, not the steps that it starts."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.torture.rack import Rack

# Those that change what stands on a disk or who runs (openat only does where it creates, and then a write follows).
CHANGING = (
    "write", "pwrite64", "pwritev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
    "unlinkat", "mkdir", "mkdirat", "rmdir", "ftruncate", "fallocate", "fchmod", "vfork", "clone", "clone3", "kill",
    "pidfd_send_signal",
)  # fmt: skip


class Strace:
    """Attached to the rack's daemon with these options until it, or the daemon, ends."""

    def __init__(self, rack: Rack, *options: str) -> None:
        self._process = subprocess.Popen(
            ["strace", "-f", "-b", "execve", "-p", str(rack.pid), "-o", "/dev/null", *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        rack.until(lambda: _traced(rack.pid) or not rack.alive(), "strace is attached")

    def detach(self) -> None:
        """The kernel lets go of whom a dead tracer held (ptrace(2)); asked to end, strace may wait for one of them."""
        self._process.kill()
        self._process.wait(20)


def _traced(pid: int) -> bool:
    """Whether every thread has a tracer (proc(5), TracerPid)."""
    try:
        return all(
            b"TracerPid:\t0" not in (task / "status").read_bytes() for task in Path(f"/proc/{pid}/task").iterdir()
        )
    except FileNotFoundError:
        return False
