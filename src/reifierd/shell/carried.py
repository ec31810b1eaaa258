"""Code that a program carries: a shell's `-c`, an interpreter's one-liner, awk's `system()`, git's aliases, hooks of
tar.

`follow` lowers what can be read of it, and returns why it cannot be told what runs (empty: it can).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from reifierd.shell import hosts
from reifierd.shell.call import Call
from reifierd.shell.hosts import PIPED, STRING
from reifierd.shell.model import Word
from reifierd.shell.options import parse_options
from reifierd.shell.shapes import known
from reifierd.shell.state import Scope
from reifierd.shell.streams import resolve, stream_of
from reifierd.shell.tables import name_set, names, table

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

NETWORK = "it runs code that comes from the network"
HIDDEN = "the code is hidden: it is decoded before it is run"
DECODERS = frozenset({"base64", "base32", "rev", "xxd", "tr", "openssl", "gunzip", "uudecode", "basenc"})

_ONE = re.compile(STRING, re.S)


@dataclass(frozen=True)
class Language:
    """An interpreter's row of `interpreters.toml`, its names of functions made into patterns."""

    code: frozenset[str]
    operand: bool
    values: frozenset[str]
    file: frozenset[str]
    calls: re.Pattern[str]
    deletes: re.Pattern[str] | None
    unlinks: re.Pattern[str] | None
    bare: re.Pattern[str] | None
    backticks: bool


@cache
def _languages() -> dict[str, Language]:
    found = {}
    for row in table("interpreters")["language"].values():
        for name in row["names"]:
            found[name] = _language(row)
    return found


def _language(row: dict[str, Any]) -> Language:
    def pattern(key: str) -> re.Pattern[str] | None:
        if key not in row:
            return None
        return re.compile(rf"\b(?:{row[key]})\b\s*\(?\s*((?:\[\s*)?{STRING}(?:\s*,\s*(?:\[\s*)?{STRING})*)", re.S)

    calls = pattern("calls")
    assert calls is not None
    bare = re.compile(rf"(?m)(?:^|[;{{\[])[ \t]*(?:{row['bare']})[ \t]+([^\n\]}};]+)") if "bare" in row else None
    return Language(
        names(row.get("code", [])), row.get("operand", False), names(row.get("values", [])), names(row.get("file", [])),
        calls, pattern("deletes"), pattern("unlinks"), bare, row.get("backticks", False),
    )  # fmt: skip


@cache
def language_of(program: str) -> Language | None:
    languages = _languages()
    if program in languages:
        return languages[program]
    return languages["python"] if re.fullmatch(r"python\d(\.\d+)?t?", program) else None


def fetches(programs: Iterable[str], call: Call) -> bool:
    """Whether what the command reads comes from the network: through its pipe, or through its own substitutions."""
    fetchers = name_set("trusted", "fetchers")
    inner = (c.program for c in call.inner if c.program)
    return any(p in fetchers for p in (*programs, *inner)) or any(
        r.target is not None and r.target.shape.startswith(("/dev/tcp/", "/dev/udp/")) for r in call.redirects
    )


def follow(reader: Reader, call: Call, program: str) -> str:
    path = call.argv[0].shape
    if "/" in path and resolve(path, call.scope.state) in call.scope.state.fetched:
        return NETWORK
    written = stream_of(path, call.scope.state) if "/" in path else None
    if written is not None and written.text is not None:
        reader.text(written.text, call.scope.enter(path, line=call.line))
        return ""
    if program in name_set("interpreters", "shells", "names"):
        return _shell(reader, call, call.scope.enter(program, line=call.line))
    language = language_of(program)
    if language is not None:
        return _interpreter(reader, call, call.scope.enter(program, line=call.line), language)
    special = hosts.FOLLOW.get(program)
    return special(reader, call, call.scope.enter(program, line=call.line)) if special else ""


# --- shells


def _shell(reader: Reader, call: Call, scope: Scope) -> str:
    """`sh -c source name args`, `sh file args`, `sh -s args`, `sh < file`, `… | sh` (bash manual, Invoking Bash)."""
    values = name_set("interpreters", "shells", "values")
    parsed = parse_options(call.argv, values, leading=True)
    given = {name for name, _ in parsed.given}
    if given & {"-n", "--version", "--help", "--noexec"}:
        return ""
    rest = list(parsed.operands)
    if given & {"-c", "--command"}:
        inner = replace(scope, stdin=call.stdin)
        inner.state.positional = [w.shape for w in rest[2:]]
        if not rest:
            return ""
        return _source(reader, rest[0], inner, fetches((), call))
    if rest and "-s" not in given:
        return _script_file(reader, call, rest[0], scope)
    scope.state.positional = [w.shape for w in rest]
    return _standard_input(reader, call, scope)


def _source(reader: Reader, source: Word, scope: Scope, network: bool) -> str:
    if not source.shape.strip("\x00\x01 \n") and source.shape:
        return NETWORK if network else "it runs shell code that is only known at run time"
    reader.text(source.shape, scope)
    return ""


def _script_file(reader: Reader, call: Call, file: Word, scope: Scope) -> str:
    state = call.scope.state
    stream = stream_of(file.shape, state)
    if stream is not None:
        if stream.text is not None and known(stream.text):
            reader.text(stream.text, scope)
            return ""
        return NETWORK if fetches(stream.programs, call) else PIPED
    if file.shape in {"/dev/stdin", "-", "/dev/fd/0"}:
        return _standard_input(reader, call, scope)
    return NETWORK if resolve(file.shape, state) in state.fetched else ""


def _standard_input(reader: Reader, call: Call, scope: Scope) -> str:
    text = call.stdin
    files = [r.target for r in call.redirects if r.fd == 0 and r.target is not None and r.body is None]
    if text is not None and known(text):
        reader.text(text, replace(scope, stdin=None))
        return HIDDEN if DECODERS & set(call.scope.programs) else ""
    if files:
        file = files[-1].shape
        network = resolve(file, call.scope.state) in call.scope.state.fetched or file.startswith(
            ("/dev/tcp/", "/dev/udp/")
        )
        return NETWORK if network else ""
    if text is not None and text.strip("\x00\x01 \n"):
        reader.text(text, replace(scope, stdin=None))
        return NETWORK if fetches(call.scope.programs, call) else ""
    if text is not None or call.scope.programs:
        return NETWORK if fetches(call.scope.programs, call) else _piped(reader, call)
    return ""


def _piped(reader: Reader, call: Call) -> str:
    """A named file through `cat` is the file; anything else that comes out of a pipe cannot be told."""
    before = next(
        (c for c in reversed(reader.commands) if c.program and c.via == call.scope.via and c.start < call.start), None
    )
    if call.scope.programs in {("cat",), ("sudo", "cat")} and before is not None and len(before.argv) > 1:
        fetched = {resolve(w.shape, call.scope.state) for w in before.argv[1:]} & call.scope.state.fetched
        return NETWORK if fetched else ""
    return PIPED


# --- interpreters


def _interpreter(reader: Reader, call: Call, scope: Scope, language: Language) -> str:  # noqa: PLR0911 - one return for each kind of case
    parsed = parse_options(
        call.argv, language.values | language.code | language.file | {"-m", "-W", "-X"}, leading=True
    )
    codes = parsed.all_values(*language.code)
    if language.operand and not parsed.has(*language.file):
        codes += parsed.operands[:1]
    if codes:
        for code in codes:
            literal_calls(reader, code.shape, scope, language, awk=language.operand)
        if any(not c.shape.strip("\x00\x01 ") and c.shape for c in codes):
            return NETWORK if fetches((), call) else "it runs code that is only known at run time"
        return ""
    if parsed.has("-m", "--version", "-V", "-h", "--help", "-v") or language.operand:
        return ""
    operand = parsed.operands[0] if parsed.operands else None
    stream = stream_of(operand.shape, call.scope.state) if operand is not None else None
    if stream is not None:
        if stream.text is not None:
            literal_calls(reader, stream.text, scope, language)
            return ""
        return NETWORK if fetches(stream.programs, call) else PIPED
    if operand is None or operand.shape in {"-", "/dev/stdin"}:
        if call.stdin is not None and known(call.stdin):
            literal_calls(reader, call.stdin, scope, language)
            return ""
        if call.scope.programs and fetches(call.scope.programs, call):
            return NETWORK
        return ""
    return NETWORK if resolve(operand.shape, call.scope.state) in call.scope.state.fetched else ""


def literal_calls(reader: Reader, code: str, scope: Scope, language: Language, *, awk: bool = False) -> None:
    """Lower the literal arguments of system calls in another language's code."""
    for found in language.calls.finditer(code):
        strings = _strings(found.group(1))
        listed = "[" in found.group(1)[:2] or len(strings) > 1
        reader.text(shlex.join(strings) if listed else strings[0], scope)
    for found in language.bare.finditer(code) if language.bare else ():
        reader.text(found.group(1), scope)
    for pattern, command in ((language.deletes, "rm -rf --"), (language.unlinks, "rm -f --")):
        for found in pattern.finditer(code) if pattern else ():
            reader.text(f"{command} {shlex.join(_strings(found.group(1))[:1])}", scope)
    if language.backticks:
        for found in re.finditer(r"`([^`]+)`|\b(?:qx|%x)\s*[{(\[/|]([^})\]/|]*)[})\]/|]", code):
            reader.text(found.group(1) or found.group(2), scope)
    if awk:
        for found in re.finditer(r'"([^"]+)"\s*\|\s*getline|\|&?\s*"([^"]+)"', code):
            reader.text(found.group(1) or found.group(2), scope)


def _strings(text: str) -> list[str]:
    found = ["".join(s or "" for s in m.groups()) for m in _ONE.finditer(text)]
    return [re.sub(r"\\(.)", r"\1", s) for s in found] or [""]
