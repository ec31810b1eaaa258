"""The names of the secrets that a session's commands need.

Where a password was typed wrongly first, its name has no number and the right one's has: the names are exchanged, so
that what a run asks for is called plainly.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from reifierd.ledger.records import Command, SecretParam

_NUMBERED = re.compile(r"(?P<plain>\w+?)_(?P<n>\d+)")


def needs_secret(text: str, name: str) -> bool:
    """The text expands this name."""
    return re.search(rf"\$(?:{name}(?!\w)|\{{{name}(?!\w))", text) is not None


def plainly_named(commands: Sequence[Command], texts: Collection[str]) -> list[Command] | None:
    """The commands with exchanged names, where one of `texts` (what will be run) needs NAME_2 and none needs NAME."""
    names = list(dict.fromkeys(p.name for c in commands for p in c.params))
    needed = needed_names(texts, names)
    swaps: dict[str, str] = {}
    for name in needed:
        found = _NUMBERED.fullmatch(name)
        if found and found["plain"] in names and found["plain"] not in needed and found["plain"] not in swaps:
            swaps |= {name: found["plain"], found["plain"]: name}
    return [_renamed(c, swaps) for c in commands] if swaps else None


def _renamed(command: Command, swaps: dict[str, str]) -> Command:
    if not swaps.keys() & {p.name for p in command.params}:
        return command
    pattern = re.compile(rf"(?<=\$)(\{{?)({'|'.join(sorted(swaps, key=len, reverse=True))})(?!\w)")
    text = pattern.sub(lambda m: m[1] + swaps[m[2]], command.command)
    params = tuple(SecretParam(swaps.get(p.name, p.name), _told(p, swaps)) for p in command.params)
    return replace(command, command=text, params=params)


def _told(param: SecretParam, swaps: dict[str, str]) -> str:
    found = _NUMBERED.fullmatch(param.name)
    if param.name not in swaps or found is None:
        return param.help
    return f"{param.help} (value {found['n']} of those that were typed there)".strip()


def needed_names(texts: Iterable[str], names: Iterable[str]) -> list[str]:
    """Those of the names that one of the texts expands."""
    given = list(texts)
    return [name for name in names if any(needs_secret(text, name) for text in given)]
