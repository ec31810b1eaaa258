"""What the bytes of a spool file say: commands as the shell saw them, raw, and marks of those that it left out.

Fields end with NUL, which no command can contain. `H1` (who the shell is), `E1` (the environment that the commands
after it ran with), `R1` (a command) and `O1` (one under REIFIERD_OFF: its time and the bytes of each of its lines, no
text) open a record; its fields are `letter=value`; `.` closes it. A record that is not closed (the shell was killed,
the disk was full) is dropped, and reading goes on at the next opening. Bytes that are no UTF-8 become U+FFFD.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

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


def parse(data: bytes, session: str) -> Iterator[SpoolRecord | SpoolMark]:
    """The whole records of a spool file's bytes, in the order in which they were written."""
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
