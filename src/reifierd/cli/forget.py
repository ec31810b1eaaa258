"""`reifierd forget SESSION`: out of every store, for good."""

from __future__ import annotations

from pathlib import Path

import click

from reifierd.cli.common import Opened, open_workspace
from reifierd.errors import UsageError
from reifierd.workspace.layout import DRAFTS, FOLDERS


@click.command()
@click.argument("session")
@click.option("--drafts", is_flag=True, help="Remove the draft written from it too, where it still stands in drafts/.")
@click.pass_context
def forget(ctx: click.Context, session: str, drafts: bool) -> None:
    """Remove SESSION, its commands and its recorded edits from every store."""
    opened = open_workspace(ctx)
    known = opened.ledger.history.session(session)
    if known is None:
        raise UsageError(f"there is no session {session}", hint="reifierd sessions --all")
    opened.ledger.history.forget(known.id)
    click.echo(f"session {known.id} is forgotten; your shell's own history file is yours and stays as it is")
    for place in _drafts(opened, known.draft):
        if drafts and place.parent == opened.layout.root / DRAFTS:
            place.unlink()
            click.echo(f"removed {place}")
        else:
            click.echo(f"written from it, and still there: {place}  → rm {place}")


def _drafts(opened: Opened, draft: str | None) -> list[Path]:
    """Where the file that was written from the session stands now, under the name it was given."""
    if draft is None:
        return []
    places = [opened.layout.root / draft, *(opened.layout.root / folder / Path(draft).name for folder in FOLDERS)]
    return [p for p in dict.fromkeys(places) if p.is_file() and not p.is_symlink()]
