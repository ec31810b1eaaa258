"""Who may say yes on the command line, and the yes to all that is held."""

from __future__ import annotations

import os
import time

import click

from reifierd.cli.common import Opened, count, echo_json, open_workspace, unpause
from reifierd.errors import Refused
from reifierd.workspace.layout import CONSENT


def by_a_person(opened: Opened) -> None:
    """Refused within a step of a run, by its mark or by its ancestry: the tool does not consent for itself."""
    from reifierd.daemon.lock import holder
    from reifierd.execution.process import ancestors
    from reifierd.execution.unit import MARK, within_a_step

    step = os.environ.get(MARK) or within_a_step()
    if step or holder(opened.layout.state) in ancestors(os.getpid()):
        hint = "approve it in your own shell"
        raise Refused("a step of a run cannot approve anything", where=step or "a process of the daemon's", hint=hint)


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
    if remedy := unpause(opened):
        click.echo(f"PAUSE stands, and they begin when that is gone  → {remedy}")
    return None
