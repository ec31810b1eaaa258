"""What most commands begin with: the workspace opened, the configuration read, one redactor for all that is shown.

Commands import what they work with when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reifierd.daemon.phrases import count, outcome, when
from reifierd.workspace.layout import default_root

if TYPE_CHECKING:
    from reifierd.config import Config
    from reifierd.ledger import Ledger
    from reifierd.redaction import Redactor
    from reifierd.workspace.layout import Layout

__all__ = ["Opened", "chosen_root", "count", "echo_json", "open_workspace", "outcome", "when"]


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


def echo_json(value: Any) -> None:
    """One JSON value on one line, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
