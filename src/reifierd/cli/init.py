"""`reifierd init [DIR]`: make a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from reifierd.cli.common import chosen_root
from reifierd.errors import UsageError
from reifierd.workspace.layout import FOLDERS, GENERATION, MARKER, PAUSE, default_root

OURS = {"README.md", PAUSE, GENERATION, *(Path(folder).parts[0] for folder in FOLDERS)}  # without its marker
PLAIN = {".git", ".gitignore", ".gitkeep", "lost+found"}  # what a new repository or disk holds


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Also in a folder that holds other files.")
@click.pass_context
def init(ctx: click.Context, directory: Path | None, force: bool) -> None:
    """Make a workspace in DIRECTORY (default: --workspace, REIFIERD_WORKSPACE, ~/reifierd). Safe to repeat."""
    from reifierd.daemon.standing import hook_line
    from reifierd.ledger import open_ledger
    from reifierd.redaction import Redactor
    from reifierd.workspace.init import make_workspace
    from reifierd.workspace.review import introduce
    from reifierd.workspace.root import Root

    root = (directory.expanduser() if directory else chosen_root(ctx)).absolute()
    was_one = (root / MARKER).exists()
    if not (was_one or force):
        _free(root)
    layout = make_workspace(root)
    with Root(layout) as pinned, open_ledger(layout.ledger, Redactor()) as ledger:
        introduce(pinned, ledger)
    if was_one:
        click.echo(f"workspace {layout.root} stands already")
        return
    click.echo(f"workspace {layout.root} is ready (id {layout.id})")
    place = "" if layout.root == default_root() else f"--workspace {shlex.quote(str(layout.root))} "
    click.echo(f"next: add  {hook_line()}  to ~/.bashrc (zsh, fish alike), then: reifierd {place}run")


def _free(root: Path) -> None:
    """UsageError where files stand that are no workspace's: a clone, a home."""
    others = sorted(p.name for p in root.iterdir() if p.name not in OURS | PLAIN) if root.is_dir() else []
    if others:
        some = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        hint = f"reifierd init OTHER_DIR   (or, to make it one all the same: reifierd init --force {root})"
        raise UsageError(f"holds other files ({some}) and is no workspace", where=str(root), hint=hint)
