"""What `check` and `explain` have in common: the context of this machine and the input, read at the edge."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reifierd.errors import UsageError
from reifierd.workspace.layout import config_dir, default_root, protected_places

if TYPE_CHECKING:
    from reifierd.shell import Context


def context_here(workspace: Path | None, *, cwd: str | None = None) -> Context:
    """The context of a step on this machine: its home, its name, and the places that nothing may write to."""
    from reifierd.shell import Context

    root = (workspace or default_root()).expanduser()
    return Context(
        cwd=cwd,
        home=str(Path.home()),
        env={},
        protected=protected_places(root, config_dir()),
        host=socket.gethostname(),
    )


def read_input(file: str) -> bytes:
    """A file's bytes, or standard input for `-`. Raises UsageError."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=file, hint="check the path") from error
