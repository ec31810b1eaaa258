"""What stands in the upper layers when all is over, as records of plain values: the raw material of `compare`.

A record is {"path", "kind", …}: kind "deleted"; "folder" (mode, `opaque`: nothing of the machine's shows through);
"file" (mode, size, sha256, and its bytes in base 64 where they are few); "link" (target); "other" (a pipe, a socket).
`uid` and `gid` are as the sandbox saw them; `mode` is None where something stands in for another owner's and its mode
is as it was made. The layout of an upper layer is the kernel's (Documentation/filesystems/overlayfs.rst).

Runs in the sandbox's first process after the last of the others has ended; it imports nothing any more by then, since
what stands in the sandbox is no longer ours.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Iterator
from typing import Any

from reifierd.execution.sandbox.cover import Covered

SHOWN = 1 << 16  # bytes of a file that are told
_OPAQUE = "user.overlay.opaque"
_FRESH = frozenset({"proc", "sys", "dev", "run"})

Record = dict[str, Any]


def records(covered: Covered, stage: int) -> Iterator[Record]:
    """Everything that is not as it was. `stage` is a descriptor of the folder that was mounted at `STAGE`."""
    base = f"/proc/self/fd/{stage}"
    for record in _all(covered, base):
        if record.get("mode") == covered.modes.get(record["path"], -1):
            record["mode"] = None
        yield record


def _all(covered: Covered, base: str) -> Iterator[Record]:
    for path, number in covered.layers:
        yield from _layer(f"{base}/up/{number}", path)
    for path, names in covered.made.items():
        yield from _made(f"{base}/root{path}", path, names, covered)


def _layer(upper: str, path: str) -> Iterator[Record]:
    """One upper layer. Its own folder counts when its mode is no longer the one of the folder that it covers."""
    waiting = [(upper, path)]
    yield {"path": path, "kind": "folder", "opaque": False, **_facts(os.lstat(upper))}
    while waiting:
        here, shown = waiting.pop()
        for entry in _entries(here):
            place = os.path.join(shown, entry.name)  # noqa: PTH118 - names may be any bytes
            record = _record(entry.path, place, entry.stat(follow_symlinks=False))
            yield record
            if record["kind"] == "folder":
                waiting.append((entry.path, place))


def _made(here: str, path: str, names: tuple[str, ...], covered: Covered) -> Iterator[Record]:
    """A folder that was made anew: what has come, what went, and the files in it."""
    inner = {layer for layer, _ in covered.layers} | covered.made.keys() | {left for left, _ in covered.left_out}
    there = set()
    for entry in _entries(here):
        there.add(entry.name)
        place = os.path.join(path, entry.name)  # noqa: PTH118 - as above
        if place in inner or (path == "/" and entry.name in _FRESH):
            continue
        record = _record(entry.path, place, entry.stat(follow_symlinks=False))
        yield record
        if record["kind"] == "folder":
            yield from _layer(entry.path, place)
    for name in names:
        if name not in there:
            yield {"path": os.path.join(path, name), "kind": "deleted"}  # noqa: PTH118 - as above


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _facts(info: os.stat_result) -> Record:
    return {"mode": stat.S_IMODE(info.st_mode), "uid": info.st_uid, "gid": info.st_gid}


def _record(path: str, shown: str, info: os.stat_result) -> Record:
    record: Record = {"path": shown, **_facts(info)}
    if stat.S_ISCHR(info.st_mode) and info.st_rdev == 0:
        return {"path": shown, "kind": "deleted"}
    if stat.S_ISDIR(info.st_mode):
        return record | {"kind": "folder", "opaque": _opaque(path)}
    if stat.S_ISLNK(info.st_mode):
        return record | {"kind": "link", "target": os.readlink(path)}  # noqa: PTH115 - as above
    if stat.S_ISREG(info.st_mode):
        return record | {"kind": "file", "size": info.st_size, **_content(path)}
    return record | {"kind": "other"}


def _content(path: str) -> Record:
    """The hash of a file, and its bytes where they are few. One with a hole of terabytes is read for 256 MiB."""
    digest, head, most = hashlib.sha256(), b"", SHOWN * 4096
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return {"sha256": "", "data": None}
    try:
        while most > 0 and (piece := os.read(handle, 1 << 20)):
            digest.update(piece)
            head = head or piece[: SHOWN + 1]
            most -= len(piece)
    finally:
        os.close(handle)
    data = base64.b64encode(head).decode() if len(head) <= SHOWN else None
    return {"sha256": digest.hexdigest(), "data": data}


def _opaque(path: str) -> bool:
    try:
        return os.getxattr(path, _OPAQUE, follow_symlinks=False) in (b"y", b"x")
    except OSError:
        return False
