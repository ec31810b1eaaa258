"""A line of several commands: where its top-level parts stand."""

from __future__ import annotations

import re

_COMPOUND = re.compile(
    r"(?:^|[;&|\n]\s*)(?:for|while|until|if|case|select|function)\b|<<|(?:^|\s)[{(]\s|\(\)\s*[{(]|&\s*$"
)


def parts(source: str) -> list[tuple[int, int]]:
    """(start, end) of the parts that `&&`, `;` and line ends join at the top; [] where `||`, compound commands,
    heredocs or jobs make that no plain chain."""
    if _COMPOUND.search(source):
        return []
    found: list[tuple[int, int]] = []
    start, i, depth, quote = 0, 0, 0, ""
    while i < len(source):
        char = source[i]
        if char == "\\" and quote != "'":
            i += 2
            continue
        if quote:
            quote = "" if (char == quote and depth == 0) or char == quote == "'" else quote
        elif char in "'\"":
            quote = char
        elif char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif depth == 0 and source.startswith("||", i):
            return []
        elif depth == 0 and (source.startswith("&&", i) or char in ";\n"):
            found.append((start, i))
            i += 2 if char == "&" else 1
            start = i
            continue
        i += 1
    found.append((start, len(source)))
    return [(a, b) for a, b in found if source[a:b].strip()]
