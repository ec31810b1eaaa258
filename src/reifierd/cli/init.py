"""`reifierd init [DIR]`: make a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from reifierd.ledger import open_ledger
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import default_root
from reifierd.workspace.review import introduce
from reifierd.workspace.root import Root


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def init(ctx: click.Context, directory: Path | None) -> None:
    """Make a workspace in DIRECTORY (default: --workspace, REIFIERD_WORKSPACE, ~/reifierd). Safe to repeat."""
    root = (directory or ctx.obj["workspace"] or default_root()).expanduser()
    layout = make_workspace(root)
    with Root(layout) as pinned, open_ledger(layout.ledger, Redactor()) as ledger:
        introduce(pinned, ledger)
    click.echo(f"workspace {layout.root} is ready (id {layout.id})")
    click.echo('next: add  eval "$(reifierd hook bash)"  to ~/.bashrc (zsh, fish alike), then: reifierd run')
