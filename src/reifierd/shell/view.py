"""`read`: a source of shell code as a ShellView."""

from __future__ import annotations

from reifierd.shell.context import Context
from reifierd.shell.lower import MAX_SIZE, Reader
from reifierd.shell.model import ShellView
from reifierd.shell.source import Unreadable


def read(source: str, context: Context | None = None) -> ShellView:
    """Every command of a source, with its effects. Never raises on any text: what cannot be read is said in `unread`."""
    reader = Reader(context or Context())
    if len(source) > MAX_SIZE:
        return ShellView(source, (), f"longer than {MAX_SIZE} characters")
    try:
        reader.read(source)
    except Unreadable as problem:
        reader.note(str(problem))
    return ShellView(source, tuple(reader.commands), reader.problem)
