"""What of a large text is worth reading as shell: the lines where a program with secrets or a telling option stands.

A screenful is read whole; a megabyte of output is mostly log, and reading every line of it as shell would cost
seconds and find nothing. Lines that a command continues on (a backslash, a heredoc, an open quote) go with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

WHOLE = 4_096  # characters; up to here everything is read
_LONGEST = 40  # lines that one command may continue on
_WORD = re.compile(r"[A-Za-z0-9][\w.+-]+")
_OPTION = re.compile(
    r"(?:^|\s)--?[\w-]*(?:pass|pwd|secret|token|key|cred|auth|psk|user)|\s-[ul] \S+[^\n]{0,200}\s-(?:p|w|pw|k|a)",
    re.IGNORECASE,
)
_FED = re.compile(r"[|<]|\s[-/+]\w|\s\w+[ =]\S")
_SHELLY = re.compile(r"[\"'`$!#&\\=]|(?<![A-Za-z0-9])-")  # quotes, expansions, assignments, options, chosen passwords


def speaks_shell(text: str, programs: Collection[str]) -> bool:
    """Whether a text without any telling word can hold a secret that only shows when it is read as shell.

    Names, titles, reasons, times and ids cannot, and they are most of what a journal keeps.
    """
    return _SHELLY.search(text) is not None or any(word in programs for word in _WORD.findall(text))


def stretches(text: str, programs: Collection[str]) -> Iterator[tuple[int, int]]:
    """The (start, end) stretches of whole lines of `text` that are to be read as shell."""
    if len(text) <= WHOLE:
        yield 0, len(text)
        return
    lines = text.splitlines(keepends=True)
    starts, position = [], 0
    for line in lines:
        starts.append(position)
        position += len(line)
    number = 0
    while number < len(lines):
        first = number
        if _speaks(lines[number], programs):
            number = _last(lines, number)
            yield starts[first], starts[number] + len(lines[number])
        number += 1


def _speaks(line: str, programs: Collection[str]) -> bool:
    if any(word in programs for word in _WORD.findall(line)):
        return _FED.search(line) is not None
    return _OPTION.search(line) is not None if "-" in line else False


def _last(lines: list[str], number: int) -> int:
    """The number of the line on which the command that begins at `number` ends."""
    line, last = lines[number].rstrip("\r\n"), min(len(lines) - 1, number + _LONGEST)
    if here := re.search(r"<<-?\s*[\\'\"]?(\w+)", line):
        ends = (n for n in range(number + 1, last + 1) if lines[n].strip() == here[1])
        return next(ends, number)
    while number < last and lines[number].rstrip("\r\n").endswith("\\"):
        number += 1
    for quote in ("'", '"'):
        if line.count(quote) % 2:
            return next((n for n in range(number + 1, min(last, number + 12) + 1) if lines[n].count(quote) % 2), number)
    return number
