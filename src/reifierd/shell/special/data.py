"""Database clients: every statement that they are given, in an option, an operand or on standard input."""

from __future__ import annotations

from reifierd.shell import sql
from reifierd.shell.model import Effect, EffectKind, Invocation
from reifierd.shell.options import Options
from reifierd.shell.programs import Program
from reifierd.shell.targets import READ, on


def sql_client(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """psql, mysql, sqlite3 and the like: every statement of `-c`, an operand or standard input."""
    codes = [w.shape for w in options.all_values(*row.code)]
    if row.operand_code:
        codes += [w.shape for w in options.operands[1:]] + [w.shape for w in options.all_values("-cmd")]
    elif not codes and command.program == "clickhouse-client" and options.operands:
        codes += [w.shape for w in options.operands]
    written = dict(command.files)
    named = [w.shape for w in options.all_values("-f", "--file", "-i")]
    codes += [written[path].shape for path in named if path in written]
    files = (options.has("-f", "--file", "-i") and not all(path in written for path in named or [""])) or any(
        r.fd == 0 and r.target is not None and r.body is None for r in command.redirects
    )
    if command.stdin is not None and not codes:
        codes.append(command.stdin.shape)
    if any(code and not code.strip("\x00\x01 \n;") for code in codes):
        return [Effect(EffectKind.DATABASE, (), True, "statements that are only known at run time")]
    found = [Effect(kind, (), False, detail) for code in codes for kind, detail in sql.statements(code)]
    if files:
        found.append(Effect(EffectKind.DATABASE, (), True, "statements from a file"))
    if not codes and not files:
        return (
            [Effect(EffectKind.DATABASE, (), True, "statements from a pipe")]
            if command.pipe_from
            else [Effect(EffectKind.INTERACTIVE)]
        )
    changes = [e for e in found if e.kind is not EffectKind.READ]
    return changes or [READ]


def mongo_shell(command: Invocation, row: Program, options: Options) -> list[Effect]:
    codes = [w.shape for w in options.all_values(*row.code)]
    if command.stdin is not None and not codes:
        codes.append(command.stdin.shape)
    if not codes:
        files = [w for w in options.operands if w.shape.endswith(".js")]
        return (
            [Effect(EffectKind.DATABASE, (), True, "a script that is not read")]
            if files or command.redirects
            else [Effect(EffectKind.INTERACTIVE)]
        )
    return [Effect(kind, (), False, detail) for kind, detail in map(sql.mongo, codes)]


def redis_cli(command: Invocation, row: Program, options: Options) -> list[Effect]:  # noqa: PLR0911 - one return for each kind of case
    words = [w.shape for w in options.operands]
    flags = {n for n, _ in options.given}
    if words[:1] == ["--cluster"] or "--cluster" in flags:
        reading = any(w in {"check", "info"} for w in words)
        return [READ if reading else Effect(EffectKind.DATABASE, detail="CLUSTER " + " ".join(words[:1]))]
    if flags & {"--pipe"}:
        return [Effect(EffectKind.DATABASE, (), True, "commands from a pipe")]
    if flags & {"--eval"}:
        return [Effect(EffectKind.DATABASE, (), True, "a Lua script")]
    if not words:
        if flags & sql.REDIS_READING:
            return [READ]
        if command.stdin is not None:
            lines = [line.split() for line in command.stdin.shape.splitlines() if line.strip()]
            return [Effect(k, (), False, d) for k, d in map(sql.redis, lines)] or [READ]
        return (
            [Effect(EffectKind.DATABASE, (), True, "commands from a pipe")]
            if command.pipe_from or command.redirects
            else [Effect(EffectKind.INTERACTIVE)]
        )
    kind, detail = sql.redis(words)
    return [on(kind, command, options.operands[1:], detail)]
