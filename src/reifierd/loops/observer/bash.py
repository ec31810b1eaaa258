"""bash's history file, read as `read_history_range` does (lib/readline/histfile.c of bash 5.2).

- A line that begins with `#` and a digit is a timestamp, whatever follows; of several in a row the last one wins.
- Where the file itself begins with a timestamp, all lines up to the next one are one entry. Elsewhere each line is
  an entry, and a timestamp belongs to the line after it.
- One CR before a newline is dropped, a line ends at a NUL, empty lines are skipped.
- A last line without newline is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.loops.observer.formats import LONG, Entries, Parsed, Times

_NUL = re.compile(r"\0[^\n]*")
_EMPTY_LINES = re.compile(r"\n\n+")
_DIGITS = re.compile(r"[0-9]+")


class Bash:
    name = "bash"

    def parse(self, data: bytes, *, head: bytes | None = None, final: bool = False) -> Parsed:
        """See `Format.parse`. The end is read in one way only: bash leaves an unfinished line alone for good."""
        end = data.rfind(b"\n") + 1
        whole = data if end == len(data) else data[:end]
        lines = _lines(whole)
        if _is_stamp(data[:2] if head is None else head[:2]):
            entries = _joined(lines)
            return Parsed(entries, end, _last_entry(whole)) if entries else Parsed(entries, 0, 0)
        entries = _separate(lines)
        consumed = end if final else _before_stamps(whole)
        return Parsed(entries, consumed, consumed)


def _is_stamp(start: bytes) -> bool:
    return start[:1] == b"#" and start[1:2].isdigit()


def _lines(data: bytes) -> str:
    """The text as bash sees its lines, each followed by one newline, none of them empty."""
    text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\0" in text:
        text = _NUL.sub("", text)
    if "\n\n" in text:
        text = _EMPTY_LINES.sub("\n", text)
    return text.removeprefix("\n")


def _joined(text: str) -> Entries:
    """Everything between two timestamps is one entry."""
    commands: list[str] = []
    marks: list[str] = []
    mark, alone = "", True  # the timestamp that holds, and whether no line has followed it yet
    for piece in text[1:-1].split("\n#") if text else ():
        first, _, command = piece.partition("\n")
        if not "0" <= first[:1] <= "9":  # a comment, no timestamp: the entry before goes on
            command = f"#{piece}"
            if not alone:
                commands[-1] += f"\n{command}"
                continue
        else:
            mark, alone = first, True
        if command:
            commands.append(command)
            marks.append(mark)
            alone = False
    return Entries(commands, marks, _times)


def _separate(text: str) -> Entries:
    """Each line is one entry."""
    lines = text[:-1].split("\n") if text else []
    if "\n#" not in text and not text.startswith("#"):
        return Entries(lines)
    commands: list[str] = []
    marks: list[str] = []
    mark = ""
    for line in lines:
        if line[0] == "#" and "0" <= line[1:2] <= "9":
            mark = line[1:]
        else:
            commands.append(line)
            marks.append(mark)
            mark = ""
    return Entries(commands, marks, _times)


def _times(mark: str) -> Times:
    """strtol(3): the digits at the beginning, none where they are too many; bash keeps no durations."""
    found = _DIGITS.match(mark)
    return (int(found[0]), None) if found and len(found[0]) <= LONG else (None, None)


def _last_entry(data: bytes) -> int:
    """Where the timestamp of the last entry stands: more lines of it may come."""
    seen_text = False
    for start, line in _backwards(data):
        if not _is_stamp(line):
            seen_text = seen_text or not _is_empty(line)
        elif seen_text:
            return start
    return 0


def _before_stamps(data: bytes) -> int:
    """The end without the last timestamp, if its line has not come yet."""
    for start, line in _backwards(data):
        if _is_stamp(line):
            return start
        if not _is_empty(line):
            break
    return len(data)


def _backwards(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines from the last to the first, each with where it begins."""
    end = len(data)
    while end > 0:
        start = data.rfind(b"\n", 0, end - 1) + 1
        yield start, data[start:end]
        end = start


def _is_empty(line: bytes) -> bool:
    return line.removesuffix(b"\n").removesuffix(b"\r")[:1] in (b"", b"\0")
