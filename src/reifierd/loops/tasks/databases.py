"""No task touches a production database, not even to look at it.

A database is one of production when its host or its name looks like it: by the patterns that the guard uses
(`shell.context.PRODUCTION`) and by those of the configuration. Hosts and names are looked for where database programs
take them, in addresses (`postgres://…`) anywhere in a command, and in the environment that a command starts with
(`PGHOST`, `DATABASE_URL`, …). A host or a name that is only known at run time cannot be told from production: it waits
for a person who writes it down. User names and passwords are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.knowledge import table
from reifierd.loops.tasks.values import values_of
from reifierd.shell.context import PRODUCTION
from reifierd.shell.model import Invocation, ShellView, Word
from reifierd.shell.options import parse_options
from reifierd.shell.shapes import known
from reifierd.shell.sql import connections

_ADDRESS = re.compile(
    r"\b(?:jdbc:)?(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|valkeys?|cockroachdb|sqlserver|mssql|oracle|"
    r"clickhouse|cassandra|influxdb)(?:\+\w+)?://[^\s'\"<>|;`\x00\x01]+",
    re.I,
)
_CONNINFO = re.compile(r"(?:^|\s)(?:host|hostaddr|dbname|service)\s*=\s*('[^']*'|\S+)")
_VARIABLE = re.compile(
    r"\A(?:\w+_)?(?:DB|DATABASE|PG|POSTGRES(?:QL)?|MYSQL|MARIADB|MONGO(?:DB)?|REDIS|SQL)_?(?:HOST|HOSTNAME|HOSTADDR|NAME|"
    r"DATABASE|SERVER|SERVICE|ENDPOINT|ADDR|ADDRESS|DB|SCHEMA)\Z|\APG(?:HOST|HOSTADDR|DATABASE|SERVICE)\Z",
    re.I,
)
_REMEDY = "run it against another database; a production database is a person's to touch"


def database_blockers(
    blocks: Iterable[tuple[Work, Sequence[ShellView]]], patterns: Iterable[str], environment: Mapping[str, str]
) -> Iterator[Blocker]:
    """What stops a block that touches production; `patterns` are the configuration's own. A block's views are its own
    and those of its scripts; `environment` is what its commands start with besides the block's own `env`."""
    production = re.compile("|".join(f"(?:{p})" for p in (*PRODUCTION, *patterns)), re.I)
    for work, views in blocks:
        env = {**environment, **dict(work.step.attributes.env)}
        commands = [c for view in views for c in view.commands]
        told = [*_in_environment(env, commands, production), *(r for c in commands for r in _in_command(c, production))]
        told += _set_at_run_time(commands)
        for reason, remedy in dict.fromkeys(told):
            yield Blocker("production-database", reason, remedy, work.criterion, work.step.line, work.step.command)


def _in_environment(
    env: Mapping[str, str], commands: Iterable[Invocation], production: re.Pattern[str]
) -> Iterator[tuple[str, str]]:
    set_here = ((name, value.text) for c in commands for name, value in c.assignments if value and value.text)
    for name, value in (*env.items(), *set_here):
        named = [value] if _VARIABLE.match(name) and "://" not in value else []
        for text in (*named, *_hosts_and_names(value)):
            if production.search(text):
                yield f"{name} names a production database: {text}", _REMEDY


def _set_at_run_time(commands: Sequence[Invocation]) -> Iterator[tuple[str, str]]:
    """A database program that goes by its environment, after something set that from what is only known then."""
    client = next((c for c in commands if c.program in _clients() and not c.wrapped), None)
    if client is None:
        return
    for command in commands:
        for name in _set_unknown(command):
            reason = f"{name} is set from what is only known at run time, and `{client.program}` goes by it"
            yield reason, "write the host down, or set it in the front matter (env:), so that it can be looked at"


def _set_unknown(command: Invocation) -> Iterator[str]:
    """The variables of a database that a command gives a value that is not known; `$…` for any variable."""
    words = command.argv[1:]
    yield from (n for n, value in command.assignments if _VARIABLE.match(n) and (value is None or value.text is None))
    if command.program in {"export", "declare", "typeset", "readonly"}:
        for word in (w for w in words if w.text is None):
            name, equals, _ = word.shape.partition("=")
            if not equals or _VARIABLE.match(name):
                yield name if equals else word.source[:60]
    elif command.program in {"read", "printf"}:
        options = parse_options(command.argv, {"-v", "-d", "-n", "-N", "-p", "-t", "-u", "-i", "-a"})
        names = options.operands if command.program == "read" else values_of(command.argv, ("-v",))
        yield from (w.shape for w in names if _VARIABLE.match(w.shape))


def _in_command(command: Invocation, production: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    texts = [w.shape for w in command.argv[1:]] + ([command.stdin.shape] if command.stdin else [])
    names = [text for shape in texts for text in _hosts_and_names(shape)]
    named, others = _of_client(command)
    for word in (*named, *others):
        if word.text is None and word in named:
            spelled = " ".join(w.source for w in command.argv)[:120]
            remedy = "write it down, or set its variable in the front matter (env:), so that it can be looked at"
            yield f"which database `{spelled}` means is only known at run time", remedy
        elif word.text is not None and not _ADDRESS.search(word.text):
            names += _conninfo(word.text)
    for text in _changed_to(command):
        if known(text):
            names.append(text)
        else:
            spelled = " ".join(w.source for w in command.argv)[:120]
            yield f"which database `{spelled}` changes to is only known at run time", "write it down"
    for text in names:
        if production.search(text):
            yield f"`{command.program}` is told of a production database: {text}", _REMEDY


def _changed_to(command: Invocation) -> list[str]:
    """What a client is told to connect to once it runs: in an option, on its input, in a file that the block wrote."""
    if command.program not in _clients() or command.wrapped:
        return []
    texts = [*command.argv[1:], *([command.stdin] if command.stdin else []), *(text for _, text in command.files)]
    return [name for text in texts for name in connections(text.shape)]


def _of_client(command: Invocation) -> tuple[list[Word], list[Word]]:
    """The words of a database program that name a host or a database, and other operands, which may."""
    row = _clients().get(command.program or "")
    if row is None or command.wrapped:
        return [], []
    options = parse_options(command.argv, {*row["values"], *row["host"], *row["name"]})
    operands = list(options.operands) if row["operands"] else []
    return [*values_of(command.argv, (*row["host"], *row["name"])), *operands[:1]], operands[1:]


def _hosts_and_names(text: str) -> list[str]:
    """The hosts and the database names of all addresses in a text."""
    found: list[str] = []
    for address in _ADDRESS.findall(text):
        try:
            parts = urlsplit(address.removeprefix("jdbc:"))
        except ValueError:
            found.append(address)
            continue
        hosts = parts.netloc.rpartition("@")[2]
        found += [host for host in hosts.split(",") if host]
        found += [part for part in unquote(parts.path).split("/") if part]
        found += [v for k, _, v in (p.partition("=") for p in re.split("[&;]", parts.query)) if k in _QUERY and v]
    return found


_QUERY = frozenset({"host", "hostaddr", "dbname", "database", "databaseName", "service"})


def _conninfo(text: str) -> list[str]:
    """`host=db dbname=x` of libpq, else the word itself."""
    found = [value.strip("'") for value in _CONNINFO.findall(text)]
    return found or [text]


@cache
def _clients() -> dict[str, dict[str, Any]]:
    return {program: row for row in table("databases").values() for program in row["programs"]}
