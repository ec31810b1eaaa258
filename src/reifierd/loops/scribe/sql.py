"""SQL on a command line: does it only read, and which setting or rows does it set?

Statements are recognised by their first words; what is not recognised counts as a change of the whole database.
A SELECT that calls one of the functions below changes something all the same (PostgreSQL manual, chapter 9.28).
"""

from __future__ import annotations

import re

from reifierd.loops.scribe.cells import How, Touch

_READ = re.compile(
    r"(?is)\s*(?:select|show|explain(?!\s+analyze\s+(?:update|delete|insert))|describe|desc|table|values|use|check\s+table"
    r"|with(?!.*\b(?:insert|update|delete)\b))\b|\s*pragma\s+(?!(?:\w+\.)?(?:wal_checkpoint|optimize|incremental_vacuum|shrink_memory))[\w.]+\s*(?:\([^)]*\))?\s*$"
)
_ACTING = re.compile(
    r"(?i)\b(pg_(?:terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile|pg_promote|pg_advisory_unlock\w*|pg_drop_replication_slot"
    r"|pg_wal_replay_(?:pause|resume)|pg_switch_wal|set_config|setval|nextval|lo_unlink|dblink_exec|pg_stat_reset\w*)\s*\("
)
_META = re.compile(
    r"^\s*(?:\\(?!i\b|ir\b|copy\b|!|w\b|o\b|g\b)|\.(?!read|import|restore|save|backup|output|once|shell|system|open))\S*"
)
_SETTERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I | re.S), cell)
    for pattern, cell in (
        (r"^\s*alter\s+system\s+(?:set|reset)\s+([\w.]+)", "system/{0}"),
        (
            r"^\s*alter\s+(role|user|database)\s+(\S+)\s+(?:in\s+database\s+\S+\s+)?(?:set|reset)\s+([\w.]+)",
            "{0}/{1}/{2}",
        ),
        (
            r"^\s*alter\s+(role|user|database)\s+(\S+)\s+(?:with\s+)?(connection\s+limit|password|nologin|login|superuser|valid)",
            "{0}/{1}/{2}",
        ),
        (r"^\s*alter\s+table\s+(\S+)\s+set\s*\(\s*([\w.]+)\s*=", "table/{0}/{1}"),
        (
            r"^\s*alter\s+table\s+(\S+)\s+alter\s+(?:column\s+)?(\S+)\s+(?:set|drop)\s+(default|not\s+null)",
            "table/{0}/{1}/{2}",
        ),
        (r"^\s*alter\s+sequence\s+(\S+)\s+(?:re)?start", "sequence/{0}"),
        (r"^\s*set\s+(?:global|persist|@@global\.|session)\s*([\w.]+)\s*=", "global/{0}"),
        (r"^\s*pragma\s+([\w.]+)\s*=", "pragma/{0}"),
    )
)
# what is made, and what takes it away again: one cell that is absent before and after
_MADE = tuple(
    (re.compile(rf"^\s*(?:{make})", re.I | re.S), re.compile(rf"^\s*(?:{drop})", re.I | re.S), cell)
    for make, drop, cell in (
        (
            r"alter\s+table\s+(\S+)\s+add\s+(?:column\s+)?(?!constraint\b|primary\b|unique\b|foreign\b|check\b)(?:if\s+not\s+exists\s+)?(\S+)",
            r"alter\s+table\s+(\S+)\s+drop\s+(?:column\s+)?(?!constraint\b)(?:if\s+exists\s+)?(\S+)",
            "table/{0}/column/{1}",
        ),
        (
            r"alter\s+table\s+(\S+)\s+add\s+constraint\s+(\S+)",
            r"alter\s+table\s+(\S+)\s+drop\s+constraint\s+(?:if\s+exists\s+)?(\S+)",
            "table/{0}/constraint/{1}",
        ),
        (
            r"create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?([\w.]+)\s+on\b",
            r"drop\s+index\s+(?:concurrently\s+)?([\w.]+)",
            "index/{0}",
        ),
        (r"create\s+(?:role|user)\s+(?!if\b)(\S+)", r"drop\s+(?:role|user)\s+(?!if\b)(\S+)", "role/{0}"),
        (r"create\s+table\s+(?!if\b)([^\s(]+)", r"drop\s+table\s+(?!if\b)([^\s(]+)", "table/{0}"),
    )
)
_UPDATE = re.compile(r"(?is)^\s*update\s+(?:only\s+)?(\S+)\s+set\s+(.*?)(?:\s+where\s+(.*))?$")
_REPLACE = re.compile(
    r"(?is)^\s*(?:replace\s+into|insert\s+or\s+replace\s+into)\s+([^\s(]+)\s*(?:\([^)]*\))?\s*values\s*\(\s*([^,)]+)"
)
_BACKEND = re.compile(r"(?is)\bpg_(?:terminate|cancel)_backend\s*\(\s*(.*)$")


def statements(text: str) -> list[str]:
    """The statements of a text, split at semicolons outside quotes."""
    found, start, quote = [], 0, ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == ";":
            found.append(text[start:i])
            start = i + 1
    return [s for s in (*found, text[start:]) if s.strip()]


def reads_only(text: str) -> bool:
    """Every statement is known to change nothing."""
    if _META.match(text):
        return True
    parts = statements(text)
    return bool(parts) and all(_READ.match(s) and not _ACTING.search(s) for s in parts)


def touches(text: str, database: str) -> list[Touch]:
    """What the statements do, as cells below the database's cell."""
    return [
        touch
        for s in statements(text)
        if not (_READ.match(s) and not _ACTING.search(s))
        for touch in _touch(s, database)
    ]


def _touch(statement: str, database: str) -> list[Touch]:  # noqa: PLR0911 - a list of rules, the first that holds
    for pattern, cell in _SETTERS:
        if found := pattern.match(statement):
            return [Touch(f"{database}/{cell.format(*map(_name, found.groups()))}", How.SET, _squeeze(statement))]
    if made := _made(statement, database):
        return [made]
    if found := _UPDATE.match(statement):
        table, assigned, where = found.groups()
        columns = ",".join(sorted(re.findall(r"(\w+)\s*=", re.sub(r"'[^']*'|\([^)]*\)", "", assigned))))
        own = bool(set(columns.split(",")) & set(re.findall(r"\w+", where or "")))
        depends = own or bool(
            re.search(rf"=\s*[^,]*\b({columns.replace(',', '|')})\b", re.sub(r"'[^']*'", "", assigned))
        )
        cell = f"{database}/table/{_name(table)}/rows/{_squeeze(where or 'all')}/{columns}"
        return [Touch(cell, How.CHANGE if depends else How.SET, None if depends else _squeeze(assigned))]
    if found := _REPLACE.match(statement):
        return [Touch(f"{database}/table/{_name(found[1])}/row/{_squeeze(found[2])}", How.SET)]
    if found := _BACKEND.search(statement):
        return [Touch(f"{database}/backend/{_squeeze(found[1])}", How.SET)]
    if re.search(r"(?i)pg_reload_conf|flush\s+privileges", statement):
        return [Touch(f"{database}/system", How.READ), Touch(f"{database}:reload", How.SET)]
    return [Touch(database, How.CHANGE)]


def _made(statement: str, database: str) -> Touch | None:
    """A column, an index, a role, a table that is made or dropped; making one that is there fails."""
    for make, drop, cell in _MADE:
        if found := make.match(statement):
            name = f"{database}/{cell.format(*map(_name, found.groups()))}"
            return Touch(name, How.CHANGE, _squeeze(statement), creates=True)
        if found := drop.match(statement):
            return Touch(f"{database}/{cell.format(*map(_name, found.groups()))}", How.REMOVE)
    return None


def _name(text: str) -> str:
    return text.strip("\"'`").lower().replace("/", "_")


def _squeeze(text: str) -> str:
    return " ".join(text.split()).rstrip(";) ").lower().replace("/", "_")
