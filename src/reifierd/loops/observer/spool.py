"""What the live hooks wrote: reading the spool, and emptying it without losing or doubling a command.

A shell appends to its own file, `<runtime folder>/spool/<shell>-<pid>-<start>.spool`, opening it by path each time.
The reader and the shells never wait for each other:

1. *Claim.* A `.spool` file is renamed to `….<n>.taken`; the shell makes a new file at its next command. A claimed
   file that the shell still has open (it was about to append) is left for the next call, and so is everything later
   from that shell.
2. *Read.* Every whole record is returned (`spool_records` knows the format). Records carry a sequence number, counted
   up by the shell from 1, so `SpoolFile.after(last)` drops what the ledger already has. Store the commands and, in the
   same transaction, the mark (`SpoolFile.source`, `SpoolFile.last`).
3. *Remove.* Only then call `remove(file)`. Killed before it, the next call returns the same claimed file again, and
   `after` finds nothing new in it: nothing is lost, nothing is doubled.

Not trusted, and skipped with a problem: a folder or a file that is not ours, a symbolic link, a folder that others
may enter, a file that others may write.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reifierd.loops.observer.spool_records import SpoolMark, SpoolRecord, parse

FOLDER = "spool"
_NAME = re.compile(r"^(?P<session>[a-z]+-(?P<pid>\d+)-\d+)(?:\.spool|\.(?P<n>\d+)\.taken)$")
_TEMPORARY = re.compile(r"^\.[a-z]+-(?P<pid>\d+)-\d+\.tmp$")


@dataclass(frozen=True)
class SpoolFile:
    """A claimed file with its records in the order they were written; or, with `problem`, one that was not read."""

    path: Path
    session: str = ""
    records: tuple[SpoolRecord, ...] = ()
    marks: tuple[SpoolMark, ...] = ()
    problem: str = ""

    @property
    def source(self) -> str:
        """The name under which the ledger remembers how far this shell was stored."""
        return f"hook:{self.session}"

    @property
    def last(self) -> int:
        return max([r.seq for r in self.records] + [m.seq for m in self.marks], default=0)

    def after(self, last: int) -> tuple[SpoolRecord, ...]:
        """The records that follow sequence number `last`."""
        return tuple(r for r in self.records if r.seq > last)

    def marks_after(self, last: int) -> tuple[SpoolMark, ...]:
        return tuple(m for m in self.marks if m.seq > last)


def make_spools(dirs: Iterable[Path]) -> None:
    """Make the spool folder in the first place that can be made private: shells find it again after it was swept."""
    for place in dirs:
        folder = place / FOLDER
        try:
            for each in (place, folder):
                with contextlib.suppress(FileExistsError):
                    each.mkdir(mode=0o700)
                info = each.lstat()
                if stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and info.st_mode & 0o077:
                    each.chmod(0o700)
        except OSError:
            continue
        if not _distrust_folder(folder):
            return


def read_spool(dirs: Iterable[Path]) -> Iterator[SpoolFile]:
    """Claim and read everything that stands in the spool folders below `dirs`; see the protocol above."""
    for folder in (place / FOLDER for place in dirs):
        if not folder.is_symlink() and not folder.is_dir():
            continue
        if problem := _distrust_folder(folder):
            yield SpoolFile(folder, problem=problem)
            continue
        _sweep(folder)
        yield from _read_folder(folder)


def remove(file: SpoolFile) -> None:
    """Delete a claimed file whose records are stored."""
    if not file.problem:
        file.path.unlink(missing_ok=True)


def _read_folder(folder: Path) -> Iterator[SpoolFile]:
    busy: set[str] = set()
    for path in _claimed(folder):
        session = _NAME.match(path.name)["session"]  # type: ignore[index] # _claimed yields only names that match
        if session in busy:
            continue
        try:
            data = _read(path)
        except _DistrustedError as error:
            yield SpoolFile(path, session, problem=str(error))
        except OSError as error:
            yield SpoolFile(path, session, problem=f"cannot be read: {error.strerror}")
            busy.add(session)
        else:
            if data is None:
                busy.add(session)
            else:
                found = list(parse(data, session))
                records = tuple(r for r in found if isinstance(r, SpoolRecord))
                yield SpoolFile(path, session, records, tuple(m for m in found if isinstance(m, SpoolMark)))


def _claimed(folder: Path) -> list[Path]:
    """Rename every live file away; all claimed files, each shell's oldest first."""
    found = [(path, match) for path in folder.iterdir() if (match := _NAME.match(path.name))]
    taken: dict[str, dict[int, Path]] = {}
    for path, match in found:
        if match["n"]:
            taken.setdefault(match["session"], {})[int(match["n"])] = path
    for path, match in found:
        if match["n"] or path.is_symlink():
            continue
        mine = taken.setdefault(match["session"], {})
        n = max(mine, default=0) + 1
        mine[n] = path.rename(folder / f"{match['session']}.{n}.taken")
    return [files[n] for files in taken.values() for n in sorted(files)]


class _DistrustedError(Exception):
    pass


def _read(path: Path) -> bytes | None:
    """The bytes of a claimed file, or None while its shell still has it open."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise _DistrustedError("is a symbolic link: not read") from error
        raise
    with os.fdopen(fd, "rb") as file:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode) or info.st_uid != os.getuid():
            raise _DistrustedError("is not a regular file of ours: not read")
        if info.st_mode & 0o022 or info.st_nlink != 1:
            raise _DistrustedError("can be written by others: not read")
        return None if _open_elsewhere(fd) else file.read()


def _open_elsewhere(fd: int) -> bool:
    """The kernel gives a write lease only on a file that nobody else has open (fcntl(2), F_SETLEASE)."""
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # ignored by default; SIGIO, the usual one, would kill us
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without leases: the claim itself is all there is
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _distrust_folder(folder: Path) -> str:
    try:
        info = folder.lstat()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not stat.S_ISDIR(info.st_mode):
        return "is not a folder: not read"
    if info.st_uid != os.getuid():
        return "belongs to someone else: not read"
    if info.st_mode & 0o077:
        return "is open to others: not read (chmod 700 it)"
    return ""


def _sweep(folder: Path) -> None:
    """Remove the scratch files of shells that are gone."""
    for path in folder.iterdir():
        if (match := _TEMPORARY.match(path.name)) and not Path(f"/proc/{match['pid']}").exists():
            path.unlink(missing_ok=True)
