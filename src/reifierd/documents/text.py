"""Bytes as text, with the place of the first byte that is none. Lines may end in LF, CRLF or CR."""

from __future__ import annotations

import re

from reifierd.documents.model import Problem

MOST_BYTES = 512 * 1024
MOST_LINES = 20_000  # both Markdown readers take up to 0.1 ms a line on the worst of input
MOST_BLANKS = 500  # in a row inside a line: mistune takes quadratic time for them in a heading
_BLANKS = re.compile(rb"(?<=[^ \t\r\n])[ \t]{%d}" % (MOST_BLANKS + 1))


def decode(data: bytes) -> tuple[str, Problem | None]:
    """The text with LF line ends and without a byte order mark; "" and a fatal problem for what is not read."""
    if len(data) > MOST_BYTES:
        return "", Problem(1, f"larger than {MOST_BYTES // 1024} KiB: not read", "split it", fatal=True)
    if data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") > MOST_LINES:
        return "", Problem(MOST_LINES, f"more than {MOST_LINES} lines: not read", "split it", fatal=True)
    blanks = _BLANKS.search(data)
    if blanks:
        line, column = _place(data, blanks.start())
        return "", Problem(
            line, f"more than {MOST_BLANKS} blanks in a row at column {column}", "remove them", fatal=True
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        message = f"no valid UTF-8: byte 0x{data[error.start]:02x} at column {column}"
        return "", Problem(line, message, "save the file as UTF-8", fatal=True)
    if "\0" in text:
        line, column = _place(data, data.index(b"\0"))
        return "", Problem(line, f"a NUL character at column {column}", "remove it", fatal=True)
    return unix(text), None


def _place(data: bytes, at: int) -> tuple[int, int]:
    begin = data.rfind(b"\n", 0, at) + 1
    return data.count(b"\n", 0, at) + 1, at - begin + 1


def unix(text: str) -> str:
    """The text with LF line ends and without a byte order mark."""
    return re.sub(r"\r\n?", "\n", text).removeprefix("\ufeff")
