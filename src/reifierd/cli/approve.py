"""`reifierd approve NAME` and `reifierd reject NAME`: they move the same file that a person would move.

With a word in the ledger beside it, so that the daemon knows that it was meant: a file that is held, filed or has run
is approved anew by it, and parameters and overrides go with it.
"""

from __future__ import annotations

import difflib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reifierd.cli.common import Opened, count, echo_json, open_workspace, unpause
from reifierd.cli.releasing import by_a_person, release_held
from reifierd.errors import UsageError
from reifierd.workspace.layout import APPROVED, DRAFTS, REJECTED, SUGGESTIONS, TASK_APPROVED, TASK_DONE, TASK_DRAFTS

if TYPE_CHECKING:
    from reifierd.workspace.layout import Layout

CLAIMED = 1.5  # seconds in which a daemon that has nothing else to do begins


@click.command()
@click.argument("name", required=False, metavar="NAME")
@click.option("--all-held", is_flag=True, help="Release every file that is held, after you have looked at them.")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter's value; held in memory only.")
@click.option("--override", "overrides", multiple=True, metavar="RULE", help="Run although this rule objects, once.")
@click.option("--dry-run", is_flag=True, help="Only show the plan: steps in order, verdicts, what is missing.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def approve(  # noqa: PLR0913, PLR0917 - its options
    ctx: click.Context,
    name: str | None,
    all_held: bool,
    params: tuple[str, ...],
    overrides: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Consent: move a draft, a suggestion or a task into approved/, or run again (or release) what stands there."""
    if name is None and not all_held:
        raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    opened = open_workspace(ctx)
    by_a_person(opened)
    if all_held and name is None and not (params or overrides or dry_run):
        return release_held(ctx, as_json)
    if name is None or all_held:
        raise UsageError("approve takes one name, or --all-held", hint="reifierd approve --all-held")
    if dry_run:
        from reifierd.cli.rehearse import dry_run as show

        return show(ctx, name, params, overrides, as_json)
    from reifierd.runs.words import APPROVE, Wish, speak
    from reifierd.workspace.files import move_no_replace

    layout, now = opened.layout, time.time()
    found = find(layout, name, (DRAFTS, SUGGESTIONS, APPROVED, TASK_DRAFTS, TASK_APPROVED, TASK_DONE))
    approved = TASK_APPROVED if found.parent.parent == layout.folder(TASK_APPROVED).parent else APPROVED
    target = f"{approved}/{found.name}"
    moves = found.parent != layout.folder(approved)
    if moves and (layout.root / target).exists():
        raise _stands_there(target, found)
    data = found.read_bytes()
    values = dict(pair(param) for param in params)
    _wanted(data, values, found, approved)
    sha256 = digest_of(data, approved)
    speak(
        layout,
        opened.ledger.journal,
        APPROVE,
        target,
        now,
        sha256=sha256,
        params=values,
        wish=Wish(overrides=overrides),
    )
    if moves:
        try:
            move_no_replace(found, layout.folder(approved))
        except FileNotFoundError:
            raise UsageError("somebody else has just moved it", where=str(found), hint="reifierd status") from None
    return _answer(opened, {"approved": target, "sha256": sha256, "moved": moves}, now, as_json)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def reject(ctx: click.Context, name: str, as_json: bool) -> None:
    """Move a draft or a suggestion into rejected/: do not offer this again."""
    from reifierd.workspace.files import move_no_replace

    opened = open_workspace(ctx)
    found = find(opened.layout, name, (DRAFTS, SUGGESTIONS))
    moved = move_no_replace(found, opened.layout.folder(REJECTED))
    target = f"{REJECTED}/{moved.name}"
    if as_json:
        echo_json({"rejected": target})
    else:
        click.echo(f"rejected {target}")


def find(layout: Layout, name: str, folders: tuple[str, ...]) -> Path:
    """The file that a person means by `name`: a path, a file's name, that without .md, or a part that only one has.

    The first folder wins. UsageError: there is none (with the names that come near it), several have the part, or a
    path leads out of these folders.
    """
    wanted = Path(name).name.removesuffix(".md")
    places = [layout.folder(folder) for folder in folders]
    if "/" in name:
        parent = Path(name).absolute().parent
        relative = (layout.root / name).parent
        places = [p for p in places if p.resolve() in (parent.resolve(), relative.resolve())]
    for place in places:
        if (place / f"{wanted}.md").is_file():
            return place / f"{wanted}.md"
    there = {p.stem: p for place in reversed(places) for p in place.glob("*.md") if p.name != "README.md"}
    parts = sorted(stem for stem in there if wanted.lower() in stem.lower())
    if len(parts) == 1:
        return there[parts[0]]
    if parts:
        hint = f"name one: {', '.join(parts[:5])}" + (", …" if len(parts) > 5 else "")
        raise UsageError(f"{len(parts)} files have {wanted} in their name", where=str(layout.root), hint=hint)
    near = difflib.get_close_matches(wanted, there, cutoff=0.5)
    hint = f"did you mean: {', '.join(near)}" if near else "reifierd status lists what waits"
    raise UsageError(f"there is no {wanted}.md in {', '.join(folders)}", where=str(layout.root), hint=hint)


def _stands_there(target: str, found: Path) -> UsageError:
    return UsageError(
        "a file of that name stands in approved/ already, and is not overwritten",
        where=target,
        hint=f"mv {found} {found.with_stem(found.stem + '-2')} && reifierd approve {found.stem}-2",
    )


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` of a `--param`."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--param {name} is not NAME=VALUE", hint="reifierd approve NAME --param DB_PASSWORD=…")
    return name, value


def digest_of(data: bytes, approved: str) -> str:
    """The SHA-256 of what consent is about, for a file of that folder."""
    import hashlib

    from reifierd.documents.task import consent_digest

    return consent_digest(data) if approved == TASK_APPROVED else hashlib.sha256(data).hexdigest()


def _wanted(data: bytes, values: dict[str, str], found: Path, approved: str) -> None:
    """UsageError for values that the file has no parameter for: a name mistyped is a value that is missing."""
    if not values:
        return
    from reifierd.documents import parse_runbook
    from reifierd.documents.task import parse_task

    known = [p.name for p in (parse_task(data) if approved == TASK_APPROVED else parse_runbook(data)).params]
    strange = sorted(set(values) - set(known))
    if strange:
        hint = f"it has {count(len(known), 'parameter')}: {', '.join(known)}" if known else "it has no parameters"
        raise UsageError(f"it has no parameter {', '.join(strange)}", where=str(found), hint=hint)


def _answer(opened: Opened, facts: dict[str, object], now: float, as_json: bool) -> None:
    from reifierd.daemon.lock import holder

    daemon, target = holder(opened.layout.state), opened.redactor.text(str(facts["approved"]))
    if as_json:
        return echo_json({**facts, "approved": target, "daemon": daemon})
    click.echo(f"approved {target}")
    if remedy := unpause(opened):
        click.echo(f"PAUSE stands, and it begins when that is gone  → {remedy}")
    elif daemon is None:
        click.echo("the daemon is not running, so nothing happens yet  → reifierd run (or reifierd run --once)")
    else:
        click.echo(f"  → reifierd runs {_run_of(opened, target, now) or Path(target).stem} --follow")
    return None


def _run_of(opened: Opened, target: str, now: float) -> str | None:
    """The id of the run that this began, where it began at once."""
    until = time.monotonic() + CLAIMED
    while time.monotonic() < until:
        for run in opened.ledger.journal.runs(5):
            if run.runbook == target and run.started >= now:
                return run.run_id
        time.sleep(0.05)
    return None
