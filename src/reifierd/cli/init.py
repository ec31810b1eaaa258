"""`reifierd init [DIR]`: make a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import default_root


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def init(ctx: click.Context, directory: Path | None) -> None:
    """Make a workspace in DIRECTORY (default: --workspace, REIFIERD_WORKSPACE, ~/reifierd). Safe to repeat."""
    root = (directory or ctx.obj["workspace"] or default_root()).expanduser()
    layout = make_workspace(root)
    click.echo(f"workspace {layout.root} is ready (id {layout.id})")
    click.echo('next: add  eval "$(reifierd hook bash)"  to ~/.bashrc (zsh, fish alike), then: reifierd run')
