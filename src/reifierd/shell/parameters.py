"""What stands after the name in `${name…}` (bash manual, Shell Parameter Expansion): a default, a cut, a replacement, a
change of case.

Shapes in, shapes out. A value of None is that of a parameter that is not set, as far as is known. An edit gives a known
value only of a known value by a known argument; one by a pattern is not followed.
"""

from __future__ import annotations

import re

from reifierd.shell.shapes import FILLED, UNKNOWN, known

_DOUBLE = (":-", ":=", ":+", ":?", "##", "%%", "//", "^^", ",,")


def operator_at(text: str, i: int) -> str:
    """The operator of one or two characters at an offset."""
    return next((o for o in _DOUBLE if text.startswith(o, i)), text[i : i + 1])


def applied(operator: str, value: str | None, argument: str) -> str:
    """The value of the whole expansion; `:=` and `=` give what they assign."""
    if operator in {":-", "-", ":=", "="}:
        return value or argument
    if operator in {":+", "+"}:
        return argument if value else ("" if value == "" else UNKNOWN)
    if operator in {":?", "?"}:
        return value.replace(UNKNOWN, FILLED) if value else FILLED
    if value is None or not known(value) or not known(argument):
        return UNKNOWN
    return _edited(value, operator, argument)


def _edited(value: str, operator: str, argument: str) -> str:  # noqa: PLR0911 - one return for each kind of case
    plain = not any(c in argument for c in "*?[")
    if operator in {"#", "##"} and plain:
        return value.removeprefix(argument)
    if operator in {"%", "%%"} and plain:
        return value.removesuffix(argument)
    if operator in {"/", "//"} and plain:
        old, _, new = argument.partition("/")
        return value.replace(old, new, 1 if operator == "/" else -1) if old else value
    if operator in {"^^", ",,"}:
        return value.upper() if operator == "^^" else value.lower()
    if operator in {"^", ","}:
        return (value[:1].upper() if operator == "^" else value[:1].lower()) + value[1:]
    cut = re.match(r"\s*(\d+)(?::\s*(\d+))?\s*\Z", argument) if operator == ":" else None
    if cut:
        first = int(cut.group(1))
        return value[first : first + int(cut.group(2))] if cut.group(2) else value[first:]
    return UNKNOWN
