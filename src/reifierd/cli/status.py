"""`reifierd status`: what the daemon does and what waits for a person, on one screen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from reifierd.cli.common import Opened, count, echo_json, open_workspace, outcome, unpause, when
from reifierd.ledger.records import Approval, FileState, Hold, RunState, SessionState
from reifierd.workspace.layout import DRAFTS, SUGGESTIONS, TASK_DRAFTS

RUNS_SHOWN = 5
RUNS_LOOKED_AT = 200  # for drafts that came back
NAMES_SHOWN = 8
RESUMED = (FileState.FAILED, FileState.STOPPED, FileState.UNKNOWN)
WAITING = (FileState.HELD, FileState.CHANGED, *RESUMED)


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """What the daemon does and what waits for you, on one screen."""
    facts = gather(open_workspace(ctx))
    if as_json:
        echo_json(facts)
    else:
        show(facts)


def gather(opened: Opened) -> dict[str, Any]:
    """The facts, as plain data."""
    from reifierd.daemon.lock import holder

    root, journal, history = opened.layout.root, opened.ledger.journal, opened.ledger.history
    return {
        "workspace": str(root),
        "daemon": holder(opened.layout.state),
        "paused": bool(unpause(opened)),
        "unpause": unpause(opened),
        "open_sessions": [
            {"id": s.id, "commands": len(history.commands(s.id)), "last": s.ended}
            for s in history.sessions(SessionState.OPEN)
        ],
        "held_back": len(history.sessions(SessionState.SKIPPED)),
        "drafts": _names(opened, DRAFTS),
        "tasks": _names(opened, TASK_DRAFTS),
        "refused": _refused(opened),
        "suggestions": _names(opened, SUGGESTIONS),
        "waiting": [
            {"name": a.name, "state": a.state.value, "reason": a.reason, "run": a.run_id, "next": _next(a)}
            for a in journal.approvals()
            if a.state in WAITING
        ],
        "runs": [
            {"id": r.run_id, "runbook": r.runbook, "state": r.state.value, "started": r.started, "report": r.report}
            for r in journal.runs(RUNS_SHOWN)
        ],
        "now": time.time(),
    }


def _next(approval: Approval) -> str:
    """What a person types, after a look; nothing for what the end of a pause releases."""
    if approval.hold is Hold.PAUSED and approval.state is FileState.HELD:
        return ""
    if approval.run_id and approval.state in RESUMED:
        return f"reifierd resume {approval.run_id}"
    return f"reifierd approve {Path(approval.name).stem}"


def _arrow(command: str) -> str:
    return f"\n      → {command}" if command else ""


def _refused(opened: Opened) -> dict[str, dict[str, Any]]:
    """The drafts whose latest run was refused: they were sent back."""
    latest: dict[str, dict[str, Any]] = {}
    for run in opened.ledger.journal.runs(RUNS_LOOKED_AT):
        latest.setdefault(Path(run.runbook).name, {"state": run.state, "at": run.ended, "report": run.report})
    return {
        name: {"at": latest[name]["at"], "report": latest[name]["report"]}
        for name in (*_names(opened, DRAFTS), *_names(opened, TASK_DRAFTS))
        if name in latest and latest[name]["state"] is RunState.REFUSED
    }


def _names(opened: Opened, folder: str) -> list[str]:
    found = (p for p in opened.layout.folder(folder).glob("*.md") if p.name != "README.md")
    return [opened.redactor.text(p.name) for p in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)]


def show(facts: dict[str, Any]) -> None:
    """For people: what runs first, then what waits, then what was."""
    daemon = f"running (pid {facts['daemon']})" if facts["daemon"] else "not running  → reifierd run"
    click.echo(f"workspace  {facts['workspace']}   (another: --workspace DIR or REIFIERD_WORKSPACE)")
    click.echo(f"daemon     {daemon}")
    if facts["paused"]:
        click.secho(f"PAUSE stands: nothing starts  → {facts['unpause']}", fg="yellow")
    for session in facts["open_sessions"]:
        number, last = count(session["commands"], "command"), when(session["last"])
        click.echo(f"recording  session {session['id']}: {number}, the last at {last}")
    drafts = [_draft_line(name, facts["refused"].get(name)) for name in facts["drafts"]]
    _list("drafts to review  (edit, then move into runbooks/approved/)", drafts)
    tasks = [_draft_line(name, facts["refused"].get(name)) for name in facts["tasks"]]
    _list("tasks to review  (fill in, then move into tasks/approved/)", tasks)
    _list("suggestions", facts["suggestions"])
    _list(
        "waiting for your word",
        [f"{w['name']}: {outcome(w['state'], w['reason'])}" + _arrow(w["next"]) for w in facts["waiting"]],
    )
    _list("latest runs", [_run_line(r) for r in facts["runs"]])
    if facts["held_back"]:
        hint = "reifierd sessions --all, reifierd draft --since …"
        click.echo(f"{count(facts['held_back'], 'session')} without a draft  → {hint}")


def _draft_line(name: str, refused: dict[str, Any] | None) -> str:
    if refused is None:
        return name
    where = f", see {refused['report']}" if refused["report"] else ""
    told = click.style(f"refused at {when(refused['at'])}{where}", fg="red")
    return f"{name}  {told}"


def _list(title: str, lines: list[str]) -> None:
    if not lines:
        return
    click.secho(title, bold=True)
    for line in lines[:NAMES_SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > NAMES_SHOWN:
        click.echo(f"  … and {len(lines) - NAMES_SHOWN} more")


def _run_line(run: dict[str, Any]) -> str:
    colour = {RunState.SUCCEEDED: "green", RunState.HEALTHY: "green", RunState.RUNNING: "cyan"}.get(run["state"], "red")
    state = click.style(f"{run['state']:<16}", fg=colour)
    over = run["state"] not in (RunState.RUNNING, RunState.WAITING)
    receipt = run["report"] or ("its report could not be written yet: look at reports/ and the disk" if over else "")
    return f"{when(run['started'])}  {state} {run['runbook']}" + (f"  → {receipt}" if receipt else "")
