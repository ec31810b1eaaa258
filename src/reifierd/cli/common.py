"""What most commands begin with: the workspace opened, the configuration read, one redactor for all that is shown.

Commands import what they work with when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reifierd.daemon.phrases import count, outcome, when
from reifierd.errors import Refused
from reifierd.workspace.layout import PAUSE, default_root

if TYPE_CHECKING:
    from reifierd.config import Config
    from reifierd.ledger import Ledger
    from reifierd.redaction import Redactor
    from reifierd.workspace.layout import Layout

__all__ = [
    "Opened", "chosen_root", "count", "echo_json", "not_paused", "open_workspace", "outcome", "unpause", "when",
]  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """One workspace, ready for a command."""

    layout: Layout
    config: Config
    ledger: Ledger
    redactor: Redactor


def chosen_root(ctx: click.Context) -> Path:
    """The place that the options, the environment or the default name."""
    root: Path = ctx.obj["workspace"] or default_root()
    return root.expanduser()


def open_workspace(ctx: click.Context) -> Opened:
    """The workspace at the chosen place; UsageError where there is none."""
    from reifierd.config import load_config
    from reifierd.ledger import open_ledger
    from reifierd.redaction import Redactor
    from reifierd.workspace.init import find_workspace

    layout = find_workspace(chosen_root(ctx))
    redactor = Redactor()
    return Opened(layout, load_config(ctx.obj["config"]), open_ledger(layout.ledger, redactor), redactor)


def unpause(opened: Opened) -> str:
    """What ends the pause, to be typed; "" where PAUSE does not stand."""
    from reifierd.workspace.root import paused

    return f"rm {shlex.quote(str(opened.layout.root / PAUSE))}" if paused(opened.layout.root) else ""


def not_paused(opened: Opened) -> None:
    """Refused while PAUSE stands, for what would begin at once."""
    if remedy := unpause(opened):
        raise Refused("PAUSE stands, and nothing starts", where=str(opened.layout.root), hint=remedy)


def echo_json(value: Any) -> None:
    """One JSON value on one line, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
