"""`reifierd sessions`: what was recorded, and the two corrections a person can make: merge and split.

ID is a session's id, the beginning of one, or `last`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from reifierd.cli.common import Opened, echo_json, open_workspace, when
from reifierd.daemon.lock import holder
from reifierd.errors import UsageError
from reifierd.ledger.records import Command, Session, SessionState
from reifierd.workspace.layout import FOLDERS

SHOWN = 20  # sessions listed unless --all is given
_TITLE = re.compile(r"^title:\s*(.+?)\s*$", re.M)


class SessionsGroup(click.Group):
    """`sessions ID` is `sessions show ID`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["show", *args])


@click.group(cls=SessionsGroup, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
@click.option("--all", "everything", is_flag=True, help="All of them, not only the latest.")
@click.pass_context
def sessions(ctx: click.Context, as_json: bool, everything: bool) -> None:
    """The recorded sessions; `sessions ID` shows one of them (ID may be the beginning of one, or `last`)."""
    if ctx.invoked_subcommand is not None:
        return
    opened = open_workspace(ctx)
    found = opened.ledger.history.sessions()
    rows = [_row(opened, s) for s in (found if everything else found[-SHOWN:])]
    if as_json:
        echo_json(rows)
    else:
        _list(rows, len(found))
        if holder(opened.layout.state) is None:
            click.echo("the daemon is not running: nothing new is taken up  → reifierd run")


@sessions.command()
@click.argument("session_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def show(ctx: click.Context, session_id: str, as_json: bool) -> None:
    """A session's commands, numbered as `sessions split` takes them."""
    opened = open_workspace(ctx)
    session = find_session(opened, session_id)
    commands = opened.ledger.history.commands(session.id)
    if as_json:
        echo_json({**_row(opened, session), "commands": [_facts(n, c) for n, c in enumerate(commands, 1)]})
        return
    click.echo(f"session {session.id}: {session.state.value}{f', {session.reason}' if session.reason else ''}")
    for n, command in enumerate(commands, 1):
        click.echo(_line(n, command))


@sessions.command()
@click.argument("ids", metavar="ID ID…", nargs=-1, required=True)
@click.pass_context
def merge(ctx: click.Context, ids: tuple[str, ...]) -> None:
    """Make one session of several; it is drafted anew."""
    opened = open_workspace(ctx)
    found = [find_session(opened, name).id for name in ids]
    if len(set(found)) < 2:
        raise UsageError("merging takes at least two sessions", hint="reifierd sessions")
    merged = opened.ledger.history.merge(found)
    click.echo(f"session {merged.id} holds {counted(len(opened.ledger.history.commands(merged.id)))}")


@sessions.command(short_help="Begin a new session with the command of this number.")
@click.argument("session_id", metavar="ID")
@click.argument("number", metavar="COMMAND_NUMBER", type=int)
@click.pass_context
def split(ctx: click.Context, session_id: str, number: int) -> None:
    """Begin a new session with the command of this number; both are drafted anew."""
    opened = open_workspace(ctx)
    session = find_session(opened, session_id)
    commands = opened.ledger.history.commands(session.id)
    if not 2 <= number <= len(commands):
        raise UsageError(
            f"session {session.id} can be split at command 2 to {len(commands)}, not {number}",
            hint=f"reifierd sessions show {session.id}",
        )
    before, after = opened.ledger.history.split(session.id, commands[number - 1].id or 0)
    click.echo(f"session {before.id} keeps {counted(number - 1)}, {after.id} has {len(commands) - number + 1}")


def find_session(opened: Opened, name: str) -> Session:
    """The session of that id, or the only one whose id begins so; `last` is the latest. UsageError otherwise."""
    if exact := opened.ledger.history.session(name):
        return exact
    every = opened.ledger.history.sessions()
    found = every[-1:] if name == "last" else [s for s in every if s.id.startswith(name)]
    if len(found) != 1:
        what = "there is no session" if not found else f"{len(found)} sessions begin with"
        raise UsageError(f"{what} {name}", hint="reifierd sessions --all")
    return found[0]


def counted(commands: int) -> str:
    return f"{commands} command{'' if commands == 1 else 's'}"


def _row(opened: Opened, session: Session) -> dict[str, Any]:
    commands = opened.ledger.history.commands(session.id)
    noise = sum(c.noise for c in commands)
    return {
        "id": session.id,
        "state": session.state.value,
        "started": session.started,
        "ended": session.ended,
        "commands": len(commands),
        "kept": len(commands) - noise,
        "noise": noise,
        "draft": session.draft,
        "title": _title(opened.layout.root, session.draft),
        "reason": session.reason,
    }


def _title(root: Path, draft: str | None) -> str | None:
    """The title of a session's draft, wherever in the workspace the file has been moved."""
    if draft is None:
        return None
    for place in (root / draft, *(root / folder / Path(draft).name for folder in FOLDERS)):
        try:
            found = _TITLE.search(place.read_text(errors="replace"))
        except OSError:
            continue
        return found[1].strip("'\"") if found else None
    return None


def _facts(n: int, command: Command) -> dict[str, Any]:
    names = ("command", "shell", "source", "cwd", "started", "duration", "exit", "tty", "host", "user", "noise")
    return {"n": n, **{name: getattr(command, name) for name in names}}


def _list(rows: list[dict[str, Any]], total: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        click.echo("no session yet: work in a shell while the daemon runs, or see  reifierd doctor")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("session", "when", "state", "commands", "noise"):
        table.add_column(column, no_wrap=True)  # an id is there to be copied whole
    table.add_column("draft", overflow="fold")
    for row in rows:
        about = row["title"] or row["draft"] or row["reason"].partition(": ")[0]
        table.add_row(
            row["id"], when(row["started"]), _state(row["state"]), str(row["commands"]), str(row["noise"]), Text(about)
        )
    console = Console(highlight=False)
    console.print(table)
    if total > len(rows):
        console.print(f"[dim]{total - len(rows)} older ones: reifierd sessions --all[/dim]")


def _state(state: str) -> str:
    colour = {SessionState.OPEN: "cyan", SessionState.DRAFTED: "green", SessionState.SKIPPED: "dim"}.get(
        SessionState(state), "yellow"
    )
    return f"[{colour}]{state}[/{colour}]"


def _line(n: int, command: Command) -> str:
    exit_code = "" if command.exit in (0, None) else f"  (exit {command.exit})"
    text = command.command.replace("\n", "\n        ")
    shown = "".join(c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return f"{n:4}  {'· ' if command.noise else '  '}{shown}{exit_code}"
