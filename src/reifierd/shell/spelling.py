"""How bash spells one literal as another: `$'…'` and brace expansion. Text in, text out."""

from __future__ import annotations

import re

_BRACES = re.compile(r"\{((?:[^{}\s'\"$\\]*(?:,|\.\.))+[^{}\s'\"$\\]*)\}")
_RANGE = re.compile(r"(-?\w+)\.\.(-?\w+)\Z")
_ANSI = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ANSI_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))", re.S
)
MAX_ALTERNATIVES = 64


def decode_ansi(text: str) -> str:
    """The value of `$'text'` (bash manual, ANSI-C Quoting)."""

    def one(found: re.Match[str]) -> str:
        hexa, short, long, octal, control, other = found.groups()
        if hexa or short or long:
            point = int(hexa or short or long, 16)
            return chr(point) if 0 < point <= 0x10FFFF else ""
        if octal:
            return chr(int(octal, 8) & 0xFF)
        if control:
            return chr(ord(control.upper()) & 0x1F)
        return _ANSI.get(other, "\\" + other)

    return _ANSI_ESCAPE.sub(one, text)


def alternatives(text: str) -> list[str]:
    found = None
    for found in _BRACES.finditer(text):  # the first that is neither quoted nor part of ${…}
        before = text[: found.start()]
        if not before.endswith(("$", "\\")) and before.count("'") % 2 == 0 and before.count('"') % 2 == 0:
            break
    else:
        return [text]
    inner = found.group(1)
    ranged = _RANGE.match(inner)
    if ranged:
        parts = _range(*ranged.groups())
    elif "," in inner:
        parts = inner.split(",")
    else:
        return [text]
    return [more for part in parts for more in alternatives(text[: found.start()] + part + text[found.end() :])][
        :MAX_ALTERNATIVES
    ]


def _range(first: str, last: str) -> list[str]:
    if first.lstrip("-").isdigit() and last.lstrip("-").isdigit() and max(len(first), len(last)) < 10:
        a, b = int(first), int(last)
        step = 1 if a <= b else -1
        return [str(n) for n in range(a, b + step, step)[:MAX_ALTERNATIVES]]
    if len(first) == len(last) == 1:
        a, b = ord(first), ord(last)
        return [chr(n) for n in range(min(a, b), max(a, b) + 1)]
    return [f"{first}..{last}"]
