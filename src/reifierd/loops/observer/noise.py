"""Which commands are noise: the table noise.toml and reifierd's own business, told without running anything. Pure.

A line is noise when every command of it is, wherever in it that stands (behind `time` or `sudo`, in a loop, in `$()`).
What redirects into a file or defines a function is none, whatever its program; nor is a line that cannot be read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from reifierd.loops.observer.own import Own, is_own
from reifierd.shell import EffectKind, Invocation, ShellView, read

_AT_MOST = 4000  # characters: nobody looks around at such length, and reading costs by the character
_WORD = re.compile(r"[\w.:+-]+")
_HARMLESS = {EffectKind.READ, EffectKind.SHELL_STATE, EffectKind.INTERACTIVE}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("reifierd.loops.observer").joinpath("noise.toml").read_text())


def is_noise(command: str, more: Iterable[str] = (), own: Own | None = None, cwd: str | None = None) -> bool:
    """True where the command, typed in `cwd`, only looks around or is about reifierd itself.

    `more` are programs that count as noise besides the table's, `own` says where reifierd's things stand.
    """
    command = command.strip()
    if not command or (command.startswith("#") and "\n" not in command):
        return True
    if len(command) > _AT_MOST:
        return False
    own, programs = own or Own(), {*_table()["programs"], *more}
    words = set(_WORD.findall(command))
    if words.isdisjoint(programs) and not own.hinted(words, cwd):
        return False  # most lines, and reading one costs a millisecond
    view = read(command, own.context(cwd))
    return (
        view.unread is None
        and bool(view.commands)
        and all(not _defined(c) and _is_noise(c, view, own, programs) for c in view.commands)
    )


def _is_noise(call: Invocation, view: ShellView, own: Own, programs: set[str]) -> bool:
    if is_own(call, view, own):
        return True
    if any(e.detail == "redirect" for e in call.effects):
        return False
    is_filter = call.pipe_from is not None and call.program in _table()["filters"]
    if call.wrapped or is_filter:  # what a wrapper runs follows; a filter may be a pager
        return all(e.kind in _HARMLESS for e in call.effects)
    return call.program in programs and _looks_only(call)


def _looks_only(call: Invocation) -> bool:
    name, arguments = call.program, [w.text or "" for w in call.argv[1:]]
    if allowed := _table()["only_with"].get(name):
        return bool(arguments) and arguments[0] in allowed
    harmful = _table()["unless"].get(name, ())
    return not any(a == h or a.startswith(f"{h}=") for a in arguments for h in harmful)


def _defined(call: Invocation) -> bool:
    """It stands in the body of a function: the line changes what a later one means."""
    return any(v.endswith("()") and v[0] not in "$<>" for v in call.via)
