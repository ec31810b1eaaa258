"""`reifierd history FILE`: what the file's shell would recall, exactly."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from reifierd.loops.observer.formats import SHELLS, Entries
from reifierd.loops.observer.shells import read_history

_AT_ONCE = 10_000  # entries joined into one write


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--shell", type=click.Choice(["auto", *SHELLS]), default="auto", help="Whose file it is.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: command, timestamp, duration.")
def history(file: Path, shell: str, as_json: bool) -> None:
    """Read a shell history FILE exactly as its shell does."""
    name, entries = read_history(file, shell)
    if as_json:
        _write_json(entries)
    else:
        _show(name, entries)


def _write_json(entries: Entries) -> None:
    for at in range(0, len(entries), _AT_ONCE):
        lines = [json.dumps(entry._asdict()) for entry in entries[at : at + _AT_ONCE]]
        sys.stdout.write("\n".join(lines) + "\n")


def _show(shell: str, entries: Entries) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column, how in (("#", "right"), ("when", "left"), ("took", "right")):
        table.add_column(column, justify=how, no_wrap=True, style="dim")  # type: ignore[arg-type] # a literal in a tuple
    table.add_column("command", overflow="fold")
    for n, entry in enumerate(entries, 1):
        took = "" if entry.duration is None else f"{entry.duration} s"
        table.add_row(str(n), _when(entry.timestamp), took, Text(_printable(entry.command)))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"[dim]{len(entries)} entries, read as {shell} does[/dim]")


def _when(timestamp: int | None) -> str:
    if timestamp is None:
        return "-"
    try:
        return datetime.fromtimestamp(timestamp, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):  # a figure that is no time of this era
        return str(timestamp)


def _printable(command: str) -> str:
    """Control characters are shown, never sent to the terminal."""
    shown = (c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in command.replace("\t", "    "))
    return "".join(shown)
