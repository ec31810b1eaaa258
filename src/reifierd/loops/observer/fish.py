r"""fish's history file, read as `decode_item_fish_2_0` does (src/history_file.cpp of fish 3.6).

- `- cmd: …` begins an item; indented lines belong to it (`when:`, `paths:` and its list). A line ends at its newline.
- In the command `\\` is a backslash and `\n` a newline, decoded in one pass; any other backslash stands for itself.
- Repeated `- cmd: - cmd: ` (left by fish 1.x) counts once; `- cmd:    when:` and lines of other kinds are no items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.loops.observer.formats import LONG, Entries, Parsed, Times

_ITEM = "\n- cmd: "
_WHEN = "\n  when: "
_PATHS = re.compile(r"  paths:(?:\n    - [^\n]*)+")
_ESCAPE = re.compile(r"\\([\\n])")
_NUMBER = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_REPEATED = "- cmd: - cmd: "
_OF_FISH_1 = "- cmd:    when:"


class Fish:
    name = "fish"

    def parse(self, data: bytes, *, head: bytes | None = None, final: bool = False) -> Parsed:
        """See `Format.parse`; an item without its time is not finished while more may come."""
        end = data.rfind(b"\n") + 1
        entries = _entries(data[:end].decode("utf-8", "replace"))
        if final or not entries.marks or entries.marks[-1]:
            return Parsed(entries, end, end)
        start = data.rfind(b"\n- cmd:", 0, end) + 1
        return Parsed(entries[:-1], start, start)


def _entries(text: str) -> Entries:
    commands: list[str] = []
    marks: list[str] = []
    before, *pieces = f"\n{text}".removesuffix("\n").split(_ITEM)
    for command, mark in _items(before.split("\n")):
        commands.append(command)
        marks.append(mark)
    for piece in pieces:
        command, _, rest = piece.partition(_WHEN)
        mark, _, more = rest.partition("\n")
        if (
            (more and not _PATHS.fullmatch(more))
            or "\n" in command
            or not (command and mark)
            or command.startswith(("- cmd: ", "   when:"))
        ):
            for odd, when in _items(f"- cmd: {piece}".split("\n")):
                commands.append(odd)
                marks.append(when)
        else:
            commands.append(_ESCAPE.sub(_unescape, command) if "\\" in command else command)
            marks.append(mark)
    return Entries(commands, marks, _times)


def _times(mark: str) -> Times:
    """`when`, read by strtol(3) with any base; fish keeps no durations."""
    return _number(_text(mark)) or None, None


def _items(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The general rule, line by line; items without a command are left out."""
    for at, line in enumerate(lines):
        if line.startswith((" ", "%", "---", "...", _OF_FISH_1)) or len(line.encode()) < 3:
            continue
        start = line
        while start.startswith(_REPEATED) and len(start) > len(_REPEATED):
            start = start.removeprefix("- cmd: ")
        if start.startswith(_OF_FISH_1):
            continue
        key, colon, value = start.partition(":")
        if colon and _text(key) == "- cmd" and (command := _text(value.removeprefix(" "))):
            yield command, _when(lines, at + 1)


def _when(lines: list[str], at: int) -> str:
    """The time among the lines of an item, which all have the same indentation; "" where there is none."""
    mark, indent = "", 0
    while at < len(lines):
        line = lines[at].lstrip(" ")
        deep = len(lines[at]) - len(line)
        indent = indent or deep
        key, colon, value = line.partition(":")
        if not deep or deep != indent or not colon:
            break
        at += 1
        if _text(key) == "when":
            mark = value.removeprefix(" ")
        elif _text(key) == "paths":
            at = _behind_paths(lines, at, indent)
    return mark


def _behind_paths(lines: list[str], at: int, indent: int) -> int:
    while at < len(lines):
        line = lines[at].lstrip(" ")
        if len(lines[at]) - len(line) <= indent or not line.startswith("- "):
            break
        at += 1
    return at


def _number(text: str) -> int:
    """strtol(text, NULL, 0)."""
    found = _NUMBER.match(text)
    if found is None or len(found[2]) > LONG:
        return 0
    digits = found[2].lower()
    value = int(digits, 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10)
    return -value if found[1] == "-" else value


def _text(value: str) -> str:
    return _ESCAPE.sub(_unescape, value) if "\\" in value else value


def _unescape(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else "\\"
