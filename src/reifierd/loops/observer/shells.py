"""The formats by name, and a whole history file read at once."""

from __future__ import annotations

from pathlib import Path

from reifierd.errors import UsageError
from reifierd.loops.observer.bash import Bash
from reifierd.loops.observer.fish import Fish
from reifierd.loops.observer.formats import SHELLS, Entries, Format, detect
from reifierd.loops.observer.zsh import Zsh

FORMATS: dict[str, Format] = {"bash": Bash(), "zsh": Zsh(), "fish": Fish()}


def read_history(path: Path, shell: str = "auto") -> tuple[str, Entries]:
    """All that `shell` (one of bash, zsh, fish; auto finds it out) would read back from the file, and the shell.

    UsageError when the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        hint = f"ls -l {path}" if path.exists() else f"known are {', '.join(SHELLS)}; name an existing history file"
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path), hint=hint) from error
    name = detect(data, str(path)) if shell == "auto" else shell
    return name, FORMATS[name].parse(data, final=True).entries
