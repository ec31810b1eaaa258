"""Which variables a command uses, sets and exports, read from its text and its lowered commands."""

from __future__ import annotations

import re

from reifierd.shell.model import Invocation

_USE = re.compile(r"\$(?:\{[#!]?)?([A-Za-z_][A-Za-z0-9_]*)")
_BUILTINS = frozenset({"export", "declare", "typeset", "readonly", "local"})
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def used(source: str) -> frozenset[str]:
    """The names that are expanded somewhere in the source; what stands in single quotes is text."""
    return frozenset(_USE.findall(_without_single_quotes(source)))


def _without_single_quotes(source: str) -> str:
    out: list[str] = []
    i, double = 0, False
    while i < len(source):
        char = source[i]
        if char == "\\":
            i += 2
            continue
        if char == '"':
            double = not double
        if char == "'" and not double:
            end = source.find("'", i + 1)
            i = len(source) if end < 0 else end + 1
            continue
        out.append(char)
        i += 1
    return "".join(out)


def assigned(inv: Invocation) -> dict[str, str | None]:
    """The names that a command sets in its own shell, with the value where it is a constant."""
    found: dict[str, str | None] = {}
    if not inv.argv or inv.program in _BUILTINS:
        for name, word in inv.assignments:
            found[name] = word.text if word is not None else None
    if inv.program in _BUILTINS:
        for word in inv.argv[1:]:
            name, equals, _ = word.source.partition("=")
            if equals and NAME.fullmatch(name):
                found[name] = word.text.partition("=")[2] if word.text is not None else None
    if inv.program in ("read", "mapfile", "readarray"):
        found |= {w.text: None for w in inv.argv[1:] if w.text and NAME.fullmatch(w.text)}
    if inv.program == "printf" and len(inv.argv) > 2 and inv.argv[1].text == "-v" and inv.argv[2].text:
        found[inv.argv[2].text] = None
    return found


def exported(inv: Invocation) -> frozenset[str]:
    """The names that this command hands to the programs after it."""
    options = {w.text for w in inv.argv[1:] if w.text and w.text.startswith("-")}
    if (inv.program == "export" and "-n" not in options) or (inv.program in ("declare", "typeset") and "-x" in options):
        return frozenset(w.source.partition("=")[0] for w in inv.argv[1:] if not w.source.startswith("-"))
    return frozenset()


def unset(inv: Invocation) -> frozenset[str]:
    if inv.program != "unset":
        return frozenset()
    return frozenset(w.text for w in inv.argv[1:] if w.text and not w.text.startswith("-"))
