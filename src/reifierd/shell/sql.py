"""What statements sent to a database do: by their first words (SQL), the command (Redis), the call (MongoDB).

`statements` gives (kind, detail) for each: detail is the statement in one line with its strings emptied, so that a rule
can look for words in it without taking data for commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.shell.model import EffectKind
from reifierd.shell.tables import name_set, names, table

READING = name_set("vocabulary", "sql_reading")
# Functions that change something though they are selected (PostgreSQL documentation, 9.28 System Administration
# Functions).
_CHANGING = re.compile(
    r"\b(pg_(?:terminate|cancel)_backend|pg_reload_conf|pg_rotate_logfile|pg_switch_wal|pg_promote|pg_create_\w+|pg_drop_\w+|pg_advisory_unlock\w*|"
    r"pg_stat_reset\w*|pg_wal_replay_\w+|pg_backup_\w+|pg_start_backup|pg_stop_backup|lo_unlink|lo_import|lo_export|setval|nextval|set_config|dblink_exec|"
    r"pg_logical_emit_message|pg_replication_\w+|pg_file_\w+|pg_read_file|pg_write_file|query_to_xml|lowrite|sleep|dblink|sys_exec|sys_eval|load_extension|writefile|edit|fts3_tokenizer)\s*\(",
    re.I,
)  # fmt: skip
_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|'(?:[^'\\]|''|\\.)*'|\"(?:[^\"])*\"|;|[^-/$'\";]+|.", re.S)
_WRITES = re.compile(r"\b(insert|update|delete|merge)\b", re.I)
_INTO_FILE = re.compile(r"\binto\s+[\w\"`]", re.I)  # a file or a table; `into @x` is a variable


# sqlite3's own commands: those that only show, those that write a file or run something, and pragmas with an argument
# that only ask (its manual, Command Line Shell; PRAGMA Statements).
_DOTS = name_set("vocabulary", "sqlite_showing")
_DOING_DOTS = dict.fromkeys(
    (".output", ".once", ".excel", ".backup", ".save", ".log", ".trace", ".www"), EffectKind.WRITE
)
_ASKED = name_set("vocabulary", "sqlite_asking")
_PRAGMAS_DOING = frozenset({"wal_checkpoint", "optimize", "incremental_vacuum", "shrink_memory"})
# psql: the result goes into a file, into a program, or is run (`\\g file`, `\\g |program`, `\\gexec`).
_SENT = re.compile(r"\\g(?:x|\b)(?:\s*\([^)]*\))?\s*(?:(\|)|[^\s|\\;])|(\\gexec\b)")
_CONNECTS = re.compile(r"(?:(?:\A|[\n;\s])\\c(?:onnect)?|(?:\A|[\n;])\s*(?:\\[ur]|:?connect|use))\s+([^\n;]+)", re.I)
_CALLED = re.compile(r"""\b(?:getSiblingDB|Mongo|connect|dblink\w*)\s*\(\s*['"]([^'"]*)""")
_NAMED = re.compile(r"\b(?:host|hostaddr|dbname|service)\s*=\s*([^\s'\"]+)")


def connections(text: str) -> list[str]:
    """The databases and hosts that a client's own words change to (`\\connect db user host`, `use db`), with marks for
    parts that are only known at run time."""
    found: list[str] = []
    for arguments in _CONNECTS.findall(text):
        named = _NAMED.findall(arguments)
        words = [w.strip("'\"`") for w in arguments.split() if not w.startswith("-reuse")]
        found += named or [w for i, w in enumerate(words) if i != 1 and w != "-"]  # the second is the user
    for argument in _CALLED.findall(text):
        found += _NAMED.findall(argument) or [argument]
    return found


def statements(text: str) -> list[tuple[EffectKind, str]]:
    """The statements of one SQL source."""
    return [(_kind(s), s) for s in _split(text)]


def _split(text: str) -> Iterator[str]:
    current: list[str] = []
    for found in _TOKEN.finditer(text):
        token = found.group()
        if token == ";":  # noqa: S105 - a piece of SQL, no secret
            yield from _clean(current)
            current = []
        elif token.startswith(("--", "/*")) and not token.startswith("/*!"):
            current.append(" ")
        elif (token[0] == "'" and len(token) > 1) or (token.startswith("$") and len(token) > 2):
            current.append("''")
        else:
            current.append(token)
    yield from _clean(current)


def _clean(parts: list[str]) -> Iterator[str]:
    lines = "".join(parts).strip()
    for line in re.split(r"\n(?=\s*[\\.][a-zA-Z])", lines):  # a client's own commands end with their line
        first, _, rest = line.partition("\n")
        pieces = [first, rest] if re.match(r"\s*[\\.][a-zA-Z]", line) else [line]
        yield from (" ".join(p.split()) for p in pieces if p.strip())


def _kind(statement: str) -> EffectKind:  # noqa: PLR0911 - one return for each kind of case
    words = re.findall(r"[\\.]?\w+\+?", statement.lower())
    if not words:
        return EffectKind.READ
    first = words[0]
    if first.startswith("."):
        return EffectKind.READ if first in _DOTS else _DOING_DOTS.get(first, EffectKind.DATABASE)
    sent = _SENT.search(statement)
    if sent:
        return EffectKind.CODE if sent.group(1) or sent.group(2) else EffectKind.WRITE
    if first.startswith("\\") and "`" in statement:  # psql runs what stands in backquotes
        return EffectKind.CODE
    if re.match(r"\\[TP]\s*\S|\\s\s+\S", statement):  # tee, pager; psql's history into a file
        return EffectKind.WRITE
    if first in {"copy", "\\copy"}:
        return _copied(statement)
    if first == "set":
        return (
            EffectKind.SHELL_STATE
            if not re.search(r"\bset\s+(?:global|persist|password)\b", statement, re.I)
            else EffectKind.DATABASE
        )
    if first == "pragma":
        changes = "=" in statement or ("(" in statement and words[1] not in _ASKED) or words[1] in _PRAGMAS_DOING
        return EffectKind.DATABASE if changes else EffectKind.READ
    if first == "explain" and "analyze" in words and _WRITES.search(statement):
        return EffectKind.DATABASE
    if first == "with" and _WRITES.search(statement):
        return EffectKind.DATABASE
    if first in READING or first.startswith("\\d"):
        if _CHANGING.search(statement) and not re.fullmatch(r"(?i)select\s+sleep\(\d+\)", statement):
            return EffectKind.DATABASE
        return EffectKind.DATABASE if first == "select" and _INTO_FILE.search(statement) else EffectKind.READ
    return EffectKind.DATABASE


def _copied(statement: str) -> EffectKind:
    """`COPY … TO STDOUT` prints; into a file or a program it does not."""
    if re.search(r"\bto\s+stdout\b", statement, re.I):
        return EffectKind.READ
    if re.search(r"\b(?:to|from)\s+program\b", statement, re.I):
        return EffectKind.CODE
    return EffectKind.WRITE if re.search(r"\bto\s", statement, re.I) else EffectKind.DATABASE


REDIS_READING = name_set("vocabulary", "redis_reading")
_REDIS_PAIRS = {name: names(words) for name, words in table("vocabulary")["redis_pairs"].items()}


def redis(words: list[str]) -> tuple[EffectKind, str]:
    """One Redis command."""
    lower = [w.lower() for w in words]
    name, detail = lower[0], " ".join([lower[0].upper(), *words[1:3]])
    if name in _REDIS_PAIRS:
        reading = len(lower) > 1 and lower[1] in _REDIS_PAIRS[name]
        return (EffectKind.READ if reading else EffectKind.DATABASE), " ".join(w.upper() for w in lower[:2])
    if name in {"monitor", "subscribe", "psubscribe", "ssubscribe"}:
        return EffectKind.INTERACTIVE, detail
    return (EffectKind.READ if name in REDIS_READING else EffectKind.DATABASE), detail


_MONGO_CHANGES = re.compile(
    r"\.(drop\w*|delete\w*|remove\w*|insert\w*|update\w*|replace\w*|create\w*|rename\w*|save|bulkWrite|findAndModify|findOneAnd\w+|grant\w*|revoke\w*|"
    r"shutdownServer|killOp|stepDown|reconfig|initiate|add|addShard|removeShard|moveChunk|fsync\w*|compact|repairDatabase|setProfilingLevel|changeUserPassword|"
    r"enableSharding|shardCollection|freeze|setFeatureCompatibilityVersion|mergeChunks|splitAt)\s*\("
    r"|\b(?:runCommand|adminCommand)\s*\("
    r"|\$out\b|\$merge\b|\bmapReduce\b|\b(?:require|load|eval|import)\s*\(|\bfs\.|child_process|\[\s*[\"']\w+[\"']\s*\]\s*\(",
    re.S,
)  # fmt: skip


def mongo(code: str) -> tuple[EffectKind, str]:
    """JavaScript for the MongoDB shell: a call that changes something anywhere in it counts."""
    found = _MONGO_CHANGES.search(code)
    if not found:
        return EffectKind.READ, ""
    if "Command" in found.group() and re.search(
        r"[\"']?(?:ping|serverStatus|buildInfo|hello|isMaster|dbStats|collStats|currentOp|listDatabases|replSetGetStatus|connectionStatus|getParameter|getCmdLineOpts|top)[\"']?\s*:",
        code,
    ):
        return EffectKind.READ, ""
    return EffectKind.DATABASE, " ".join(code.split())
