"""Which commands are noise: the table noise.toml, applied to a command line without running or expanding it. Pure.

A line is noise when every part of it is. What redirects, substitutes a command or runs in the background is none,
whatever its program; nor is a line that cannot be split into words.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

_SEPARATORS = {";", "&&", "||"}
_NEVER = re.compile(r"[<>`]|\$\(|(?<!&)&(?!&)|\n")

_LITERAL = re.compile(r"""'[^']*'|"[^"$`\\]*\"""")  # what stands in quotes is text


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("reifierd.loops.observer").joinpath("noise.toml").read_text())


def is_noise(command: str, more: Iterable[str] = ()) -> bool:
    """True where the command only looks around. `more` are programs that count as noise besides the table's."""
    command = command.strip()
    if not command or command.startswith("#"):
        return True
    if _NEVER.search(_LITERAL.sub("''", command)):
        return False
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words = list(lexer)
    except ValueError:
        return False
    programs = {*_table()["programs"], *more}
    return all(_part_is_noise(part, programs) for part in _parts(words))


def _parts(words: list[str]) -> list[list[list[str]]]:
    """Pipelines, each a list of commands, each a list of words."""
    pipelines: list[list[list[str]]] = [[[]]]
    for word in words:
        if word in _SEPARATORS:
            pipelines.append([[]])
        elif word == "|":
            pipelines[-1].append([])
        else:
            pipelines[-1][-1].append(word)
    return [p for p in pipelines if p != [[]]]


def _part_is_noise(pipeline: list[list[str]], programs: set[str]) -> bool:
    first, *rest = pipeline
    filters = _table()["filters"]
    return _looks_only(first, programs) and all(c and c[0] in filters for c in rest)


def _looks_only(words: list[str], programs: set[str]) -> bool:
    if not words or words[0] not in programs:
        return False
    name, arguments = words[0], words[1:]
    if allowed := _table()["only_with"].get(name):
        return bool(arguments) and arguments[0] in allowed
    harmful = _table()["unless"].get(name, ())
    return not any(a == h or a.startswith(f"{h}=") for a in arguments for h in harmful)
