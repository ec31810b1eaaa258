"""What stands in the folders now: one pass of scandir and stat from the pinned root, nothing followed, nothing read.

Only `*.md` are items. What editors leave about while they work, dotfiles and the folder's own README.md are
nothing; any other name is a stranger, to be told once. A folder that is missing or a mount point makes the whole
workspace vanish: it must never look emptied.

A look at a library of thousands in which nothing changed costs one stat a file and makes nothing: an entry of the
look before whose facts still hold is handed back itself, and so is all that stood, when all of it still does.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from reifierd.ledger.digests import FileFacts
from reifierd.workspace.layout import APPROVED
from reifierd.workspace.root import Root, Vanished

# vim: .x.swp, 4913 (its probe for a writable folder), x~; emacs: .#x, #x#, x~; GNOME and KDE: .goutputstream-*, x.part;
# sync programs and git: x.tmp, x.orig, x.rej, x.lock. All that starts with a dot is skipped before this is asked.
_DROPPING = re.compile(r"4913|#.*#|.*(~|\.(swp|swo|swx|bak|tmp|temp|part|crdownload|orig|rej|lock))", re.DOTALL)
ITEM = ".md"
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


class Entry(NamedTuple):
    """One item as it stands: stat facts only. Times are nanoseconds; `kind` is file, folder, link or other."""

    folder: str
    name: str
    facts: FileFacts
    mode: int
    uid: int
    nlink: int
    kind: str

    @property
    def path(self) -> str:
        """Relative to the workspace; what the ledger calls a file's name."""
        return f"{self.folder}/{self.name}"

    @property
    def changed(self) -> float:
        """When the inode last changed, a rename included on most file systems (seconds); no program can set it."""
        return self.facts.ctime_ns / 1e9


class Scan(NamedTuple):
    """`standing` by path, in the order of the paths; `strangers` are the paths that are no runbooks.

    Where nothing changed, `standing` is what the look was given as `before`, the same object.
    """

    standing: Mapping[str, Entry]
    strangers: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self.standing.values())


def scan(root: Root, folders: Iterable[str] = (APPROVED,), before: Mapping[str, Entry] = MappingProxyType({})) -> Scan:
    """Look at the folders; `before` is what stood in them at the last look. Vanished: the workspace, or a folder of it,
    is not there (before or after the look)."""
    root.check()
    standing: dict[str, Entry] = {}
    strangers: list[str] = []
    for folder in folders:
        _scan_folder(root, folder, before, standing, strangers)
    root.check()
    if len(standing) != len(before) or any(before.get(path) is not entry for path, entry in standing.items()):
        before = {path: standing[path] for path in sorted(standing)}
    return Scan(before, tuple(sorted(strangers)))


def is_item(name: str) -> bool | None:
    """True for a runbook's name, None for what is to be passed over in silence, False for a stranger."""
    if name.startswith(".") or name == "README.md" or _DROPPING.fullmatch(name):
        return None
    return name.endswith(ITEM)


def _scan_folder(
    root: Root, folder: str, before: Mapping[str, Entry], standing: dict[str, Entry], strangers: list[str]
) -> None:
    fd = _open_folder(root, folder)
    try:
        with os.scandir(fd) as listing:
            for found in listing:
                path = f"{folder}/{found.name}"
                known = before.get(path)
                if known is None and not (kind := is_item(found.name)):
                    strangers.extend([path] if kind is False else [])
                    continue
                try:
                    info = found.stat(follow_symlinks=False)
                except FileNotFoundError:  # it went while we looked
                    continue
                standing[path] = known if known and _still(known, info) else _entry(folder, found.name, info)
    finally:
        os.close(fd)


def _entry(folder: str, name: str, info: os.stat_result) -> Entry:
    facts = FileFacts(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    kind = _KINDS.get(stat.S_IFMT(info.st_mode), "other")
    return Entry(folder, name, facts, info.st_mode, info.st_uid, info.st_nlink, kind)


def _still(known: Entry, info: os.stat_result) -> bool:
    """Every fact that an entry has; the times first, as they tell most."""
    dev, ino, size, mtime_ns, ctime_ns = known.facts
    return (
        ctime_ns == info.st_ctime_ns
        and mtime_ns == info.st_mtime_ns
        and info[:5] == (known.mode, ino, dev, known.nlink, known.uid)
        and size == info.st_size
    )


def _open_folder(root: Root, folder: str) -> int:
    try:
        return root.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        why = {
            errno.ELOOP: "is a symbolic link, or below one",
            errno.EXDEV: "is a mount point, or below one",
            errno.ENOENT: "is missing",
        }.get(error.errno or 0, str(error.strerror))
        raise Vanished(
            f"the folder {folder} {why}", where=str(root.path(folder)), hint=f"reifierd init {root.layout.root}"
        ) from error
