"""`reifierd run`: the daemon of one workspace, or with --once all that is due now."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from reifierd.cli.common import Opened, open_workspace

if TYPE_CHECKING:
    from reifierd.daemon.events import OnEvent
    from reifierd.daemon.wiring import Parts


@click.command()
@click.option("--once", is_flag=True, help="Do all that is due and exit; 1 when a run failed, 3 when one was refused.")
@click.pass_context
def run(ctx: click.Context, once: bool) -> None:
    """Watch the shells, write drafts, run what you approve. Ctrl-C stops it; a running step gets its grace."""
    from reifierd.daemon.lock import WorkspaceLock

    opened = open_workspace(ctx)
    lock = WorkspaceLock(opened.layout.state)
    lock.take()
    try:
        if once:
            ctx.exit(_once(opened))
        _serve(opened)
    finally:
        lock.release()


def _serve(opened: Opened) -> None:
    from reifierd.daemon.service import Service
    from reifierd.daemon.standing import greeting

    parts, say = _parts(opened)
    service = Service(parts.loops, parts.watched, say)

    def ready() -> None:
        say("ready", greeting(opened.layout, opened.ledger, parts.observer.histories()))

    try:
        asyncio.run(service.run(ready))
    finally:
        parts.runner.close()
        say("stopped", {})


def _once(opened: Opened) -> int:
    """The exit code: 0 all well, 1 a run failed, 3 one was refused."""
    parts, _ = _parts(opened)
    began = time.time()
    try:
        while parts.tick_all(time.time()):
            pass
    finally:
        parts.runner.close()
    states = {r.state.value for r in opened.ledger.journal.runs(100) if r.started >= began}
    return 1 if states & {"failed", "unknown", "stopped"} else 3 if "refused" in states else 0


def _parts(opened: Opened) -> tuple[Parts, OnEvent]:
    """The loops, begun, and their voice."""
    from reifierd.daemon.events import event_log
    from reifierd.daemon.wiring import build

    say = event_log(opened.redactor)
    parts = build(opened.layout, opened.config, opened.ledger, opened.redactor, say)
    parts.runner.start()
    return parts, say
