"""What most commands begin with: the workspace opened, the configuration read, one redactor for all that is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from reifierd.config import Config, load_config
from reifierd.ledger import Ledger, open_ledger
from reifierd.redaction import Redactor
from reifierd.workspace.init import find_workspace
from reifierd.workspace.layout import Layout, default_root


@dataclass(frozen=True)
class Opened:
    """One workspace, ready for a command."""

    layout: Layout
    config: Config
    ledger: Ledger
    redactor: Redactor


def open_workspace(ctx: click.Context) -> Opened:
    """The workspace that the options, the environment or the default name; UsageError where there is none."""
    layout = find_workspace((ctx.obj["workspace"] or default_root()).expanduser())
    redactor = Redactor()
    return Opened(layout, load_config(ctx.obj["config"]), open_ledger(layout.ledger, redactor), redactor)


def echo_json(value: Any) -> None:
    """One JSON value on one line, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def when(seconds: float | None) -> str:
    """A time for people: local, to the minute; "-" where it is not known."""
    if seconds is None:
        return "-"
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
