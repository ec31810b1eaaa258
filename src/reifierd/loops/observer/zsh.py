r"""zsh's history file, plain and extended, read as `readhistfile` does (Src/hist.c of zsh 5.9).

- `: start:duration;command`; any line that begins with `:` is taken apart so. A leading `\:` stands for `:`.
- A backslash at the end of a line is dropped and the line goes on, newline included. Of the spaces after a backslash
  at an entry's end one is zsh's own and is dropped.
- Bytes are metafied: 0x83 stands before a byte that was XORed with 0x20 (Src/zsh.h, `Meta`; Src/utils.c, `unmetafy`).
- A line that holds a NUL is corruption: zsh reads nothing behind it. `consumed` then ends behind that line, so that a
  reader who wants to go on can.
- A last line without newline is read when nothing more will come; one that ends in a backslash is not.
"""

from __future__ import annotations

import re

from reifierd.loops.observer.formats import LONG, Entries, Parsed, Times

_JOIN = "\udc0a"  # stands for a newline within an entry while lines are split: no decoder yields it here
_META = re.compile(rb"\x83([^\n])")
_ODD_META = re.compile(rb"\x83[\x01-\x1f\x21-\x7f]")  # zsh writes none of these; unmetafied they could be syntax
_NUMBER = re.compile(r"[ \t]*([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
_PORTION = 10_000  # lines
_EXACT = "latin-1"  # one character for each byte: how text is carried whose metafication must wait


class Zsh:
    name = "zsh"

    def parse(self, data: bytes, *, head: bytes | None = None, final: bool = False) -> Parsed:
        """See `Format.parse`; each entry says by itself where it ends, so `head` is of no use here."""
        whole, consumed, rest = _finished(data, final=final)
        late = b"\x83" in whole and _ODD_META.search(whole) is not None
        text = whole.decode(_EXACT) if late else _unmetafied(whole).decode("utf-8", "replace")
        entries = _entries(text, rest=rest)
        if late:
            entries = Entries([_late(c) for c in entries.commands], entries.marks, _times)
        return Parsed(entries, consumed, consumed)


def _finished(data: bytes, *, final: bool) -> tuple[bytes, int, bool]:
    """The bytes of whole entries, how many bytes are done with, and whether the last line lacks its newline."""
    nul = data.find(b"\0")
    if nul >= 0:
        behind = data.find(b"\n", nul) + 1
        whole = data[: _entry_end(data[: data.rfind(b"\n", 0, nul) + 1])]
        return whole, behind or (len(data) if final else len(whole)), False
    if final and not data.endswith(b"\n"):
        return data, len(data), bool(data)
    end = _entry_end(data)
    return data[:end], len(data) if final else end, False


def _entry_end(data: bytes) -> int:
    """Behind the last newline that ends an entry."""
    end = data.rfind(b"\n") + 1
    while end > 1 and data[end - 2 : end - 1] == b"\\":
        end = data.rfind(b"\n", 0, end - 1) + 1
    return end


def _entries(text: str, *, rest: bool) -> Entries:
    escaped = "\\" in text
    lines = (text.replace("\\\n", _JOIN) if escaped else text).split("\n")
    if not rest:
        lines.pop()  # what stands behind the last newline: nothing
    marks: list[str] | None = None
    if "\n:" in text or text.startswith(":"):
        commands, marks = _taken_apart(lines)
    else:
        commands = [_plain(line) for line in lines] if escaped else lines
    if escaped:
        unfinished = [commands.pop().replace(_JOIN, "\n")] if rest else []
        commands = [_restored(c) if c[-1:] == " " or _JOIN in c else c for c in commands] + unfinished
    return Entries(commands, marks, _times)


def _taken_apart(lines: list[str]) -> tuple[list[str], list[str]]:
    """The commands and what stands before them; in portions, so that what is made on the way stays small."""
    commands: list[str] = []
    marks: list[str] = []
    for at in range(0, len(lines), _PORTION):
        parts = [line.partition(";") for line in lines[at : at + _PORTION]]
        fields, texts = [p[0] for p in parts], [p[2] for p in parts]
        for i, mark in enumerate(fields):
            if mark[:13:12] != "::":  # not as zsh writes it, with ten digits between
                fields[i], texts[i] = _odd(lines[at + i])
        marks += fields
        commands += texts
    return commands, marks


def _odd(line: str) -> tuple[str, str]:
    """Any other line that begins with a colon is taken apart all the same; one that does not is a command."""
    if line[:1] != ":":
        return "", _plain(line)
    start, _, rest = line[1:].partition(":")
    took, _, command = rest.partition(";")
    return f":{start}:{took}", command


def _plain(line: str) -> str:
    return line[1:] if line[:2] == "\\:" else line


def _restored(command: str) -> str:
    """Newlines put back; the space that zsh adds behind a closing backslash taken off."""
    command = command.replace(_JOIN, "\n")
    bare = command.rstrip(" ")
    return command[:-1] if bare != command and bare.endswith("\\") else command


def _times(mark: str) -> Times:
    """`: start:duration`, or as older versions wrote it `: start:end`; what is no number counts as 0, 0 as unknown."""
    start, colon, took = mark[1:].partition(":")
    if not (stamp := _number(start)):
        return None, None
    second = _number(took) if colon else stamp
    return stamp, second if second < stamp else second - stamp


def _number(text: str) -> int:
    """zstrtol(text, NULL, 0) of Src/utils.c: blanks, a sign, then 0x…, 0b…, 0… or decimal digits; 0 where none are."""
    found = _NUMBER.match(text)
    if found is None or len(found[2]) > LONG:
        return 0
    digits = found[2].lower()
    base = 16 if digits.startswith("0x") else 2 if digits.startswith("0b") else 8 if digits.startswith("0") else 10
    value = int(digits.removeprefix("0x").removeprefix("0b"), base)
    return -value if found[1] == "-" else value


def _unmetafied(data: bytes) -> bytes:
    return _META.sub(lambda m: bytes((m[1][0] ^ 32,)), data) if b"\x83" in data else data


def _late(command: str) -> str:
    """Unmetafy an entry that was split as raw bytes."""
    raw = command.encode(_EXACT)
    return re.sub(rb"\x83(.)", lambda m: bytes((m[1][0] ^ 32,)), raw, flags=re.S).decode("utf-8", "replace")
