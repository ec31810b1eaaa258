"""Folders in memory that nobody else can look into: what must exist raw for a moment stands there, and nowhere else."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from reifierd.errors import ReifierError
from reifierd.workspace.layout import runtime_dirs


def private_folder(*names: str) -> Path:
    """`<runtime>/NAMES…`, made if missing, mode 0700. ReifierError: it is another user's, or open to others."""
    here = runtime_dirs()[0]
    for name in ("", *names):
        here = here / name
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = here.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or stat.S_IMODE(info.st_mode) & 0o077:
            raise ReifierError("is not private", where=str(here), hint=f"ls -ld {here}; then chmod 700 or remove it")
    return here


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; bytes that are no UTF-8 pass through (surrogateescape)."""
    temporary = path.with_name(f".{path.name}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    temporary.replace(path)


def remove_private(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
