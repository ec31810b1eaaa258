"""What programs with a state of their own do to it: databases, redis, git, services' signals, switches and settings.

Every reader returns touches for one command. What it cannot tell it leaves out: a command without touches is kept
for what it is, and never taken to be without effect.
"""

from __future__ import annotations

import re
from itertools import pairwise

from reifierd.loops.scribe import sql
from reifierd.loops.scribe.cells import How, Touch, absolute, file_cell
from reifierd.loops.scribe.files import split, words
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.shell.model import Invocation

_KNOWN = knowledge()
SQL_CLIENTS = frozenset({"psql", "mysql", "mariadb", "sqlite3"})
REDIS_CLIENTS = frozenset({"redis-cli", "valkey-cli"})
_REDIS_READ = _KNOWN.clients_read["redis"]
_HISTORY = frozenset({"commit", "merge", "pull", "cherry-pick", "revert", "am", "rebase"})
_GIT_READ = _KNOWN.clients_read["git"]


def statement_text(inv: Invocation) -> str | None:
    """The SQL that a client is given, None where there is none on the command line."""
    options, operands = split(inv)
    flags = {"psql": ("-c", "--command"), "mysql": ("-e", "--execute"), "mariadb": ("-e", "--execute")}.get(
        inv.program or "", ()
    )
    given = [v for o, v in pairwise(options) if o in flags or (flags and re.fullmatch(rf"-\w*{flags[0][1]}", o))]
    given += [o.partition("=")[2] for o in options if o.startswith(("--command=", "--execute="))]
    if inv.program == "sqlite3":
        given = operands[1:]
    given += [r.body.text or r.body.source for r in inv.redirects if r.body is not None]
    given += [r.target.text or r.target.source for r in inv.redirects if r.op == "<<<" and r.target is not None]
    return ";".join(given) if given else None


def sql_touches(inv: Invocation, cwd: str | None) -> list[Touch]:
    """A client's statements as cells; for sqlite3 they lie inside the database's file."""
    options, operands = split(inv)
    if inv.program == "sqlite3":
        database = file_cell(absolute(cwd, operands[0])) if operands else "sql:?"
    else:
        place = [v for o, v in pairwise(options) if o in ("-h", "-p", "-d", "-P", "-S", "-D")]
        database = "sql:" + "_".join(["psql" if inv.program == "psql" else "mysql", *place]).replace("/", "_")
    text = statement_text(inv)
    return [Touch(database, How.CHANGE)] if text is None else sql.touches(text, database)


def sql_reads_only(inv: Invocation) -> bool:
    """The client is given statements, and all of them only read."""
    text = statement_text(inv)
    if text is None:
        return any(o in ("-l", "--list", "--version", "-V", "--help") for o in split(inv)[0])
    return sql.reads_only(text)


def redis_words(inv: Invocation) -> tuple[str, list[str]]:
    """(which server and database, the command's words)."""
    options, operands = split(inv)
    place = [v for o, v in pairwise(options) if o in ("-h", "-p", "-s", "-n", "-u")]
    return "redis:" + "_".join(place).replace("/", "_"), operands


def redis_reads_only(inv: Invocation) -> bool:
    """A command of redis that only reads, or one of the client's own looks."""
    command = [w.lower() for w in redis_words(inv)[1]]
    if set(split(inv)[0]) & {"--stat", "--bigkeys", "--latency", "--version", "--scan", "--memkeys"}:
        return True
    return bool(command) and (command[0] in _REDIS_READ or "-".join(command[:2]) in _REDIS_READ)


def redis_touches(inv: Invocation) -> list[Touch]:  # noqa: PLR0911 - one return for each command
    server, given = redis_words(inv)
    name = "-".join(w.lower() for w in given[:1])
    pairs = given[2:]
    if name == "config" and len(given) >= 4 and given[1].lower() == "set":
        return [
            Touch(f"{server}/config/{k.lower()}", How.SET, v) for k, v in zip(pairs[::2], pairs[1::2], strict=False)
        ]
    if name == "config":
        return [
            Touch(f"{server}/config", How.READ),
            Touch(f"{server}:config-{given[1].lower() if given[1:] else ''}", How.SET),
        ]
    if name in ("set", "setex", "psetex", "getset") and len(given) >= 3:
        return [Touch(f"{server}/key/{_flat(given[1])}", How.SET, " ".join(given[2:]))]
    if name in ("hset", "hmset") and len(given) >= 4:
        return [
            Touch(f"{server}/key/{_flat(given[1])}/{_flat(f)}", How.SET, v)
            for f, v in zip(pairs[::2], pairs[1::2], strict=False)
        ]
    if name in ("del", "unlink"):
        return [Touch(f"{server}/key/{_flat(k)}", How.REMOVE) for k in given[1:]]
    if name in ("rename", "renamenx") and len(given) == 3:
        one, two = (f"{server}/key/{_flat(k)}" for k in given[1:])
        return [
            Touch(one, How.READ),
            Touch(two, How.SET, "=" + one, creates=True, flag=True),
            Touch(one, How.REMOVE, flag=True),
        ]
    if name in ("expire", "pexpire", "persist"):
        return [Touch(f"{server}:ttl/{_flat(given[1])}", How.SET)]
    if name in ("replicaof", "slaveof"):
        return [Touch(f"{server}:replicaof", How.SET, " ".join(given[1:]))]
    return [Touch(f"{server}/key/{_flat(given[1])}", How.CHANGE)] if len(given) > 1 else []


def git_words(inv: Invocation, cwd: str | None) -> tuple[str, list[str]]:
    """(the folder git works in, its command and arguments)."""
    rest, folder = words(inv)[1:], cwd or "?"
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        value = rest.pop(0) if option in ("-C", "-c", "--git-dir", "--work-tree") and rest else ""
        folder = absolute(cwd, value) if option == "-C" else folder
    return folder, rest


def git_reads_only(inv: Invocation) -> bool:
    rest = git_words(inv, None)[1]
    if not rest:
        return True
    name, args = rest[0], rest[1:]
    if name in ("branch", "remote", "tag"):
        return (
            not [a for a in args if not a.startswith("-")] and not any(a in ("-d", "-D", "-m", "-f") for a in args)
        ) or args[:1] in (["show"], ["get-url"])
    if name == "stash":
        return args[:1] in (["list"], ["show"])
    if name == "config":
        return (
            any(a in ("--get", "-l", "--list", "--get-all") for a in args)
            or len([a for a in args if not a.startswith("-")]) == 1
        )
    return name in _GIT_READ


def git_touches(inv: Invocation, cwd: str | None) -> list[Touch]:  # noqa: PLR0911 - one return for each command
    """Commits move `git:FOLDER/head`; what is thrown away or restored in the work tree touches its files."""
    folder, rest = git_words(inv, cwd)
    name, args = (rest[0], rest[1:]) if rest else ("", [])
    head, tree, index = f"git:{folder}/head", file_cell(folder), f"index:{folder}"
    plain = [a for a in args if not a.startswith("-")]
    if "--abort" in args or "--quit" in args:
        return [Touch(f"gitpending:{folder}", How.SET)]
    if name in _HISTORY:
        return [Touch(index, How.READ), Touch(tree, How.READ), Touch(head, How.CHANGE)]
    if name == "add":
        return [Touch(tree, How.READ), Touch(index, How.CHANGE)]
    if name == "reset" and any(a in ("--hard", "--merge", "--keep") for a in args):
        moved = _moved(head, plain[0] if plain else "HEAD")
        back = any((t.value or "").startswith("<") for t in moved)
        return moved if back else [*moved, Touch(f"worktree:{folder}", How.SET)]
    if name in ("checkout", "restore") and ("--" in args or name == "restore"):
        return [Touch(file_cell(absolute(folder, p)), How.SET) for p in plain]
    if name in ("checkout", "switch") and plain:
        forced = [Touch(f"worktree:{folder}", How.SET)] if "-f" in args or "--force" in args else []
        return [Touch(head, How.SET, plain[0]), *forced]
    if name == "stash":
        back = plain[:1] in (["pop"], ["drop"])
        return [Touch(f"git:{folder}/stash", How.CHANGE, "<1" if back else None, flag=True)]
    if name == "config" and len(plain) >= 2:
        return [Touch(f"gitconfig:{folder}/{plain[0]}", How.SET, plain[1])]
    return []


def _moved(head: str, target: str) -> list[Touch]:
    if target == "HEAD":
        return []
    back = re.fullmatch(r"(?:HEAD|@)(?:~(\d*)|(\^+))", target)
    if back:
        return [Touch(head, How.CHANGE, f"<{back[1] or len(back[2] or '^')}")]  # so many versions back
    if target == "ORIG_HEAD" or re.fullmatch(r"(?:HEAD)?@\{(\d+)\}", target):
        return [Touch(head, How.CHANGE, "<0")]  # where it was before its last move
    return [Touch(head, How.SET, target)]


def signal_touches(inv: Invocation) -> list[Touch]:
    """kill, pkill, killall: a signal to reread settings, or the end of a process."""
    rest = words(inv)[1:]
    targets = [w for w in rest if not re.fullmatch(r"-{1,2}[\w-]+", w)]
    signals = " ".join(w for w in rest if w.startswith("-"))
    if rest[:1] in (["-s"], ["-n"]):
        signals, targets = rest[1] if rest[1:] else "", targets[1:]
    kind = "reload" if re.search(r"(?i)\b(?:SIG)?(HUP|USR1|USR2|WINCH|CONT|1|10|12)\b", signals) else "process"
    return [Touch(f"{kind}:{_flat(t)}", How.SET) for t in targets]


def is_probe_signal(inv: Invocation) -> bool:
    """`kill -0` and `kill -l` only ask."""
    return inv.program == "kill" and any(w in ("-0", "-l", "-L") for w in words(inv)[1:])


def switch_touches(inv: Invocation, cwd: str | None) -> list[Touch]:
    """A program's own switches and settings: add/del, enable/disable, set KEY VALUE, --limit=3."""
    known, text = knowledge(), words(inv)
    if not text or "/" in text[0]:
        text = [absolute(cwd, text[0]), *text[1:]] if text else []
    for i, word in enumerate(text[1:], 1):
        opposite = known.inverse.get(word.lower())
        if opposite and word.lower() not in known.verbs["start"] | known.verbs["stop"]:
            name = word if word.lower() in known.positive else opposite
            return [
                Touch(
                    "switch:" + _flat(" ".join([*text[:i], name.lower(), *text[i + 1 :]])),
                    How.SET,
                    word.lower(),
                    flag=True,
                )
            ]
    if len(text) > 2 and "=" in text[-1] and inv.program in known.programs["setters"]:
        return [Touch("setting:" + _flat(" ".join(map(_key, text))), How.SET, text[-1])]
    if len(text) > 2 and any(w.lower() in known.verbs["set"] or re.match(r"(?i)set[-_]", w) for w in text[1:-1]):
        return [
            Touch(
                "setting:"
                + _flat(" ".join(map(_key, text[:-1])))
                + ("" if "=" not in text[-1] else "/" + _flat(_key(text[-1]))),
                How.SET,
                text[-1],
            )
        ]
    return []


def _key(word: str) -> str:
    return word.partition("=")[0] + "=" if "=" in word else word


def _flat(text: str) -> str:
    return text.replace("/", "_")
