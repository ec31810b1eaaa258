"""`reifierd runs [RUN]`, `resume RUN`, `stop RUN`. RUN is an id, its beginning, a runbook's name, or `last`."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from reifierd.cli.approve import digest_of, pair
from reifierd.cli.common import Opened, echo_json, not_paused, open_workspace, outcome, when
from reifierd.errors import Refused, ReifierError, UsageError
from reifierd.ledger.records import Run, RunState, StepRun

SHOWN = 20
ALL = 1_000_000
EVERY = 0.15  # seconds between looks of --follow
_GOOD = frozenset({RunState.SUCCEEDED, RunState.HEALTHY, RunState.FILED, RunState.NOT_NEEDED})
_ALIVE = frozenset({RunState.RUNNING})
_RESUMABLE = frozenset({RunState.FAILED, RunState.STOPPED, RunState.UNKNOWN, RunState.WAITING})


@click.command()
@click.argument("run_id", required=False)
@click.option("--follow", "-f", is_flag=True, help="Show what it does and prints, as it happens, until it ends.")
@click.option("--limit", default=SHOWN, show_default=True, help="How many runs to list.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def runs(ctx: click.Context, run_id: str | None, follow: bool, limit: int, as_json: bool) -> None:
    """The latest runs; with an ID (or `last`) one of them, step by step; with --follow live."""
    opened = open_workspace(ctx)
    if run_id is None and not follow:
        return _list(opened, limit, as_json)
    run = find_run(opened, run_id or "last")
    if follow:
        ctx.exit(follow_run(opened, run))
    if as_json:
        return echo_json({**asdict(run), "steps": [asdict(s) for s in opened.ledger.journal.steps(run.run_id)]})
    return _show(opened, run)


@click.command()
@click.argument("run_id")
@click.option("--fresh", is_flag=True, help="Begin with a new shell where the state that the run left is gone.")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter's value; held in memory only.")
@click.pass_context
def resume(ctx: click.Context, run_id: str, fresh: bool, params: tuple[str, ...]) -> None:
    """Go on at the failed, unknown, stopped or waiting step, with the shell state that the last one left."""
    from reifierd.runs.words import RESUME, Wish, speak

    opened = open_workspace(ctx)
    run = find_run(opened, run_id)
    if run.state not in _RESUMABLE:
        alive = run.state in _ALIVE
        state = "is under way" if alive else f"has ended ({run.state.value})"
        hint = f"reifierd runs {run.run_id} --follow" if alive else f"to run it anew: reifierd approve {_stem(run)}"
        raise ReifierError(f"run {run.run_id} {state}: there is nothing to resume", hint=hint)
    _as_approved(opened, run)
    not_paused(opened)
    values = dict(pair(param) for param in params)
    speak(opened.layout, opened.ledger.journal, RESUME, run.run_id, time.time(), params=values, wish=Wish(fresh=fresh))
    _said(opened, f"run {run.run_id} goes on")


@click.command()
@click.argument("run_id")
@click.pass_context
def stop(ctx: click.Context, run_id: str) -> None:
    """Stop a run: its step gets SIGTERM and its grace, then everything that it started is ended."""
    from reifierd.runs.words import STOP, speak

    opened = open_workspace(ctx)
    run = find_run(opened, run_id)
    if run.state not in (RunState.RUNNING, RunState.WAITING):
        message = f"run {run.run_id} has ended ({run.state.value}): there is nothing to stop"
        raise ReifierError(message, hint="reifierd runs")
    speak(opened.layout, opened.ledger.journal, STOP, run.run_id, time.time())
    _said(opened, f"run {run.run_id} is being stopped")


def find_run(opened: Opened, name: str) -> Run:
    """The run of that id, the only one whose id begins so, or the latest of that runbook; `last` is the latest of all.

    UsageError otherwise.
    """
    if exact := opened.ledger.journal.run(name):
        return exact
    every = opened.ledger.journal.runs(1 if name == "last" else ALL)
    found = every if name == "last" else [r for r in every if r.run_id.startswith(name)]
    found = found or [r for r in every if Path(r.runbook).stem == Path(name).stem][:1]
    if len(found) != 1:
        what = "there is no run" if not found else f"{len(found)} runs begin with"
        raise UsageError(f"{what} {name}", hint="reifierd runs")
    return found[0]


def _as_approved(opened: Opened, run: Run) -> None:
    """Refused, where its file is not what it was: a run goes on with the bytes that were approved, or not at all."""
    from reifierd.ledger.records import FileState

    path, approval = opened.layout.root / run.runbook, opened.ledger.journal.approval(run.runbook)
    changed = approval is not None and approval.state is FileState.CHANGED
    if changed or (path.is_file() and digest_of(path.read_bytes(), str(Path(run.runbook).parent)) != run.sha256):
        hint = f"read it, then: reifierd approve {_stem(run)}"
        raise Refused("changed since it was approved, so its run cannot go on", where=run.runbook, hint=hint)


def _stem(run: Run) -> str:
    return Path(run.runbook).stem


def _said(opened: Opened, text: str) -> None:
    from reifierd.daemon.lock import holder

    if holder(opened.layout.state) is None:
        click.echo("the daemon is not running; it hears this when it starts  → reifierd run")
    else:
        click.echo(text)


def _list(opened: Opened, limit: int, as_json: bool) -> None:
    found = opened.ledger.journal.runs(limit)
    if as_json:
        return echo_json([asdict(r) for r in found])
    if not found:
        click.echo("nothing has been run yet  → move a draft into runbooks/approved/, or reifierd approve NAME")
    for run in found:
        click.echo(f"{run.run_id}  {_coloured(run.state, 16)} {when(run.started)}  {run.runbook}")
    return None


def _show(opened: Opened, run: Run) -> None:
    click.echo(f"{run.run_id}  {_coloured(run.state)}  {run.runbook}")
    click.echo(f"started {when(run.started)}, ended {when(run.ended)}")
    if run.reason:
        click.echo(run.reason)
    for step in opened.ledger.journal.steps(run.run_id):
        _show_step(step)
    if run.report:
        click.echo(f"report: {opened.layout.root / run.report}")
    if run.state in _RESUMABLE:
        click.echo(f"  → reifierd resume {run.run_id}")


def _show_step(step: StepRun) -> None:
    took = "" if step.duration is None else f", {step.duration:.1f} s"
    again = f", attempt {step.attempt}" if step.attempt > 1 else ""
    click.secho(f"\n{step.section}, line {step.line}: {step.command}", bold=True)
    click.echo(f"  {step.state.value}, exit {'-' if step.exit is None else step.exit}{took}{again}, in {step.cwd}")
    for line in step.output.splitlines():
        click.echo(f"  │ {_printable(line)}")


def follow_run(opened: Opened, run: Run) -> int:
    """Lines as they come, until the run ends or waits; the exit code is that of the run."""
    journal, after = opened.ledger.journal, 0
    while True:
        state = journal.run(run.run_id)
        for line in journal.lines(run.run_id, after):
            after = line.id
            for text in line.text.splitlines():
                click.echo(_printable(text))
        if state is None or state.state not in _ALIVE:
            break
        time.sleep(EVERY)
    if state is None:
        return 1
    click.echo(_end(state))
    if state.state is RunState.WAITING:
        click.echo(f"  → reifierd resume {state.run_id}")
    return 0 if state.state in _GOOD else 3 if state.state is RunState.REFUSED else 1


def _end(run: Run) -> str:
    """How it ended and why: "stopped during …" says both."""
    return outcome(run.state.value, run.reason).replace(run.state.value, _coloured(run.state), 1)


def _coloured(state: RunState, width: int = 0) -> str:
    colour = "green" if state in _GOOD else "cyan" if state in _ALIVE | {RunState.WAITING} else "red"
    return click.style(f"{state.value:<{width}}", fg=colour)


def _printable(text: str) -> str:
    """What a step printed must not write to the terminal of who looks at it, but in plain characters."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)
