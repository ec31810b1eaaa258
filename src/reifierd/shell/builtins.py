"""The shell's own commands that change what later commands mean: cd, export, alias, read, trap, eval, source, …"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from reifierd.shell import carried
from reifierd.shell.call import Call
from reifierd.shell.options import parse_options
from reifierd.shell.shapes import UNKNOWN, known
from reifierd.shell.streams import resolve, stream_of
from reifierd.shell.tables import name_set

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?=)(.*)\Z", re.S)


def _cd(reader: Reader, call: Call) -> None:
    targets = [w for w in call.argv[1:] if not w.shape.startswith("-") or w.shape == "-"]
    target = targets[0].shape if targets else (call.scope.lookup("HOME") or "")
    call.scope.state.change_directory(UNKNOWN if target == "-" else target)


def _popd(reader: Reader, call: Call) -> None:
    call.scope.state.cwd = None


def _declare(reader: Reader, call: Call) -> None:
    """export, declare, local, readonly: words that are not written as assignments (`export "$x"`) may still be."""
    for word in call.argv[1:]:
        found = _ASSIGNMENT.match(word.shape)
        if found and found.group(1) not in dict(call.assignments):
            call.scope.assign(found.group(1), found.group(3))


def _unset(reader: Reader, call: Call) -> None:
    for word in call.argv[1:]:
        call.scope.state.variables.pop(word.shape, None)
        call.scope.state.functions.pop(word.shape, None)


def _alias_builtin(reader: Reader, call: Call) -> None:
    for word in call.argv[1:]:
        name, equals, value = word.shape.partition("=")
        if equals:
            call.scope.state.aliases[name] = value


def _unalias(reader: Reader, call: Call) -> None:
    for word in call.argv[1:]:
        call.scope.state.aliases.pop(word.shape, None)


def _set(reader: Reader, call: Call) -> None:
    words = [w.shape for w in call.argv[1:]]
    if "--" in words:
        call.scope.state.positional = words[words.index("--") + 1 :]
    elif words and not words[0].startswith(("-", "+")):
        call.scope.state.positional = words


def _shift(reader: Reader, call: Call) -> None:
    if call.scope.state.positional:
        call.scope.state.positional = call.scope.state.positional[1:]


_MAPFILE_VALUES = frozenset({"-d", "-n", "-O", "-s", "-u", "-C", "-c"})


def _read(reader: Reader, call: Call) -> None:
    """read, mapfile: the variables get what comes from outside; a here-string's value is known."""
    variables = [w.shape for w in call.argv[1:] if re.fullmatch(r"[A-Za-z_]\w*", w.shape)]
    if call.argv[0].shape != "read":
        for callback in parse_options(call.argv, _MAPFILE_VALUES).all_values("-C"):
            reader.text(callback.shape, call.scope.enter("mapfile -C", line=call.line))
    stdin = call.stdin
    for name in variables or ["REPLY"]:
        value = stdin.strip() if stdin is not None and len(variables) == 1 and "\n" not in stdin.strip() else UNKNOWN
        call.scope.assign(name, value)


def _trap(reader: Reader, call: Call) -> None:
    words = [w for w in call.argv[1:] if w.shape not in {"--"}]
    if len(words) > 1 and not words[0].shape.startswith("-"):
        reader.later.append((words[0], replace(call.scope, via=(*call.scope.via, "trap"), line=call.line)))


def _eval(reader: Reader, call: Call) -> None:
    shape = " ".join(w.shape for w in call.argv[1:])
    scope = replace(call.scope, via=(*call.scope.via, "eval"), depth=call.scope.depth + 1, line=call.line)
    if known(shape):
        reader.text(shape, scope)
        return
    if shape.strip("\x00\x01 "):
        reader.text(shape, scope)
    if not _trusted(call):
        _mark(reader, call, "it evaluates text that is only known at run time")


def _trusted(call: Call) -> bool:
    """The text comes from a program whose purpose is to print shell code (`ssh-agent -s`, `brew shellenv`)."""
    trusted = name_set("trusted", "prints_shell_code")
    outer = [c for c in call.inner if c.program]
    return bool(outer) and all(
        c.program in trusted
        or any(f"{c.program} {w.text}" in trusted or f"* {w.text}" in trusted for w in c.argv[1:])
        or (c.program in {"cat", "echo", "sed", "grep"} and len(outer) > 1)
        for c in outer
    )


def _source(reader: Reader, call: Call) -> None:
    if len(call.argv) < 2:
        return
    file = call.argv[1]
    scope = replace(call.scope, via=(*call.scope.via, "source"), depth=call.scope.depth + 1, line=call.line)
    stream = stream_of(file.shape, call.scope.state)
    text = stream.text if stream else call.stdin if file.shape in {"/dev/stdin", "-", "/dev/fd/0"} else ""
    if stream or file.shape in {"/dev/stdin", "-", "/dev/fd/0"}:
        fetches = carried.fetches(stream.programs if stream else (), call)
        if text is not None and known(text):
            reader.text(text, scope)
        elif fetches or not _trusted(call):
            _mark(reader, call, carried.NETWORK if fetches else "it sources text that is only known at run time")
    elif resolve(file.shape, call.scope.state) in call.scope.state.fetched:
        _mark(reader, call, carried.NETWORK)


def _mark(reader: Reader, call: Call, opaque: str) -> None:
    """Say of the command itself (the last one at its place) that what it runs cannot be told."""
    for i in range(len(reader.commands) - 1, -1, -1):
        command = reader.commands[i]
        if command.start == call.start and command.via == call.scope.via and command.argv == tuple(call.argv):
            reader.commands[i] = replace(command, opaque=opaque)
            return


BUILTINS: dict[str, Callable[[Reader, Call], None]] = {
    "cd": _cd,
    "pushd": _cd,
    "popd": _popd,
    "chdir": _cd,
    "export": _declare,
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "readonly": _declare,
    "unset": _unset,
    "alias": _alias_builtin,
    "unalias": _unalias,
    "set": _set,
    "shift": _shift,
    "read": _read,
    "mapfile": _read,
    "readarray": _read,
    "trap": _trap,
    "eval": _eval,
    "source": _source,
    ".": _source,
}
