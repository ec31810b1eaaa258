"""What the live hooks wrote: reading the spool, and emptying it without losing or doubling a command.

A shell appends to its own file, `<runtime folder>/spool/<shell>-<pid>-<start>.spool`, opening it by path each time.
The reader and the shells never wait for each other:

1. *Claim.* A `.spool` file is renamed to `….<n>.taken`; the shell makes a new file at its next command. A claimed
   file that the shell still has open (it was about to append) is left for the next call, and so is everything later
   from that shell.
2. *Read.* Every whole record is returned. Records carry a sequence number, counted up by the shell from 1, so
   `SpoolFile.after(last)` drops what the ledger already has. Store the commands and, in the same transaction, the
   mark (`SpoolFile.source`, `SpoolFile.last`).
3. *Remove.* Only then call `remove(file)`. Killed before it, the next call returns the same claimed file again, and
   `after` finds nothing new in it: nothing is lost, nothing is doubled.

The format: fields end with NUL, which no command can contain. `H1` (who the shell is), `E1` (the environment that
the commands after it ran with), `R1` (a command) and `O1` (one under REIFIERD_OFF: its time and the bytes of each of
its lines, no text) open a record; its fields are `letter=value`; `.` closes it. A
record that is not closed (the shell was killed, the disk was full) is dropped, and reading goes on at the next
opening. Bytes that are no UTF-8 become U+FFFD.

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
from dataclasses import dataclass, replace
from pathlib import Path

FOLDER = "spool"
_NAME = re.compile(r"^(?P<session>[a-z]+-(?P<pid>\d+)-\d+)(?:\.spool|\.(?P<n>\d+)\.taken)$")
_TEMPORARY = re.compile(r"^\.[a-z]+-(?P<pid>\d+)-\d+\.tmp$")
_OPENINGS = (b"H1", b"E1", b"R1", b"O1")


@dataclass(frozen=True)
class FileCopy:
    """A file that a command named, before and after, raw: None where there was none, both b"" if unchanged."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True)
class SpoolRecord:
    """One command as the shell saw it, not yet redacted. Times in seconds since the epoch, `umask` octal as printed."""

    shell_session: str
    seq: int
    command: str
    cwd: str
    started: float
    duration: float
    exit: int
    umask: str
    shell: str
    shell_version: str
    shell_pid: int
    tty: str
    host: str
    user: str
    env: tuple[tuple[str, str], ...] = ()
    copies: tuple[FileCopy, ...] = ()


@dataclass(frozen=True)
class SpoolMark:
    """A line under REIFIERD_OFF: typed and started between `began` and `ended`, its lines of `sizes` bytes."""

    shell_session: str
    shell: str
    seq: int
    began: float
    ended: float
    sizes: tuple[int, ...] = ()


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
                found = list(_told(data, session))
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


def parse(data: bytes, session: str) -> Iterator[SpoolRecord]:
    """The whole command records of a spool file's bytes."""
    return (r for r in _told(data, session) if isinstance(r, SpoolRecord))


def _told(data: bytes, session: str) -> Iterator[SpoolRecord | SpoolMark]:
    head = SpoolRecord(session, 0, "", "", 0, 0, 0, "", "", "", 0, "", "", "")
    for kind, fields in _records(data):
        if kind == b"H1":
            head = _with_header(head, dict(fields))
        elif kind == b"E1":
            env = (_text(value).partition("=") for key, value in fields if key == b"x")
            head = replace(head, env=tuple((name, value) for name, _, value in env))
        else:
            with contextlib.suppress(KeyError, ValueError):
                yield _command(head, fields) if kind == b"R1" else _mark(head, dict(fields))


def _records(data: bytes) -> Iterator[tuple[bytes, list[tuple[bytes, bytes]]]]:
    kind, fields = b"", list[tuple[bytes, bytes]]()
    for token in data.split(b"\0"):
        if token in _OPENINGS:
            kind, fields = token, []
        elif token == b"." and kind:
            yield kind, fields
            kind = b""
        elif token[1:2] == b"=":
            fields.append((token[:1], token[2:]))


def _with_header(head: SpoolRecord, said: dict[bytes, bytes]) -> SpoolRecord:
    return replace(
        head,
        shell=_text(said.get(b"k", b"")),
        shell_version=_text(said.get(b"v", b"")),
        shell_pid=int(said.get(b"p", b"0") or 0),
        tty=_text(said.get(b"y", b"")),
        host=_text(said.get(b"h", b"")),
        user=_text(said.get(b"u", b"")),
    )


def _command(head: SpoolRecord, fields: list[tuple[bytes, bytes]]) -> SpoolRecord:
    said = dict(fields)
    return replace(
        head,
        seq=int(said[b"n"]),
        command=_text(said[b"c"]),
        cwd=_text(said[b"w"]),
        started=int(said[b"t"]) / 1e6,
        duration=max(0.0, int(said[b"d"]) / 1e6),  # the clock may have been set back meanwhile
        exit=int(said[b"e"]),
        umask=_text(said.get(b"m", b"")).strip(),
        copies=tuple(_copies(fields)),
    )


def _mark(head: SpoolRecord, said: dict[bytes, bytes]) -> SpoolMark:
    began, lasted = int(said[b"t"]) / 1e6, int(said[b"d"]) / 1e6
    sizes = tuple(map(int, said.get(b"l", b"").split()))
    return SpoolMark(head.shell_session, head.shell, int(said[b"n"]), began, began + lasted, sizes)


def _copies(fields: list[tuple[bytes, bytes]]) -> Iterator[FileCopy]:
    """`f=` names a file, `b=` and `a=` hold it before and after; `s=` says that it is the same as before."""
    path: str | None = None
    texts: dict[bytes, bytes] = {}
    for key, value in [*fields, (b"f", b"")]:
        if key == b"f":
            if path is not None:
                same = b"" if b"s" in texts else None
                yield FileCopy(path, texts.get(b"b", same), texts.get(b"a", same))
            path, texts = _text(value), {}
        elif key in (b"b", b"a", b"s"):
            texts[key] = value


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
