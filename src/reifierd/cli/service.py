"""`reifierd service install`: the systemd user unit, with this installation's paths."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import click

from reifierd.cli.common import open_workspace
from reifierd.errors import ReifierError

UNIT = "reifierd.service"


def unit_text(program: Path, workspace: Path) -> str:
    """The shipped unit with its ExecStart replaced; `%` is doubled because systemd would expand it."""
    shipped = files("reifierd").joinpath("data", UNIT).read_text()
    words = " ".join(_quoted(str(w)) for w in (program, "--workspace", workspace, "run"))
    return "".join(
        f"ExecStart={words}\n" if line.startswith("ExecStart=") else line for line in shipped.splitlines(keepends=True)
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(word) & set(" \t\"'\\;$") else escaped


@click.group()
def service() -> None:
    """The systemd user service."""


@service.command(short_help="Write the user unit, and say how to start it.")
@click.option("--print", "only_print", is_flag=True, help="Print the unit, write nothing.")
@click.pass_context
def install(ctx: click.Context, only_print: bool) -> None:
    """Write the user unit and reload the user manager; says what to type where no user manager answers."""
    text = unit_text(_program(), open_workspace(ctx).layout.root)
    if only_print:
        click.echo(text, nl=False)
        return
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / UNIT
    if place.exists() and place.read_text() != text:
        kept = place.with_suffix(".service.old")
        place.replace(kept)
        click.echo(f"the unit that stood there is now {kept}")
    place.write_text(text)
    click.echo(f"wrote {place}")
    if shutil.which("systemctl") and _reload():
        click.echo("next: systemctl --user enable --now reifierd")
    else:
        click.echo("no user manager answers here; where one does: systemctl --user daemon-reload")
        click.echo("then: systemctl --user enable --now reifierd   (and once: loginctl enable-linger)")


def _program() -> Path:
    found = Path(sys.argv[0]).resolve() if Path(sys.argv[0]).name == "reifierd" else shutil.which("reifierd")
    if not found:
        raise ReifierError("the program `reifierd` is not on the PATH", hint="start it by its full path")
    return Path(found)


def _reload() -> bool:
    argv = ["systemctl", "--user", "daemon-reload"]
    return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0  # noqa: S603 - fixed words
