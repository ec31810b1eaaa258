"""`reifierd rehearse NAME`: what a runbook would change. `approve NAME --dry-run`: its plan, and nothing is done."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.approve import find, pair
from reifierd.cli.common import Opened, count, echo_json, open_workspace
from reifierd.cli.guarding import read_input
from reifierd.workspace.layout import APPROVED, DRAFTS, SUGGESTIONS, config_dir, runtime_dirs, state_home

if TYPE_CHECKING:
    from reifierd.execution.guard import Guard
    from reifierd.execution.sandbox.compare import Change
    from reifierd.loops.operator.rehearsal import Rehearsal
    from reifierd.runs.house import House
    from reifierd.runs.job import Job
    from reifierd.runs.planned import PlannedStep

LAST_LINES = 10
_GOOD = frozenset({"succeeded", "already healthy", "filed", "not needed"})
_KINDS = {"new": "green", "deleted": "red"}
_COLOURS = {"allow": "green", "override": "yellow", "refuse": "red"}


@click.command()
@click.argument("name")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter's value; held in memory only.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=600.0, show_default=True, help="Seconds for all of it."
)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def rehearse(ctx: click.Context, name: str, params: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Run a draft, any runbook of the workspace or a file in a sandbox, and show what it would have changed."""
    from reifierd.execution.sandbox.model import Limits
    from reifierd.loops.operator.rehearsal import rehearse as perform

    opened = open_workspace(ctx)
    hidden = tuple(str(p) for p in (config_dir(), state_home(), *runtime_dirs()) if p.exists())
    with _guard() as guard:
        found = perform(*_job(opened, guard, name, params, ()), Limits(seconds=timeout), hidden)
    if as_json:
        echo_json(_json(found))
    else:
        _show(found)
    ctx.exit(_code(found))


def dry_run(ctx: click.Context, name: str, params: tuple[str, ...], overrides: tuple[str, ...], as_json: bool) -> None:
    """The plan of a run: its steps in order, with the guard's verdicts; nothing is run, moved or said."""
    from reifierd.loops.operator.rehearsal import planned

    opened = open_workspace(ctx)
    with _guard() as guard:
        _, found = planned(*_job(opened, guard, name, params, overrides))
    if as_json:
        echo_json(_plan_json(found))
    else:
        _show_plan(found)
    if not found.would_run:
        ctx.exit(3)


def _guard() -> Guard:
    from reifierd.execution.guard import Guard
    from reifierd.workspace.own_rules import user_rules

    return Guard(user_rules())


def _job(
    opened: Opened, guard: Guard, name: str, params: tuple[str, ...], overrides: tuple[str, ...]
) -> tuple[Job, House]:
    from reifierd.runs.house import House
    from reifierd.runs.job import Job, new_run_id
    from reifierd.runs.words import Wish

    path = Path(name).expanduser()
    if not ("/" in name and path.is_file()):
        path = find(opened.layout, name, (DRAFTS, SUGGESTIONS, APPROVED))
    data = read_input(str(path))
    job = Job(
        path.name,
        data,
        hashlib.sha256(data).hexdigest(),
        new_run_id(time.time()),
        given=dict(pair(param) for param in params),
        wish=Wish(overrides=overrides),
    )
    house = House(opened.layout, opened.config.operator, opened.ledger, opened.redactor, guard, config_dir())
    return job, house


def _code(found: Rehearsal) -> int:
    state = found.state.value if found.state else ""
    return 3 if state == "refused" else 0 if state in _GOOD and not found.over else 1


def _plan_json(found: Rehearsal) -> dict[str, Any]:
    from reifierd.loops.operator.rehearsal import in_order

    return {
        "schema": 1,
        "title": found.title,
        "sha256": found.sha256,
        "would_run": found.would_run,
        "reason": found.reason,
        "missing_params": list(found.missing),
        "overrides_needed": list(found.asks),
        "gates": [p.step.line for p in found.plan.gates],
        "notes": list(found.notes),
        "refusals": [asdict(r) for r in found.plan.refusals],
        "steps": [_step_json(p) for p in in_order(found.plan)],
        "skipped": [{**_step_json(p), "reason": why} for p, why in found.plan.skipped],
    }


def _step_json(planned: PlannedStep) -> dict[str, Any]:
    from reifierd.cli.check import findings_json

    step = planned.step
    return {
        "n": step.n,
        "section": str(step.section),
        "name": step.attributes.name or step.title,
        "line": step.line,
        "command": step.command,
        "verdict": planned.judgement.verdict.value,
        "findings": [{**f, "line": step.line + f["line"] - 1} for f in findings_json(planned.judgement.findings)],
    }


def _json(found: Rehearsal) -> dict[str, Any]:
    return {
        **_plan_json(found),
        "result": found.state.value if found.state else None,
        "over": found.over,
        "steps": list(found.steps),
        "changes": [asdict(c) for c in found.changes],
        "went_on": list(found.went_on),
        "cut_off": [{"line": line, "effect": effect} for line, effect in found.cut_off],
        "left_running": list(found.left_running),
        "left_out": [{"path": path, "reason": why} for path, why in found.left_out],
    }


def _show_plan(found: Rehearsal) -> None:
    from reifierd.loops.operator.rehearsal import in_order

    click.secho(_plain(found.title) or "a runbook", bold=True)
    if found.plan.gates:
        click.echo("asked beforehand, and nothing is run where all of it holds: " + _lines_of(found.plan.gates))
    for number, one in enumerate(in_order(found.plan), 1):
        _show_planned(number, one)
    for one, why in found.plan.skipped:
        click.echo(f" -  {_heading(one)}  ({why})")
    _show_refusals(found)
    click.echo("nothing was run, and nothing was moved")


def _show_planned(number: int, one: PlannedStep) -> None:
    verdict = one.judgement.verdict.value
    click.echo(f"{number:>2}. {click.style(f'{verdict:<8}', fg=_COLOURS[verdict])}  {_heading(one)}")


def _heading(one: PlannedStep) -> str:
    first, more, _ = one.step.command.strip().partition("\n")
    return f"{one.step.section} (line {one.step.line})  {_plain(first)}{' …' if more else ''}"


def _lines_of(steps: tuple[PlannedStep, ...]) -> str:
    return ", ".join(f"line {p.step.line}" for p in steps)


def _show_refusals(found: Rehearsal) -> None:
    for refusal in found.plan.refusals:
        click.secho(f"line {refusal.line}: {_plain(refusal.reason)}", fg="red")
        if refusal.alternative:
            click.echo(f"  → {_plain(refusal.alternative)}")
    if found.reason and not found.plan.refusals and not found.missing:
        click.secho(_plain(found.reason), fg="red")
    for note in found.notes:
        click.echo(f"note: {_plain(note)}")
    if found.asks:
        click.secho("a run needs your word: " + " ".join(f"--override {rule}" for rule in found.asks), fg="yellow")
    if found.missing:
        click.secho(
            f"{count(len(found.missing), 'parameter')} without a value: "
            + " ".join(f"--param {name}=…" for name in found.missing),
            fg="yellow",
        )


def _show(found: Rehearsal) -> None:
    """Each step, then the files, then what a rehearsal cannot show."""
    click.secho(_plain(found.title) or "a runbook", bold=True)
    for step in found.steps:
        _show_step(step)
    _show_refusals(found)
    if found.steps:
        click.secho(f"\n{count(len(found.changes), 'change')} to files", bold=True)
    for change in found.changes:
        _show_change(change)
    for command in found.left_running:
        click.echo(f"left running, and ended with the sandbox: {_plain(command)}")
    for line, effect in dict.fromkeys(found.cut_off) if found.steps else ():
        click.secho(f"line {line}: {effect}: it talks to what a rehearsal cuts off; this shows files only", fg="yellow")
    for line in found.went_on:
        click.secho(f"line {line}: failed, as it may here, and the rehearsal went on", fg="yellow")
    for path, why in found.left_out:
        click.echo(f"not shown in the sandbox: {_plain(path)} ({_plain(why)})")
    if found.over:
        click.secho(f"ended before its time: {_plain(found.over)}", fg="red")
    state = found.state.value if found.state else "stopped"
    reason = f": {_plain(found.reason)}" if found.reason and found.reason != found.over else ""
    ending = "it would have " if found.steps else ""
    click.echo(f"\n{ending}{click.style(state, fg='green' if state in _GOOD else 'red')}{reason}")
    click.echo("nothing of this was real")


def _show_step(step: dict[str, Any]) -> None:
    first, more, _ = str(step["command"]).strip().partition("\n")
    status = "-" if step["exit"] is None else step["exit"]
    click.secho(f"\n{step['section']}, line {step['line']}: {_plain(first)}{' …' if more else ''}", bold=True)
    click.echo(f"  {step['state']}, exit {status}")
    lines = str(step["output"]).splitlines()
    if len(lines) > LAST_LINES:
        click.echo(f"  │ [… {count(len(lines) - LAST_LINES, 'line')} before …]")
    for line in lines[-LAST_LINES:]:
        click.echo(f"  │ {_plain(line)}")


def _show_change(change: Change) -> None:
    note = f" ({_plain(change.note)})" if change.note else ""
    kind = "permissions" if change.kind == "mode" else change.kind
    click.secho(f"{kind} {change.what}: {_plain(change.path)}{note}", fg=_KINDS.get(change.kind, "yellow"))
    for line in change.diff.split("\n")[2:] if change.diff else ():
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        click.echo("  " + click.style(_plain(line), fg=colour))


def _plain(text: str) -> str:
    """What came out of a sandbox must not write to the terminal, but in plain characters."""
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )
