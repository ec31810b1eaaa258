"""Wrappers: programs that run another command (`sudo`, `timeout`, `ssh`, `docker exec`, `find -exec`, …).

`peel` says what an argv runs: a command, shell source, nothing, or something that cannot be told. The tables are in
`knowledge/wrappers.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reifierd.shell.model import Word
from reifierd.shell.options import Options, parse_options
from reifierd.shell.shapes import UNKNOWN, as_word, known
from reifierd.shell.tables import names, table

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.S)
_FIND_EXEC = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


@dataclass(frozen=True)
class Wrapper:
    """One row of the table; see the head of `wrappers.toml`."""

    flags: frozenset[str] | None
    values: frozenset[str]
    operands: int = 0
    then: str = "command"
    script: frozenset[str] = frozenset()
    inert: frozenset[str] = frozenset()
    assign: bool = False
    elsewhere: bool = False
    interactive: bool = False
    input: bool = False
    dashed: bool = False
    opaque: bool = False


@dataclass
class Peeled:
    """What a wrapper runs: `commands` (argvs) and `scripts` (shell source), in order. `options` as parsed;
    `assignments`
    that stand before the inner command; `opaque` why it cannot be told; `elsewhere`: on another machine or root."""

    commands: list[list[Word]] = field(default_factory=list)
    scripts: list[Word] = field(default_factory=list)
    assignments: list[tuple[str, Word | None]] = field(default_factory=list)
    options: Options | None = None
    opaque: str = ""
    elsewhere: bool = False
    interactive: bool = False
    stdin_is: str = ""  # "script" or "crontab": standard input is what runs later
    input: bool = False


@cache
def wrappers() -> Mapping[str, Wrapper]:
    rows: dict[str, dict[str, Any]] = {}
    for key, row in table("wrappers").items():
        _flatten(key, row, rows)
    return {name: _wrapper(_resolved(row, rows)) for name, row in rows.items()}


@cache
def _beginnings() -> frozenset[str]:
    """`docker`, `docker compose`: what may still become the name of a row."""
    return frozenset(" ".join(key.split()[:n]) for key in wrappers() for n in range(1, len(key.split())))


def _flatten(key: str, row: dict[str, Any], rows: dict[str, dict[str, Any]]) -> None:
    own = {k: v for k, v in row.items() if not isinstance(v, dict)}
    if own or not row:
        rows[key] = own
    for k, v in row.items():
        if isinstance(v, dict):
            _flatten(f"{key} {k}", v, rows)


def _resolved(row: dict[str, Any], rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {**_resolved(rows[row["like"]], rows), **row} if "like" in row else row


def _wrapper(row: dict[str, Any]) -> Wrapper:
    return Wrapper(
        flags=None if row.get("lax") else names(row.get("flags", "")) | names(row.get("inert", "")),
        values=names(row.get("values", "")),
        operands=row.get("operands", 0),
        then=row.get("then", "command"),
        script=names(row.get("script", "")),
        inert=names(row.get("inert", "")),
        **{k: bool(row.get(k)) for k in ("assign", "elsewhere", "interactive", "input", "dashed", "opaque")},
    )


def split_assignments(words: list[Word]) -> tuple[list[tuple[str, Word | None]], list[Word]]:
    """Leading NAME=value words (of env and sudo), and the rest."""
    assignments: list[tuple[str, Word | None]] = []
    while words and (found := _ASSIGNMENT.match(words[0].shape)):
        word = words[0]
        assignments.append((found.group(1), as_word(found.group(2), word.source, word.start, word.end)))
        words = words[1:]
    return assignments, words


def find_wrapper(program: str, argv: list[Word], globals_of: frozenset[str]) -> tuple[str, Wrapper, list[Word]] | None:
    """The row for a program, or for its first operands (`docker exec`); with the argv that begins at that operand."""
    rows = wrappers()
    if program in rows:
        return program, rows[program], argv
    if program not in _beginnings():
        return None
    parsed = parse_options(argv, globals_of, leading=True)
    name, rest = program, argv[parsed.first :]
    while rest and rest[0].text is not None:
        name = f"{name} {rest[0].text}"
        if name in rows:
            return name, rows[name], rest
        rest = rest[1:]
        if name not in _beginnings():
            return None
        if rest and rest[0].shape.startswith("-"):
            rest = rest[parse_options([rest[0], *rest], globals_of, leading=True).first - 1 :]
    return None


def peel(wrapper: Wrapper, argv: list[Word], stdin: str | None) -> Peeled | None:
    """What `argv` runs by its table, or None where it runs nothing (`sudo -l`)."""
    parsed = parse_options(argv, wrapper.values, wrapper.flags, leading=True)
    given = {name for name, _ in parsed.given}
    if given & wrapper.inert or parsed.unknown in wrapper.inert:
        return None
    result = Peeled(options=parsed, elsewhere=wrapper.elsewhere, input=wrapper.input)
    if wrapper.then == "crontab":
        return _crontab(result, argv, parsed)
    result.scripts = parsed.all_values(*wrapper.script)
    if parsed.unknown:
        result.opaque = f"the option {parsed.unknown} of {argv[0].text} is not known"
        return result
    if wrapper.opaque:
        result.opaque = f"what {argv[0].text} runs cannot be told"
    rest = list(parsed.operands)
    if wrapper.then == "stdin":
        result.stdin_is = "script"
        return result
    for _ in range(wrapper.operands):
        rest = rest[1:]
    if wrapper.operands and rest:
        rest = _more_options(rest, wrapper, result)
    if wrapper.dashed:
        rest = rest[next((i + 1 for i, w in enumerate(rest) if w.shape == "--"), len(rest)) :]
    if wrapper.assign:
        result.assignments, rest = split_assignments(rest)
    if wrapper.then == "none":
        rest = _su_command(rest, wrapper, result)
    _place(rest, wrapper, result)
    runs = bool(result.commands or result.scripts)
    result.interactive = wrapper.interactive and not runs and stdin is None
    if wrapper.interactive and not runs and stdin is not None and known(stdin):
        result.stdin_is = "script"  # `ssh host <<EOF`: the shell that it starts reads it
    return result


def _more_options(rest: list[Word], wrapper: Wrapper, result: Peeled) -> list[Word]:
    """Options that stand behind the operands (`ssh host -p 22 uptime`, `kubectl exec pod -it -- sh`)."""
    if rest[0].shape == "--":
        return rest[1:]
    if not (wrapper.elsewhere or wrapper.script) or not rest[0].shape.startswith("-"):
        return rest
    again = parse_options([rest[0], *rest], wrapper.values, wrapper.flags, leading=True)
    result.scripts += again.all_values(*wrapper.script)
    return list(again.operands)


def _su_command(rest: list[Word], wrapper: Wrapper, result: Peeled) -> list[Word]:
    """`su - user -c 'command'`: the option may stand behind the operand; whatever else is left is no command."""
    if rest and wrapper.script:
        again = parse_options([rest[0], *rest], wrapper.values)
        result.scripts += again.all_values(*wrapper.script)
    return []


def _place(rest: list[Word], wrapper: Wrapper, result: Peeled) -> None:
    if not rest:
        return
    if wrapper.then == "script" or (wrapper.then == "mixed" and len(rest) == 1 and " " in rest[0].shape):
        shape = " ".join(w.shape for w in rest)
        result.scripts.append(as_word(shape, shape, rest[0].start, rest[-1].end))
    elif rest[0].shape:
        result.commands.append(rest)


def _crontab(result: Peeled, argv: list[Word], parsed: Options) -> Peeled:
    operands = [w.shape for w in parsed.operands]
    result.interactive = parsed.has("-e")
    if (not operands and not parsed.given) or operands == ["-"] or (not operands and not parsed.has("-e")):
        result.stdin_is = "crontab"
    return result


def peel_find(argv: list[Word], found: str) -> list[list[Word]]:
    """The commands of find's -exec family; `{}` becomes each path that `found` (its own output) holds."""
    commands, i = [], 1
    while i < len(argv):
        if argv[i].shape not in _FIND_EXEC:
            i += 1
            continue
        end = i + 1
        while (
            end < len(argv) and argv[end].shape != ";" and not (argv[end].shape == "+" and argv[end - 1].shape == "{}")
        ):
            end += 1
        for path in found.split("\n")[:-1]:
            commands.append([fill(w, "{}", path) for w in argv[i + 1 : end]])
        i = end + 1
    return [c for c in commands if c]


def peel_fd(argv: list[Word]) -> list[list[Word]]:
    """fd -x / -X command; `{}` (added where missing) is a path that is not known."""
    for i, word in enumerate(argv):
        if word.shape in {"-x", "-X", "--exec", "--exec-batch"}:
            inner = argv[i + 1 :]
            if not any("{" in w.shape for w in inner):
                inner = [*inner, as_word(UNKNOWN, "{}", 0, 0)]
            return [[fill(w, "{}", UNKNOWN) for w in inner]]
    return []


def fill(word: Word, mark: str, value: str) -> Word:
    if mark not in word.shape:
        return word
    return as_word(word.shape.replace(mark, value), word.source, word.start, word.end, glob=word.glob)


def feed(result: Peeled, program: str, stdin: str | None) -> None:
    """xargs and parallel: put what they read in its place (`{}`, the -I mark, the end of the command)."""
    options = result.options
    mark_word = options.value("-I", "-i", "--replace", "-J") if options else None
    mark = mark_word.shape if mark_word else "{}"
    inputs = stdin.split() if stdin is not None else [UNKNOWN]
    commands = []
    for words in result.commands:
        body, inline = words, None
        for k, word in enumerate(words):
            if program == "parallel" and word.shape in {":::", ":::+", "::::"}:
                body, inline = words[:k], [w.shape for w in words[k + 1 :]] if word.shape != "::::" else [UNKNOWN]
                break
        given = inline if inline is not None else inputs
        if not body:
            result.scripts += [as_word(g, g, 0, 0) for g in given]
        elif program == "parallel" and len(body) == 1 and " " in body[0].shape:
            text = body[0] if mark in body[0].shape else as_word(f"{body[0].shape} {mark}", body[0].source, 0, 0)
            result.scripts += [fill(text, mark, g) for g in given[:64]]
        elif any(mark in w.shape for w in body):
            commands += [[fill(w, mark, g) for w in body] for g in given[:64]]
        elif mark_word is None:
            commands.append([*body, *(as_word(g, g, 0, 0) for g in given[:256])])
        else:
            commands.append(body)
    result.commands = commands
    if not commands and not result.scripts and program == "parallel":
        if stdin is not None and known(stdin):
            result.scripts.append(as_word(stdin, stdin, 0, 0))
        elif not result.commands:
            result.opaque = result.opaque or "the commands come from standard input"
