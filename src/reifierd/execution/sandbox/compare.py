"""What a sandbox changed, against the machine as it stands: one `Change` a path, with a diff where it is short text."""

from __future__ import annotations

import base64
import difflib
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reifierd.execution.sandbox.walk import SHOWN, Record

_DIFF_LINES = 400
_MOST = 1 << 28  # bytes; no larger file is read to compare it


@dataclass(frozen=True)
class Change:
    """`kind` is "new", "changed", "deleted", "mode" or "owner"; `what` the sort of file; `note` says the rest in words.

    `diff` is a unified diff of text, "" where there is none to show.
    """

    path: str
    kind: str
    what: str
    note: str = ""
    diff: str = ""


def changes(records: Iterable[Record], clean: Callable[[str], str]) -> list[Change]:
    """Sorted by path. `clean` takes the secrets out of a text: every path, note and diff goes through it."""
    found: list[Change] = []
    seen = {}
    for record in records:
        seen[str(record["path"])] = record
        found += _one(record)
    found += [c for r in seen.values() if r.get("opaque") for c in _replaced(str(r["path"]), seen)]
    return sorted((_clean(c, clean) for c in found), key=lambda change: change.path)


def _clean(change: Change, clean: Callable[[str], str]) -> Change:
    shown = change.path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return Change(clean(shown), change.kind, change.what, clean(change.note), clean(change.diff))


def _one(record: Record) -> Iterator[Change]:
    path, kind = str(record["path"]), str(record["kind"])
    before = _lstat(path)
    if kind == "deleted":
        if before is not None:
            yield _deleted(path, before)
        return
    what = "folder" if kind == "folder" else kind
    if before is None or _sort(before) != what:
        note = "" if before is None else f"in the place of a {_sort(before)}"
        yield _new(path, record, note)
        return
    if kind == "file" and (change := _changed(path, record)):
        yield change
    if kind == "link" and (old := os.readlink(path)) != record["target"]:  # noqa: PTH115 - names may be any bytes
        yield Change(path, "changed", "link", f"{old} → {record['target']}")
    yield from _dress(path, record, before)


def _dress(path: str, record: Record, before: os.stat_result) -> Iterator[Change]:
    what, mode = str(record["kind"]), stat.S_IMODE(before.st_mode)
    if what != "link" and record["mode"] not in (None, mode):
        yield Change(path, "mode", what, f"{mode:04o} → {int(record['mode']):04o}")
    old, new = (before.st_uid, before.st_gid), (record["uid"], record["gid"])
    if os.geteuid() == 0 and old != new:  # anyone else sees others' ids through his map, and cannot change them
        yield Change(path, "owner", what, f"{old[0]}:{old[1]} → {new[0]}:{new[1]}")


def _new(path: str, record: Record, note: str) -> Change:
    what = str(record["kind"])
    if what == "link":
        note = f"→ {record['target']}" + (f" ({note})" if note else "")
    if what != "file":
        return Change(path, "new", what, note)
    data = _told(record)
    size = f"{record['size']} bytes"
    text = None if data is None else _text(data)
    if text is None:
        return Change(path, "new", what, f"{size}{', ' + note if note else ''}")
    return Change(path, "new", what, note or size, _diff(path, "", text))


def _changed(path: str, record: Record) -> Change | None:
    try:
        size = Path(path).stat().st_size
        before = Path(path).read_bytes() if size <= _MOST else None
    except OSError as error:
        return Change(path, "changed", "file", f"not compared: {error.strerror}")
    if before is not None and len(before) == record["size"] and hashlib.sha256(before).hexdigest() == record["sha256"]:
        return None
    after = _told(record)
    old, new = (None if data is None or len(data) > SHOWN else _text(data) for data in (before, after))
    if old is None or new is None:
        return Change(path, "changed", "file", f"{size} → {record['size']} bytes")
    return Change(path, "changed", "file", "", _diff(path, old, new))


def _deleted(path: str, before: os.stat_result) -> Change:
    what = _sort(before)
    if what == "folder":
        return Change(path, "deleted", what, f"{_count(path)} in it")
    text = None
    if what == "file" and before.st_size <= SHOWN:
        try:
            text = _text(Path(path).read_bytes())
        except OSError:
            text = None
    if text is None:
        return Change(path, "deleted", what, f"{before.st_size} bytes" if what == "file" else "")
    return Change(path, "deleted", what, f"{before.st_size} bytes", _diff(path, text, ""))


def _replaced(path: str, seen: dict[str, Record]) -> Iterator[Change]:
    """What a folder held that was removed and made again."""
    try:
        names = os.listdir(path)  # noqa: PTH208 - names may be any bytes
    except OSError:
        return
    for name in names:
        inner = os.path.join(path, name)  # noqa: PTH118 - as above
        if inner not in seen and (before := _lstat(inner)):
            yield _deleted(inner, before)


def _count(path: str) -> str:
    count = 0
    for _, folders, files in os.walk(path):
        count += len(folders) + len(files)
        if count > 10_000:
            return "more than 10000 entries"
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _sort(info: os.stat_result) -> str:
    for test, word in ((stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link"), (stat.S_ISREG, "file")):
        if test(info.st_mode):
            return word
    return "other"


def _told(record: Record) -> bytes | None:
    data = record.get("data")
    return None if data is None else base64.b64decode(str(data))


def _text(data: bytes) -> str | None:
    """None for what is no text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _diff(path: str, old: str, new: str) -> str:
    before, after = ("/dev/null" if not text else path for text in (old, new))
    lines = difflib.unified_diff(_split(old), _split(new), before, after, lineterm="")
    found = list(lines)
    more = len(found) - _DIFF_LINES
    return "\n".join([*found[:_DIFF_LINES], *([f"[… {more} lines more …]"] if more > 0 else [])])


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else [*lines[:-1], lines[-1] + "\n\\ No newline at end of file"]
