"""What sed's and awk's programs do besides printing: the files that they write, and whether they run something.

Sources: the GNU sed manual (Commands, The "s" Command), the POSIX awk grammar and the gawk manual (Redirection,
Getline). Neither program is understood: only as much is read as tells a command from an address, a comparison or a
string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from reifierd.shell.shapes import UNKNOWN

_ANYWHERE = frozenset({"/dev/stdout", "/dev/stderr", "/dev/tty", "-"})


@dataclass
class Doings:
    """`writes`: files, with UNKNOWN for a name that is only known at run time. `runs`: it starts a program, or may."""

    writes: list[str] = field(default_factory=list)
    runs: bool = False


# --- sed

_ADDRESS = re.compile(r"\s*(?:\d+(?:~\d+)?|\$|[+~]\d+)")
_TO_LINE_END = frozenset("aic:bTtrRwWe#}v=qQlL")


def sed(script: str) -> Doings:
    """The doings of one sed script."""
    found, i = Doings(), 0
    while i < len(script):
        i = _sed_command(script, _past_addresses(script, i), found)
    return found


def _past_addresses(script: str, i: int) -> int:
    while i < len(script):
        char = script[i]
        if char in " \t\n;{},!":
            i += 1
        elif char == "/" or (char == "\\" and i + 1 < len(script)):
            start = i if char == "/" else i + 1
            i = _closing(script, start + 1, script[start])
            while script[i : i + 1] in {"I", "M"}:
                i += 1
        elif number := _ADDRESS.match(script, i):
            i = number.end()
        else:
            break
    return i


def _closing(script: str, i: int, delimiter: str) -> int:
    """The offset behind the next delimiter that is not escaped (in brackets it is none)."""
    while i < len(script) and script[i] != delimiter:
        if script[i] == "\\":
            i += 1
        elif script[i] == "[" and (end := re.compile(r"\[\^?\]?[^\]\n]*\]").match(script, i)):
            i = end.end() - 1
        i += 1
    return i + 1


def _sed_command(script: str, i: int, found: Doings) -> int:
    name = script[i : i + 1]
    if name in {"s", "y"} and i + 1 < len(script):
        delimiter = script[i + 1]
        i = _closing(script, _closing(script, i + 2, delimiter), delimiter)
        return _flags(script, i, found) if name == "s" else i
    if name in _TO_LINE_END:
        end = script.find("\n", i)
        end = len(script) if end < 0 else end
        rest = script[i + 1 : end].strip()
        if name in {"w", "W"} and rest not in _ANYWHERE:
            found.writes.append(rest or UNKNOWN)
        found.runs = found.runs or name == "e"
        short = re.match(r"\s*[\w.-]*\s*[;}]", script[i + 1 :]) if name in ":bTt=qQlL}" else None
        return i + 1 + short.end() if short else end + 1
    return i + 1


def _flags(script: str, i: int, found: Doings) -> int:
    while i < len(script) and script[i] in "gpIiMm0123456789ew":
        if script[i] == "w":
            end = script.find("\n", i)
            end = len(script) if end < 0 else end
            target = script[i + 1 : end].strip()
            if target not in _ANYWHERE:
                found.writes.append(target or UNKNOWN)
            return end
        found.runs = found.runs or script[i] == "e"
        i += 1
    return i


# --- awk

_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"|#[^\n]*|@\w+|\|&|\|\||>>|>=|==|[A-Za-z_]\w*|\d[\w.]*|\s+|.',
    re.S,
)
_BEFORE_REGEX = frozenset({"", "(", ",", "{", "}", ";", "!", "~", "&", "|", "||", "\n", "return", "print", "?", ":"})


def awk(code: str) -> Doings:
    """The doings of one awk program."""
    found, depth, printing, before = Doings(), 0, False, ""
    tokens = list(_awk_tokens(code))
    for number, piece in enumerate(tokens):
        if piece in {"print", "printf"}:
            printing, depth = True, 0
        elif piece in "([":
            depth += 1
        elif piece in ")]":
            depth -= 1
        elif piece in {";", "\n", "}", "{"} and depth <= 0:
            printing = False
        elif piece in {">", ">>"} and printing and depth <= 0:
            _awk_target(tokens[number + 1 : number + 3], found)
        elif piece in {"|", "|&"} or (piece == "system" and before not in {"."}) or piece in {"@load", "@include"}:
            found.runs = True
        before = piece
    return found


def _awk_tokens(code: str) -> Iterator[str]:
    """Tokens without blanks, comments and regular expressions."""
    before, i = "", 0
    while i < len(code):
        if code[i] == "/" and before in _BEFORE_REGEX and (end := re.compile(r"/(?:[^/\\\n]|\\.)+/").match(code, i)):
            before, i = "/…/", end.end()
            yield before
            continue
        found = _TOKEN.match(code, i)
        if found is None:
            return
        i, piece = found.end(), found.group()
        piece = "\n" if piece.isspace() and "\n" in piece else piece
        if piece.startswith("#") or (piece.isspace() and piece != "\n"):
            continue
        before = piece
        yield piece


def _awk_target(following: list[str], found: Doings) -> None:
    text = following[0] if following else ""
    name = text[1:-1] if text.startswith('"') and len(text) > 1 else UNKNOWN
    joined = len(following) > 1 and following[1] not in {";", "}", "\n", ")"}  # "f" $1: a name that is put together
    if name not in _ANYWHERE and not (name.startswith("/inet") and not joined):
        found.writes.append(name + UNKNOWN if joined and name != UNKNOWN else name)
