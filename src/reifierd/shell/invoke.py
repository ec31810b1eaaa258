"""One simple command: what the shell itself does with it (alias, function, built-in), then what it wraps or carries.

Everything that a command runs in turn becomes an Invocation of its own, after the command that runs it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reifierd.shell import carried, crontab, hosts, made_files, subscripts
from reifierd.shell.builtins import BUILTINS
from reifierd.shell.call import Call
from reifierd.shell.constants import output
from reifierd.shell.model import Invocation, Word
from reifierd.shell.peel import Peeled, feed, find_wrapper, peel, peel_fd, peel_find
from reifierd.shell.programs import global_values
from reifierd.shell.shapes import as_word, known
from reifierd.shell.state import Scope
from reifierd.shell.streams import named
from reifierd.shell.tables import name_set

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader


def program_of(word: Word) -> str | None:
    """The base name of a command word; None where it is only known at run time."""
    tail = word.shape.rstrip("/").rsplit("/", 1)[-1]
    return tail if tail and known(tail) else None


def invoke(reader: Reader, call: Call) -> str | None:
    """Lower one command; returns what it prints, where that is constant."""
    if not call.argv:
        _code_in_variables(reader, call)
        reader.commands.append(_invocation(call, None))
        return "" if not call.redirects or call.assignments else call.stdin
    name = call.argv[0]
    state = call.scope.state
    _code_in_variables(reader, call)
    if name.text in state.aliases and name.source == name.text and f"alias {name.text}" not in call.scope.via:
        return _alias(reader, call, name.text)
    if name.text in state.functions and call.scope.depth < 12:
        return _function(reader, call, name.text)
    program = made_files.copy_of(name, state) or program_of(name)
    if program is None:
        reader.commands.append(_invocation(call, None, opaque="the name of the command is only known at run time"))
        return None
    script = name.text and re.fullmatch(r"/etc/(?:rc\.d/)?init\.d/([\w.-]+)", name.text)
    if script:  # what `service` would run
        reader.commands.append(_invocation(call, program, wrapped=True))
        words = [
            as_word("service", name.source, name.start, name.end),
            as_word(script.group(1), name.source, name.start, name.end),
        ]
        return invoke(
            reader, replace(call, argv=[*words, *call.argv[1:]], redirects=[], scope=call.scope.enter("/etc/init.d"))
        )
    printed = None
    special = BUILTINS.get(program)
    if special is not None:
        reader.commands.append(_invocation(call, program))
        special(reader, call)
    elif (peeled := _peel(call, program)) is not None:
        printed = _wrapped(reader, call, program, peeled)
    else:
        at = len(reader.commands)
        reader.commands.append(_invocation(call, program))
        opaque = carried.follow(reader, call, program)
        if opaque:
            reader.commands[at] = replace(reader.commands[at], opaque=opaque)
        made_files.fetched(call, program)
        made_files.copied(call, program)
    printed = printed if printed is not None else output(call.argv, call.stdin, state)
    made_files.written(reader, call, program, printed)
    return "" if any(r.fd == 1 for r in call.redirects) else printed


def _invocation(call: Call, program: str | None, *, opaque: str = "", wrapped: bool = False) -> Invocation:
    stdin = call.stdin
    return Invocation(
        argv=tuple(call.argv),
        program=program,
        assignments=tuple(call.assignments),
        redirects=tuple(call.redirects),
        via=call.scope.via,
        wrapped=wrapped,
        cwd=None if call.scope.elsewhere else call.scope.state.cwd,
        files=named(call),
        opaque=opaque,
        stdin=None if stdin is None else as_word(stdin, "", call.start, call.end),
        line=call.line,
        start=call.start,
        end=call.end,
    )


_CODE_VARIABLES = name_set("vocabulary", "code_variables")
_EVALUATING = name_set("vocabulary", "builtins")


def _code_in_variables(reader: Reader, call: Call) -> None:
    """Variables that other programs run as shell code, and text that bash itself evaluates."""
    scope = replace(call.scope, line=call.line)
    if not call.argv or call.argv[0].text in _EVALUATING or call.argv[0].text in call.scope.state.functions:
        for word in (*call.argv[1:], *(r.body for r in call.redirects if r.op == "<<<" and r.body is not None)):
            subscripts.in_text(word.shape, scope)
    for name, value in call.assignments:
        if value is not None:
            subscripts.in_text(value.shape, scope)
            subscripts.in_prompt(name, value.shape, scope)
        if name in _CODE_VARIABLES and value is not None and value.text and " " in value.text:
            reader.text(value.text, call.scope.enter(name, line=call.line))


# --- the shell's own


def _alias(reader: Reader, call: Call, name: str) -> str | None:
    words = " ".join(_quoted(w) for w in call.argv[1:])
    scope = replace(call.scope, via=(*call.scope.via, f"alias {name}"), depth=call.scope.depth + 1, line=call.line)
    return reader.text(f"{call.scope.state.aliases[name]} {words}", scope)


def _quoted(word: Word) -> str:
    return "'" + word.shape.replace("'", "'\\''") + "'" if word.text is not None else word.source


def _function(reader: Reader, call: Call, name: str) -> str | None:
    reader.called.add(name)
    body = call.scope.state.functions[name]
    state = call.scope.state
    saved, state.positional = state.positional, [w.shape for w in call.argv[1:]]
    stdin = call.stdin
    via = call.scope.via if f"{name}()" in call.scope.via else (*call.scope.via, f"{name}()")
    if call.scope.via.count(f"{name}()") or call.scope.depth > 10:  # it calls itself: seen once is enough
        doubled = (
            call.scope.programs
            or "|" in body.prepared.text[body.start : body.end]
            or "&" in body.prepared.text[body.start : body.end]
        )
        reader.commands.append(_invocation(call, name, opaque="it starts itself again and again" if doubled else ""))
        state.positional = saved
        return None
    if any(r.op.startswith((">", "&")) for r in call.redirects):
        reader.commands.append(_invocation(replace(call, argv=[], assignments=[]), None))
    printed = reader.span(
        body.prepared, body.start, body.end, replace(call.scope, via=via, depth=call.scope.depth + 1, stdin=stdin)
    )
    state.positional = saved
    return printed


# --- wrappers


def _wrapped(reader: Reader, call: Call, program: str, peeled: Peeled) -> str | None:
    """Lower what a wrapper runs; returns what that prints, where constant."""
    opaque = peeled.opaque
    if peeled.input:
        feed(peeled, program, call.stdin)
        opaque = peeled.opaque
    call.assignments = [*call.assignments, *peeled.assignments]
    ran = bool(peeled.commands or peeled.scripts)
    at = len(reader.commands)
    reader.commands.append(_invocation(call, program, opaque=opaque, wrapped=ran))
    if program in hosts.FOLLOW:
        hosts.FOLLOW[program](reader, call, call.scope.enter(program, line=call.line))
    scope = call.scope.enter(program, stdin=call.stdin, line=call.line)
    if program in _SAME_SHELL:
        scope = replace(scope, state=call.scope.state)
    if peeled.elsewhere:
        scope.state.cwd, scope = None, replace(scope, elsewhere=True)
        scope.state.positional = None
    for key, value in peeled.assignments:
        scope.assign(key, value.shape if value else "")
    printed = None
    for words in peeled.commands:
        printed = invoke(reader, Call(words, scope, [], [], call.start, call.end, call.line, call.inner))
    for script in peeled.scripts:
        printed = run_script(reader, script, scope, at)
    if peeled.stdin_is:
        _standard_input(reader, call, peeled, scope, at)
    return printed


_SAME_SHELL = frozenset({"command", "builtin", "time", "exec"})


def run_script(reader: Reader, script: Word, scope: Scope, at: int) -> str | None:
    """Lower shell source in a word; all of it unknown marks the command at index `at` as opaque."""
    if script.shape.strip("\x00\x01 ") == "" and script.shape:
        reader.commands[at] = replace(reader.commands[at], opaque="it runs shell code that is only known at run time")
        return None
    return reader.text(script.shape, scope)


def _standard_input(reader: Reader, call: Call, peeled: Peeled, scope: Scope, at: int) -> None:
    text = call.stdin
    if text is None or not known(text):
        if call.scope.programs and peeled.stdin_is == "script":
            reader.commands[at] = replace(reader.commands[at], opaque="it runs later what comes out of a pipe")
        return
    if peeled.stdin_is == "crontab":
        text = "\n".join(crontab.commands(text))
    reader.text(text, replace(scope, stdin=None))


def _peel(call: Call, program: str) -> Peeled | None:
    """What a wrapper runs, or None where the program is none, or runs nothing this time."""
    argv = call.argv
    if program == "find":
        commands = peel_find(argv, output(argv, None, call.scope.state) or "")
        return Peeled(commands=commands) if commands else None
    if program in {"fd", "fdfind"}:
        commands = peel_fd(argv)
        return Peeled(commands=commands) if commands else None
    found = find_wrapper(program, argv, global_values(program))
    if found is None:
        return None
    _, wrapper, rest = found
    peeled = peel(wrapper, rest, call.stdin)
    if peeled and not (
        peeled.commands or peeled.scripts or peeled.opaque or peeled.stdin_is or peeled.interactive or peeled.input
    ):
        return None
    return peeled
