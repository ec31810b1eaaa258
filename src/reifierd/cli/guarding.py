"""What `check` and `explain` have in common: the context of this machine, the input, and what of it may be shown."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def without_secrets(answer: Any, source: str) -> Any:
    """An answer about `source` (dicts, lists, texts) as it may be shown: no secret of the source stands in it."""
    from reifierd.redaction import Redactor

    redactor = Redactor()
    redactor.spans(source)  # learns what is hidden in its place, so that it is found in every part of the answer

    def hidden(part: Any) -> Any:
        if isinstance(part, str):
            return redactor.text(part)
        if isinstance(part, dict):
            return {key: hidden(value) for key, value in part.items()}
        return [hidden(value) for value in part] if isinstance(part, list | tuple) else part

    return hidden(answer)


def read_input(file: str) -> bytes:
    """A file's bytes, or standard input for `-`. Raises UsageError."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=file, hint="check the path") from error
