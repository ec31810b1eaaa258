"""Making a workspace, and finding one: the folders with their explanations, and the marker.

The explanations are package data (`workspace/tree/`, one README.md for each folder); a person may edit or remove
theirs, `init` puts back only what is missing. Making a workspace again changes nothing.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from reifierd.errors import UsageError
from reifierd.workspace.files import replace_atomic, write_new
from reifierd.workspace.layout import CONSENT, FOLDERS, MARKER, Layout
from reifierd.workspace.owner import writable_by_others
from reifierd.workspace.root import Root, read_marker

if TYPE_CHECKING:
    from reifierd.ledger import Ledger

FORMAT = 1


def make_workspace(root: Path) -> Layout:
    """Make (or complete) the workspace at `root`.

    UsageError: the place cannot be used, or others may write to it.
    """
    root = root.expanduser().absolute()
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        _ours_alone(root)
        for name in FOLDERS:
            _make_folder(root, name)
        _explain(resources.files("reifierd.workspace") / "tree", root)
        if not os.path.lexists(root / MARKER):
            content = {"id": secrets.token_hex(8), "format": FORMAT}
            replace_atomic(root / MARKER, (json.dumps(content) + "\n").encode())
    except OSError as error:
        raise UsageError(f"cannot be made a workspace: {error}", where=str(root), hint=f"ls -ld {root}") from error
    return find_workspace(root)


def complete_workspace(root: Root, ledger: Ledger) -> tuple[str, ...]:
    """Make what a workspace of an earlier version lacks, and let the ledger meet it; returns those folders.

    Only a whole group of folders (`tasks/`) that the ledger never met is one that did not exist yet. A folder that it
    knows has vanished: that is for a person, or for `reifierd init`.
    """
    root.check()
    new = [f for f in CONSENT if not ledger.journal.met(f) and not os.path.lexists(root.path(f).parent)]
    made = tuple(name for name in FOLDERS if Path(name).parts[0] in {Path(f).parts[0] for f in new})
    for name in made:
        _make_folder(root.layout.root, name)
        _explain(resources.files("reifierd.workspace") / "tree" / name, root.path(name))
    for folder in new:
        ledger.journal.meet(root.identity, folder)
    return made


def find_workspace(root: Path) -> Layout:
    """The workspace at `root`. UsageError: there is none, or a newer reifierd made it."""
    root = root.expanduser().absolute()
    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            marker = read_marker(fd)
        finally:
            os.close(fd)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            "is not a workspace (no marker file)", where=str(root), hint=f"reifierd init {root}"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the marker cannot be read: {error}", where=str(root / MARKER), hint=f"cat {root / MARKER}"
        ) from error
    version, name = marker.get("format"), marker.get("id")
    if not isinstance(version, int) or not isinstance(name, str) or not name.isalnum():
        raise UsageError("is no marker", where=str(root / MARKER), hint=f"restore it from a backup: {MARKER}")
    if version > FORMAT:
        raise UsageError(
            f"has format {version}, this reifierd knows {FORMAT}", where=str(root), hint="run the newer reifierd"
        )
    return Layout(root, name)


def _ours_alone(folder: Path) -> None:
    """Whoever can write here can consent for us."""
    info = folder.stat()
    if info.st_uid != os.getuid():
        raise UsageError("belongs to another user", where=str(folder), hint="choose a folder of your own")
    if why := writable_by_others(info, folder):
        raise UsageError(f"is writable by {why}", where=str(folder), hint=f"chmod go-w {folder}")


def _make_folder(root: Path, name: str) -> None:
    """Every folder on the way, private; a link in its place is an error, not a way out."""
    here = root
    for part in Path(name).parts:
        here = here / part
        if not os.path.lexists(here):
            here.mkdir(mode=0o700)
        if not stat.S_ISDIR(here.lstat().st_mode):
            raise UsageError("is in the way of a folder", where=str(here), hint=f"mv {here} {here}.away")
        _ours_alone(here)


def _explain(source: Traversable, folder: Path) -> None:
    for item in source.iterdir():
        place = folder / item.name
        if item.is_dir():
            place.mkdir(mode=0o700, exist_ok=True)
            _explain(item, place)
        elif not os.path.lexists(place):
            write_new(place, item.read_bytes())
