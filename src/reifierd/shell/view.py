"""`read`: a source of shell code as a ShellView."""

from __future__ import annotations

from reifierd.shell.context import Context
from reifierd.shell.effects import effects_of
from reifierd.shell.lower import MAX_SIZE, Reader
from reifierd.shell.model import ShellView
from reifierd.shell.programs import Programs, packaged
from reifierd.shell.scanner import Unreadable


def read(source: str, context: Context | None = None, programs: Programs | None = None) -> ShellView:
    """Every command of a source, with its effects. Never raises on any text: what cannot be read is in `unread`."""
    reader = Reader(context or Context())
    if len(source) > MAX_SIZE:
        return ShellView(source, (), f"longer than {MAX_SIZE} characters")
    try:
        reader.read(_joined(source))
    except Unreadable as problem:
        reader.note(str(problem))
    except RecursionError:
        reader.note("nested too deeply to be read")
    tables = programs or packaged()
    for command in reader.commands:  # the reader made them and nobody else holds them yet: filled in, not copied
        object.__setattr__(command, "effects", effects_of(command, tables))
    return ShellView(source, tuple(reader.commands), reader.problem)


def _joined(source: str) -> str:
    """Without a backslash at the very end, which continues nothing (blocks are often copied with one)."""
    bare = source.rstrip()
    return bare[:-1] if bare.endswith("\\") and not bare.endswith("\\\\") else source
