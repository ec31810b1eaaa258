"""Who may say yes on the command line, and the yes to all that is held."""

from __future__ import annotations

import os
import time

import click

from reifierd.cli.common import count, echo_json, open_workspace
from reifierd.errors import Refused
from reifierd.workspace.layout import CONSENT


def by_a_person() -> None:
    """Refused within a step of a run: the tool does not consent for itself."""
    from reifierd.execution.unit import MARK

    if step := os.environ.get(MARK):
        raise Refused("a step of a run cannot approve anything", where=step, hint="approve it in your own shell")


def release_held(ctx: click.Context, as_json: bool) -> None:
    """A word for every file that is held, for the bytes that were reported as such."""
    from reifierd.ledger.records import FileState, key_of
    from reifierd.runs.words import APPROVE, speak

    opened, now = open_workspace(ctx), time.time()
    names = [f"{folder}/{p.name}" for folder in CONSENT for p in opened.layout.folder(folder).glob("*.md")]
    keys = {key_of(name): name for name in names}
    held = [a for a in opened.ledger.journal.approvals() if a.state is FileState.HELD and a.key in keys]
    with opened.ledger.transaction():
        for approval in held:
            speak(opened.layout, opened.ledger.journal, APPROVE, keys[approval.key], now, sha256=approval.sha256)
    if as_json:
        return echo_json({"approved": [opened.redactor.text(keys[a.key]) for a in held]})
    click.echo(f"approved {count(len(held), 'held file')}; they run one after the other  → reifierd runs")
    return None
