"""Where a task file may be edited, and what consent for it covers.

Three things of a task file are the daemon's to change: the mark in a box, the value of `updated`, and the Progress Log.
Consent covers every other byte, so that these edits, in any number, leave its digest as it is:

- each mark counts as a blank, wherever a box stands (a box outside the criteria changes nothing of what runs),
- the line of `updated` in the front matter does not count (it may be added); of a bold `**Updated**:` line the value,
- the Progress Log does not count, from its heading to the next part, nor do blanks at the end of the file, where
  one may be added. Nothing in it is ever read as a criterion, a command or a check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reifierd.documents.blocks import Block
from reifierd.documents.front import Front, key_span
from reifierd.documents.task_names import box_of
from reifierd.documents.task_outline import Part, Placed
from reifierd.documents.words import TASK_KEYS

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_UPDATED_KEYS = ("updated", "updated_date", "last_updated", "updated_at", "date_updated")
_FRONT_LINE = re.compile(rb"""[ \t]*(?:\w+|'\w+'|"\w+")[ \t]*:([^\r\n]*)(?:\r\n|\r|\n|\Z)""")
_QUOTED = re.compile(rb"""('[^']*'|"[^"\\]*")[ \t]*(?:[ \t]#.*)?""")
_NO_PLAIN = b"'\"&*!|>{}[]#%@`,"
_BOLD_UPDATED = re.compile(
    r"(?:\*\*|__)([A-Za-z][\w -]{0,30}?)\s*(?::(?:\*\*|__)|(?:\*\*|__)\s*:)[ \t]*"
    r"(\d[\d./-]*(?:[ T]\d\d:\d\d(?::\d\d)?)?Z?|[\w-]+)"
)


@dataclass(frozen=True)
class Places:
    """Byte offsets. `boxes` are the marks of the criteria, in order, `marks` those of all boxes. `updated` is the value
    (an empty span where it would stand), `updated_line` the line that does not count; None where there is none to edit.
    `log` is the section without its heading, from `log_start` on; None without one."""

    boxes: tuple[int, ...] = ()
    marks: tuple[int, ...] = ()
    updated: tuple[int, int] | None = None
    updated_line: tuple[int, int] | None = None
    log: tuple[int, int] | None = None
    log_start: int = 0
    log_lists: bool = False

    def moved(self, at: int, by: int) -> Places:
        """The places after `by` bytes were put in at `at` (taken away, where negative)."""

        if by == 0:
            return self

        def one(offset: int) -> int:
            return offset + by if offset >= at else offset

        def every(offsets: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(map(one, offsets)) if offsets and offsets[-1] >= at else offsets

        def span(pair: tuple[int, int] | None) -> tuple[int, int] | None:
            return (one(pair[0]), one(pair[1])) if pair else None

        return replace(
            self,
            boxes=every(self.boxes),
            marks=every(self.marks),
            updated=span(self.updated),
            updated_line=span(self.updated_line),
            log=span(self.log),
            log_start=one(self.log_start),
        )


class Lines:
    """The lines of a document's bytes; numbers are 1-based, as the readers count them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts = [found.start() for found in _LINE.finditer(data)] + [len(data)]

    def start(self, line: int) -> int:
        """The offset where a line begins; the end of the document for one behind it."""
        return self.starts[min(line - 1, len(self.starts) - 1)]

    def offset(self, line: int, content: str, at: int) -> int | None:
        """Where character `at` of a paragraph stands, whose first line this is; None where it is not found there."""
        raw = self.data[self.start(line) : self.start(line + 1)].decode().rstrip()
        first = content.partition("\n")[0].rstrip()
        if not raw.endswith(first) or at > len(first):
            return None
        return self.start(line) + len(raw[: len(raw) - len(first) + at].encode())


def find_places(data: bytes, placed: list[Placed], front: Front) -> Places:
    """All places of a document that was read. ValueError: a box is not found in the bytes."""
    lines = Lines(data)
    marks: list[int] = []
    boxes: list[int] = []
    for entry in placed:
        for offset in _marks(entry.block, lines):
            marks.append(offset)
            if entry.part is Part.CRITERIA:
                boxes.append(offset)
    line, value = _front_updated(data, front) or (None, _bold_updated(placed, lines))
    log, start, lists = _log(placed, lines) or (None, 0, False)
    return Places(tuple(boxes), tuple(marks), value, line, log, start, lists)


def _marks(block: Block, lines: Lines) -> Iterator[int]:
    if block.kind != "item":
        return
    for item in (block, *block.walk()):
        box = box_of(item.own_text) if item.kind == "item" else None
        if box:
            offset = lines.offset(item.inner[0].line, item.inner[0].text, box.start(1))
            if offset is None or lines.data[offset : offset + 1] != box[1].encode():
                raise ValueError(f"the box on line {item.inner[0].line} is not found in the file's bytes")
            yield offset


def _front_updated(data: bytes, front: Front) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The line of the key, and its value in it; None where that is not one value on this line."""
    key = next((key for key in _UPDATED_KEYS if key in front.data), None)
    line = key_span(data, key, front) if key else None
    found = _FRONT_LINE.fullmatch(data, *line) if line else None
    if line is None or found is None:
        return None
    rest = found[1]
    value = rest.strip(b" \t")
    at = found.start(1) + len(rest) - len(rest.lstrip(b" \t"))
    quoted = _QUOTED.fullmatch(value)
    if quoted:
        return line, (at, at + len(quoted[1]))
    plain = re.split(rb"(?:(?<=[ \t])|\A)#", value, maxsplit=1)[0].rstrip(b" \t")
    if not plain:
        return line, (found.start(1), found.start(1))
    return None if plain[:1] in [bytes([sign]) for sign in _NO_PLAIN] else (line, (at, at + len(plain)))


def _bold_updated(placed: list[Placed], lines: Lines) -> tuple[int, int] | None:
    for entry in placed:
        if entry.part is not Part.PREAMBLE:
            continue
        for block in (entry.block, *entry.block.walk()) if entry.block.kind == "item" else (entry.block,):
            for n in range(block.text.count("\n") + 1) if block.kind == "text" else ():
                start = lines.start(block.line + n)
                raw = lines.data[start : lines.start(block.line + n + 1)].decode()
                for found in _BOLD_UPDATED.finditer(raw):
                    if TASK_KEYS.get(found[1].strip().lower()) == "updated":
                        return start + len(raw[: found.start(2)].encode()), start + len(raw[: found.end(2)].encode())
    return None


def _log(placed: list[Placed], lines: Lines) -> tuple[tuple[int, int], int, bool] | None:
    """The first Progress Log: from its heading's end to the next part, where it starts, and whether a list ends it."""
    opened = next((n for n, entry in enumerate(placed) if entry.part is Part.LOG), None)
    if opened is None:
        return None
    heading = placed[opened].block
    rest = placed[opened + 1 :]
    behind = next((n for n, entry in enumerate(rest) if entry.part is not Part.LOG or entry.opens), len(rest))
    end = lines.start(rest[behind].block.line) if behind < len(rest) else len(lines.data)
    lists = behind > 0 and rest[behind - 1].block.kind == "item"
    return (lines.start(heading.end + 1), end), lines.start(heading.line), lists


def covered(data: bytes, places: Places) -> bytes:
    """The bytes that consent covers."""
    marked = bytearray(data)
    for mark in places.marks:
        marked[mark : mark + 1] = b" "
    cuts = [span for span in (places.updated_line or places.updated, _log_cut(places)) if span]
    for start, end in sorted(cuts, reverse=True):
        del marked[start:end]
    return bytes(marked).rstrip(b" \t\r\n")


def _log_cut(places: Places) -> tuple[int, int] | None:
    return (places.log_start, places.log[1]) if places.log else None
