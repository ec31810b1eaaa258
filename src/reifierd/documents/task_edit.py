"""Byte-exact edits of a task file: a box is checked, a log line added, `updated` set; every other byte stays.

A `TaskSheet` is the file with its places; it is read once, and each edit moves the places along. Consent for the file
(`task.consent_digest`) is the same before and after any edit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reifierd.documents.compose import shown
from reifierd.documents.front import find_front
from reifierd.documents.task import Source, log_of, read_source
from reifierd.documents.task_front import read_task_front
from reifierd.documents.task_places import Places, covered
from reifierd.documents.text import unix
from reifierd.errors import UsageError

_ENDS = re.compile(rb"\r\n|\n|\r")
_TIME = re.compile(r"\d\d:\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_STRUCTURE = re.compile(r"""\A(?:(?=[^\w\s("'\\])|(?P<number>\d{1,9})(?=[.)](?:\s|\Z)))""")


@dataclass(frozen=True)
class TaskSheet:
    """A task file's bytes and where they may be edited. `checked` are the numbers of the criteria that have a mark,
    `log` the entries of the Progress Log."""

    data: bytes
    places: Places
    checked: frozenset[int]
    log: tuple[str, ...] = ()
    log_proved: bool = False

    @property
    def updated(self) -> str:
        """The value as it is written, without quotes; "" where there is none to edit."""
        span = self.places.updated
        return self.data[slice(*span)].decode().strip("'\"") if span else ""

    @property
    def consent(self) -> bytes:
        """What consent covers; the same after any edit."""
        return covered(self.data, self.places)

    def edit(self, check: Iterable[int] = (), updated: str = "", log: Sequence[str] = ()) -> TaskSheet:
        """Check the boxes of these criteria (by `n`), set `updated` (`2026-11-20 14:30` or only a day), add log lines.

        A value that was a day stays a day. Each log line becomes one list item at the end of the Progress Log, which is
        begun where there is none. Raises UsageError for a number that no criterion has, and where a log line cannot be
        added (a block before it is never closed).
        """
        sheet = self._check(check)
        sheet = sheet._add_log([one_line(line) for line in log]) if log else sheet
        return sheet._update(updated) if updated else sheet

    # -- boxes

    def _check(self, numbers: Iterable[int]) -> TaskSheet:
        wanted = frozenset(numbers) - self.checked
        if not wanted:
            return self
        marked = bytearray(self.data)
        for n in wanted:
            if not 1 <= n <= len(self.places.boxes):
                raise UsageError(f"there is no criterion {n}", hint=f"1 to {len(self.places.boxes)}")
            marked[self.places.boxes[n - 1]] = ord("x")
        return replace(self, data=bytes(marked), checked=self.checked | wanted)

    # -- the log

    def _add_log(self, lines: list[str]) -> TaskSheet:
        at, text = self._log_text(lines)
        data = self.data[:at] + text + self.data[at:]
        log = (*self.log, *(line.removeprefix("- ") for line in lines))
        if self.places.log is None or not self.log_proved:
            return self._proved(data, log)
        start, end = self.places.log
        places = replace(
            self.places.moved(at, len(text)), log=(start, end + len(text)), log_start=self.places.log_start
        )
        return replace(self, data=data, places=places, log=log)

    def _proved(self, data: bytes, log: tuple[str, ...]) -> TaskSheet:
        """Read the first addition back: nothing before it may swallow it."""
        again = read_source(data)
        if again.problems or tuple(log_of(again.placed)) != log:
            raise UsageError(
                "no line can be added to the Progress Log: it stands there twice, or something is never closed",
                hint="close the block, comment or quotation that stands last, or make one section of the two",
            )
        return replace(sheet_of(again), log_proved=True)

    def _log_text(self, lines: list[str]) -> tuple[int, bytes]:
        """Where the lines go, and the bytes to put there."""
        if self.places.log is None:
            return len(self.data), self._new_section(lines)
        start, end = self.places.log
        newline = self._newline(start)
        items = newline.join(line.encode() for line in lines)
        section = self.data[start:end]
        last = len(section.rstrip(b" \t\r\n"))
        if not last:
            return self._into_empty(items, newline)
        line_end = _ENDS.search(section, last)
        gap = b"" if self.places.log_lists else newline
        if line_end is None:
            return end, newline + gap + items
        return start + line_end.end(), gap + items + newline

    def _into_empty(self, items: bytes, newline: bytes) -> tuple[int, bytes]:
        """Behind the heading and one blank line; a blank line stays before what follows."""
        start, end = self.places.log or (0, 0)
        if not self.data[:start].endswith((b"\n", b"\r")):
            return end, newline * 2 + items
        blank = _ENDS.search(self.data, start, end)
        at = blank.end() if blank else start
        follows = at == end < len(self.data)
        return at, (b"" if blank else newline) + items + newline + (newline if follows else b"")

    def _new_section(self, lines: list[str]) -> bytes:
        newline = self._newline(len(self.data))
        ended = self.data.endswith((b"\n", b"\r"))
        gap = newline * (2 - min(2, _trailing_ends(self.data)))
        text = b"## Progress Log" + newline * 2 + newline.join(line.encode() for line in lines)
        return gap + text + (newline if ended else b"")

    def _newline(self, near: int) -> bytes:
        """The line end that the file uses before that place."""
        before = max(self.data.rfind(b"\n", 0, near), self.data.rfind(b"\r", 0, near))
        if before < 0:
            found = _ENDS.search(self.data)
            return found[0] if found else b"\n"
        return b"\r\n" if self.data[before - 1 : before + 1] == b"\r\n" else self.data[before : before + 1]

    # -- updated

    def _update(self, updated: str) -> TaskSheet:
        span = self.places.updated
        if span is None:
            return self._add_updated(updated)
        old = self.data[slice(*span)]
        new = _value(old, updated)
        if new == old:
            return self
        data = self.data[: span[0]] + new + self.data[span[1] :]
        places = self.places.moved(span[1], len(new) - len(old))
        line = self.places.updated_line
        places = replace(
            places,
            updated=(span[0] + (not old), span[0] + len(new)),
            updated_line=(line[0], line[1] + len(new) - len(old)) if line else None,
        )
        return replace(self, data=data, places=places)

    def _add_updated(self, updated: str) -> TaskSheet:
        """A line at the end of a front matter in block style; without one nothing is added."""
        span = find_front(self.data)
        if span is None or self.places.updated_line:
            return self
        yaml = self.data[span.yaml_start : span.yaml_end]
        before = read_task_front(unix(yaml.decode()))
        newline = self._newline(span.yaml_end)
        line = b"updated: " + _value(b"", updated).strip() + newline
        after = read_task_front(unix((yaml + line).decode()))
        if after.problems or after.data != {**before.data, "updated": line.decode().partition(": ")[2].strip()}:
            return self
        at = span.yaml_end
        places = self.places.moved(at, len(line))
        places = replace(places, updated=(at + 9, at + len(line) - len(newline)), updated_line=(at, at + len(line)))
        return replace(self, data=self.data[:at] + line + self.data[at:], places=places)


def open_sheet(data: bytes) -> TaskSheet:
    """Read a task file for editing. Raises UsageError for one that cannot be read."""
    return sheet_of(read_source(data))


def sheet_of(source: Source) -> TaskSheet:
    """As `open_sheet`, for a source that was read already."""
    if source.problems:
        problem = source.problems[0]
        raise UsageError(problem.message, where=f"line {problem.line}", hint=problem.hint)
    boxes = source.places.boxes
    checked = frozenset(n for n, at in enumerate(boxes, 1) if source.data[at : at + 1] != b" ")
    return TaskSheet(source.data, source.places, checked, tuple(log_of(source.placed)))


def edit_task(data: bytes, check: Iterable[int] = (), updated: str = "", log: Sequence[str] = ()) -> bytes:
    """One edit of a file that is not kept open; see `TaskSheet.edit`."""
    return open_sheet(data).edit(check, updated, log).data


def one_line(text: str) -> str:
    """A log line as a list item that Markdown reads as just that: one line, without anything that begins a block."""
    words = shown(" ".join(text.split())).removeprefix("- ")
    return "- " + _STRUCTURE.sub(lambda found: (found["number"] or "") + "\\", words)


def _value(old: bytes, updated: str) -> bytes:
    """The new value as the old one is written: quoted, with a time or only the day."""
    text = old.decode()
    quote = text[0] if text[:1] in ("'", '"') else ""
    day = _DATE.search(updated)
    keeps_time = _TIME.search(text) if text else None
    new = updated if keeps_time or not day else day[0]
    return (b"" if old else b" ") + f"{quote}{new}{quote}".encode()


def _trailing_ends(data: bytes) -> int:
    tail = data[len(data.rstrip(b" \t\r\n")) :]
    return len(_ENDS.findall(tail)) if data.strip() else 2
