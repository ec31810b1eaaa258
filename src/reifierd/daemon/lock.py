"""One daemon for one workspace: a lock that the kernel releases with the process, whoever kills it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from reifierd.errors import ReifierError


class WorkspaceLock:
    """Held from `take` to the end of the process; the file names its holder for the one who comes second."""

    def __init__(self, state: Path) -> None:
        self.path = state / "daemon.lock"
        self._fd: int | None = None

    def take(self) -> None:
        """Raises ReifierError naming the holder when another daemon works on this workspace."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 64).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise ReifierError(
                f"another daemon works on this workspace (pid {holder})",
                where=str(self.path),
                hint="reifierd status",
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None


def holder(state: Path) -> int | None:
    """The pid of the daemon that holds the lock now, None where none runs."""
    try:
        fd = os.open(state / "daemon.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(fd, 64) or b"0")
    finally:
        os.close(fd)
    return None
