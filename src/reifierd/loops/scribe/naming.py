"""A title and a slug from what was changed: the file, the setting or the service, and whose it is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from reifierd.loops.scribe.cells import How, Touch
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.sections import Analysis

_OUTSIDE = {"home": 3, "tmp": 3}  # whose folder it is, or for how long, is not what it is about
_SAYS_NOTHING = re.compile(r"[\d._-]*|tmp\..*|\..*|.*[$`*?].*")
_UNKNOWN = re.compile(r"[$`*?]|/-$")
_BACKUP = re.compile(r"(?:[.~_-](?:bak|orig|old|backup|save|broken|bad|[\d-]{6,})|~)$", re.I)


def title(analysis: Analysis) -> str:
    """What an engineer would call the fix, on one line."""
    changes = analysis.pruned.changes
    if not changes:
        return _looked_at(analysis)
    main = _main(changes)
    app = _app(main) or next(filter(None, map(_app, changes)), "")
    text = _of_change(main, app)
    events = [e for f in changes for e in f.services]
    if events and not main.services and len(text) < 60:
        name = _service(events[-1].service)
        text += f" and {events[-1].verb} " + ("it" if name.lower() in text.lower() else name)
    return text


def slug(text: str) -> str:
    """The words of a title as a file name may hold them, at most 60 characters."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    out = ""
    for word in words:
        if len(out) + len(word) > 59:
            break
        out += ("-" if out else "") + word
    return out or "session"


def _main(changes: Sequence[Fact]) -> Fact:
    """The change that tells most: of what stays changed; more than a restart, a backup copy or a new folder."""
    passing = {t.cell for f in changes for t in f.touches if t.how is How.REMOVE}
    stays = (f for f in changes if any(t.how is How.REMOVE or t.cell not in passing for t in _telling(f)))
    tells = (f for f in changes if _telling(f) or not (f.services or f.written()))
    return next(stays, None) or next(tells, None) or next((f for f in changes if f.services), changes[0])


def _telling(fact: Fact) -> list[Touch]:
    """What it writes, but for folders, copies, and names that are only known at run time."""
    return [t for t in _spoken(fact) if t.value != "folder" and not _BACKUP.search(t.cell)]


def _spoken(fact: Fact) -> list[Touch]:
    """What it writes that a title can name."""
    known = tuple(prefix for prefix, _ in _DESCRIBERS)
    return [
        t
        for t in fact.written()
        if t.cell.startswith("process:") or (t.cell.startswith(known) and not _UNKNOWN.search(t.cell))
    ]


def _looked_at(analysis: Analysis) -> str:
    where = next((a for f in analysis.facts if f.cwd and (a := app_of(f.cwd + "/x"))), "")
    return f"Look into {where}" if where else "Look around"


def _of_change(fact: Fact, app: str) -> str:
    writes = _telling(fact) or _spoken(fact)
    for prefix, describe in _DESCRIBERS:
        found = [t for t in writes if t.cell.startswith(prefix)]
        if found:
            return describe(_best(found), app)
    if fact.services:
        event = fact.services[-1]
        return f"{event.verb.capitalize()} {_service(event.service)}"
    if "crontab" in fact.programs:
        return "Fix the crontab (cron)"
    tool = next(
        (knowledge().tools.get(p) or p for p in fact.programs if p not in knowledge().programs["noise"]), "the service"
    )
    verb = next((w for w in fact.words[1:] if re.fullmatch(r"[a-z][a-z-]{2,}", w)), "")
    return " ".join(filter(None, (f"Run {tool}", verb, f"for {app}" if app and app.lower() != tool.lower() else "")))


def _best(touches: Sequence[Touch]) -> Touch:
    """Of several files the one whose kind says most: a certificate before its key."""
    return min(touches, key=lambda t: (_kind(t.cell) == "key", "/table/" not in t.cell and not _kind(t.cell)))


def _kind(cell: str) -> str:
    return knowledge().kinds.get(cell.rpartition(".")[2].lower(), "") if "." in posixpath.basename(cell) else ""


def _of_file(touch: Touch, app: str) -> str:
    path, _, inner = touch.cell.removeprefix("file:").partition("/table/")
    name, kind = _name(path), _kind(path)
    of = f" of {app}" if app and app.lower() not in name.lower() else ""
    if inner or kind == "database":
        return f"Repair {inner.partition('/')[0] + ' in ' if inner else ''}{name}{of} (SQLite)"
    if (touch.value or "").startswith("link "):
        return f"Repoint the {name} symlink{of}"
    if touch.how is How.REMOVE:
        stale = "stale " if kind in ("pid file", "lock", "socket") else ""
        return f"Remove {stale}{name}{of}" + (f" ({kind})" if kind == "pid file" else "")
    if kind == "certificate":
        return f"Renew the {app + ' ' if app else ''}certificate {name}"
    if kind in ("configuration", "environment", "unit"):
        return f"Fix {app + ' ' if app else ''}{kind} ({name})"
    return f"Fix {name}{of}"


def _of_mode(touch: Touch, app: str) -> str:
    name = _name(touch.cell.partition(":")[2])
    return f"Fix permissions of {name}" + (f" of {app}" if app and app.lower() not in name.lower() else "")


def _of_sql(touch: Touch, app: str) -> str:
    tool = "MySQL" if touch.cell.startswith("sql:mysql") else "PostgreSQL"
    _, _, rest = touch.cell.partition("/")
    parts = rest.split("/")
    if parts[0] == "backend":
        return f"Clear blocking {tool} sessions"
    if parts[0] == "system":
        return f"Set {tool} {parts[1]}"
    if parts[0] in ("table", "role", "database", "sequence", "global") and len(parts) > 1:
        return f"Repair {parts[1]} in {tool}" if parts[0] == "table" else f"Change {tool} {parts[0]} {parts[1]}"
    if parts[0] in ("index", "pragma") and len(parts) > 1:
        return f"Change {tool} {parts[0]} {parts[1]}"
    return f"Repair the {app + ' ' if app else ''}database ({tool})"


def _of_redis(touch: Touch, app: str) -> str:
    parts = touch.cell.split("/")
    return (
        f"Set redis {parts[2]}"
        if len(parts) > 2 and parts[1] == "config"
        else f"Fix redis key {parts[2]}"
        if len(parts) > 2
        else "Fix redis"
    )


def _of_git(touch: Touch, app: str) -> str:
    folder = posixpath.basename(re.sub(r"/(?:head|stash)(?:/.*)?$", "", touch.cell.partition(":")[2]))
    name = app or (folder if re.fullmatch(r"[A-Za-z][\w.-]*", folder) else "the repository")
    return f"Roll {name} back to a good commit (git)" if touch.value else f"Revert a bad commit of {name} (git)"


def _of_process(touch: Touch, app: str) -> str:
    target = touch.cell.partition(":")[2]
    plain = target if re.fullmatch(r"[\w.-]*[a-z][\w.-]*", target) else ""
    return f"Stop {plain or 'a stuck process'}" + (f" of {app}" if app and app != plain else "")


def _of_reload(touch: Touch, app: str) -> str:
    return f"Make {app or 'the service'} reread its settings"


def _of_switch(touch: Touch, app: str) -> str:
    words = [posixpath.basename(w.replace("_", "/")) for w in touch.cell.partition(":")[2].split()]
    return f"{(touch.value or 'set').capitalize()} {' '.join(w for w in words if w != (touch.value or ''))[:40]}" + (
        f" of {app}" if app else ""
    )


_DESCRIBERS = (
    ("file:", _of_file),
    ("redis:", _of_redis),
    ("sql:", _of_sql),
    ("git:", _of_git),
    ("mode:", _of_mode),
    ("owner:", _of_mode),
    ("group:", _of_mode),
    ("process:", _of_process),
    ("switch:", _of_switch),
    ("setting:", _of_switch),
    ("reload:", _of_reload),
)


def _name(path: str) -> str:
    """A file's name, with its folder where that alone says which one it is."""
    folder, name = posixpath.split(path)
    parent = posixpath.basename(folder)
    return f"{parent}/{name}" if len(parent) == 1 and parent.isalnum() else name


def _app(fact: Fact) -> str:
    """Whose the changed thing is: the nearest folder that is more than a kind of folder."""
    for touch in fact.written():
        kind, _, path = touch.cell.partition(":")
        if kind in ("file", "mode", "owner", "group") and path.startswith("/") and (found := app_of(path)):
            return found
        if kind in ("git", "index"):
            return app_of(path)
    for event in fact.services:
        if (found := _service(event.service)) != "the service":
            return found
    return app_of(fact.cwd + "/x") if fact.cwd else ""


def app_of(path: str) -> str:
    """The name of the service or project that a path belongs to; "" where every folder is a general one."""
    generic = knowledge().generic
    folders = posixpath.dirname(path.partition("/table/")[0]).split("/")
    for name in reversed(folders[_OUTSIDE.get(folders[1], 1) if len(folders) > 1 else 0 :]):
        if name.lower() not in generic and not _SAYS_NOTHING.fullmatch(name):
            return name.removesuffix(".d")
    return ""


def _service(name: str) -> str:
    """`unit shop-worker` → shop-worker; `/srv/shop/bin/shopctl b` → shop b; `nginx -c …` → nginx."""
    if name.startswith("unit "):
        return name.rsplit(maxsplit=1)[-1]
    program, *rest = name.split()
    plain = [w for w in rest if re.fullmatch(r"[\w.@-]+", w) and not w.startswith("-")]
    base = (app_of(program) if "/" in program else "") or posixpath.basename(program)
    return " ".join([base, *plain[:1]]) if base and program.startswith("/") else base or "the service"
