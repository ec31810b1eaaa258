"""`reifierd approve NAME` and `reifierd reject NAME`: they move the same file that a person would move.

With a word in the ledger beside it, so that the daemon knows that it was meant: a file that is held, filed or has run
is approved anew by it, and parameters and overrides go with it.
"""

from __future__ import annotations

import difflib
import hashlib
import time
from pathlib import Path

import click

from reifierd.cli.common import Opened, echo_json, open_workspace
from reifierd.daemon.lock import holder
from reifierd.errors import UsageError
from reifierd.loops.operator.words import APPROVE, speak
from reifierd.workspace.files import move_no_replace
from reifierd.workspace.layout import APPROVED, DRAFTS, REJECTED, SUGGESTIONS, Layout


@click.command()
@click.argument("name")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter's value; held in memory only.")
@click.option("--override", "overrides", multiple=True, metavar="RULE", help="Run although this rule objects, once.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def approve(ctx: click.Context, name: str, params: tuple[str, ...], overrides: tuple[str, ...], as_json: bool) -> None:
    """Consent: move a draft or a suggestion into approved/, or run again (or release) what stands there."""
    opened = open_workspace(ctx)
    layout = opened.layout
    found = find(layout, name, (DRAFTS, SUGGESTIONS, APPROVED))
    target = f"{APPROVED}/{found.name}"
    moves = found.parent != layout.folder(APPROVED)
    if moves and (layout.root / target).exists():
        raise UsageError(
            "a file of that name stands in approved/ already, and is not overwritten",
            where=target,
            hint=f"mv {found} {found.with_stem(found.stem + '-2')} && reifierd approve {found.stem}-2",
        )
    values = dict(pair(param) for param in params)
    sha256 = hashlib.sha256(found.read_bytes()).hexdigest()
    speak(
        layout,
        opened.ledger.journal,
        APPROVE,
        target,
        time.time(),
        sha256=sha256,
        params=values,
        overrides=overrides,
    )
    if moves:
        move_no_replace(found, layout.folder(APPROVED))
    _answer(opened, {"approved": target, "sha256": sha256, "moved": moves}, f"approved {target}", as_json)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def reject(ctx: click.Context, name: str, as_json: bool) -> None:
    """Move a draft or a suggestion into rejected/: do not offer this again."""
    opened = open_workspace(ctx)
    found = find(opened.layout, name, (DRAFTS, SUGGESTIONS))
    moved = move_no_replace(found, opened.layout.folder(REJECTED))
    target = f"{REJECTED}/{moved.name}"
    if as_json:
        echo_json({"rejected": target})
    else:
        click.echo(f"rejected {target}")


def find(layout: Layout, name: str, folders: tuple[str, ...]) -> Path:
    """The file that a person means by `name` (a path, a file's name, or that without .md); the first folder wins.

    UsageError: there is none (with the names that come near it), or a path leads out of these folders.
    """
    wanted = Path(name).name
    wanted = wanted if wanted.endswith(".md") else f"{wanted}.md"
    places = [layout.folder(folder) for folder in folders]
    if "/" in name:
        parent = Path(name).absolute().parent
        relative = (layout.root / name).parent
        places = [p for p in places if p.resolve() in (parent.resolve(), relative.resolve())]
    for place in places:
        if (place / wanted).is_file():
            return place / wanted
    names = sorted(p.stem for place in places for p in place.glob("*.md") if p.name != "README.md")
    near = difflib.get_close_matches(Path(wanted).stem, names, cutoff=0.4) or names[:5]
    hint = f"did you mean: {', '.join(near)}" if near else "reifierd draft writes one"
    raise UsageError(f"there is no {wanted} in {', '.join(folders)}", where=str(layout.root), hint=hint)


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` of a `--param`."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--param {name} is not NAME=VALUE", hint="reifierd approve NAME --param DB_PASSWORD=…")
    return name, value


def _answer(opened: Opened, facts: dict[str, object], text: str, as_json: bool) -> None:
    daemon = holder(opened.layout.state)
    if as_json:
        return echo_json({**facts, "daemon": daemon})
    click.echo(text)
    if daemon is None:
        click.echo("the daemon is not running, so nothing happens yet  → reifierd run (or reifierd run --once)")
    else:
        click.echo("  → reifierd runs last --follow")
    return None
