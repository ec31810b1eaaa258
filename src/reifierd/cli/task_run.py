"""`reifierd task run`: carry out one approved task now, and say what came of it.

With a daemon at work it is the daemon that runs it, and this waits; without one it is run here.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.common import Opened, echo_json, open_workspace
from reifierd.cli.releasing import by_a_person
from reifierd.errors import Refused, ReifierError

if TYPE_CHECKING:
    from reifierd.cli.task import Entry
    from reifierd.ledger.records import Run
    from reifierd.runs.words import Wish

EVERY = 0.1  # seconds between looks at a run that the daemon does
CLAIMED = 30.0  # seconds until the daemon must have taken it up, or said why not


@click.command("run")
@click.argument("name")
@click.option("--criteria", default="", metavar="1,3", help="Only these: numbers, ranges, or a text.")
@click.option("--param", "params", multiple=True, metavar="K=V", help="A parameter's value; held in memory only.")
@click.option("--override", "overrides", multiple=True, metavar="RULE", help="Run although this rule objects, once.")
@click.option("--skip-verification", is_flag=True, help="Tick what is proved; verify and commit nothing.")
@click.option("--dry-run", is_flag=True, help="Check everything, run nothing.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object, for programs.")
@click.pass_context
def run_task(  # noqa: PLR0913, PLR0917 - its options
    ctx: click.Context,
    name: str,
    criteria: str,
    params: tuple[str, ...],
    overrides: tuple[str, ...],
    skip_verification: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Carry out the open criteria of an approved task; exits 1 when one is open afterwards, 3 when it was refused."""
    from reifierd.cli.approve import pair
    from reifierd.cli.task import find_task
    from reifierd.runs.words import Wish

    by_a_person()
    opened = open_workspace(ctx)
    entry = find_task(opened.layout, name)
    wish = Wish(overrides, criteria=criteria, skip_verification=skip_verification)
    if criteria and not entry.task.fatal:
        from reifierd.documents.task_select import select

        select(entry.task, criteria)  # what names none is said before anything is begun
    given = dict(pair(param) for param in params)
    if dry_run:
        ctx.exit(_dry(opened, entry, wish, given, as_json))
    ctx.exit(_run(opened, _approved(entry, opened), wish, given, as_json))


def _approved(entry: Entry, opened: Opened) -> Entry:
    from reifierd.workspace.layout import TASK_APPROVED

    if entry.folder != TASK_APPROVED:
        relative = entry.path.relative_to(opened.layout.root)
        hint = f"read it, then: reifierd approve {entry.path.stem}"
        raise Refused("it is not approved, and nothing else is ever run", where=str(relative), hint=hint)
    return entry


# --- a run ------------------------------------------------------------------------------------------------------------


def _run(opened: Opened, entry: Entry, wish: Wish, given: dict[str, str], as_json: bool) -> int:
    from reifierd.daemon.lock import WorkspaceLock, holder
    from reifierd.runs.words import APPROVE, speak

    name, said = str(entry.path.relative_to(opened.layout.root)), time.time()
    lock = None if holder(opened.layout.state) else WorkspaceLock(opened.layout.state)
    if lock:
        lock.take()
    try:
        journal = opened.ledger.journal
        word = speak(opened.layout, journal, APPROVE, name, said, sha256=entry.task.digest, params=given, wish=wish)
        run = _done_here(opened, name, said, as_json) if lock else _done_there(opened, name, said, word, as_json)
    finally:
        if lock:
            lock.release()
    return _told(opened, entry, run, as_json)


def _done_here(opened: Opened, name: str, said: float, as_json: bool) -> Run | None:
    from reifierd.daemon.events import event_log
    from reifierd.daemon.wiring import runner

    say = (lambda _kind, _fields: None) if as_json else event_log(opened.redactor)
    here = runner(opened.layout, opened.config, opened.ledger, opened.redactor, say, only=name)
    try:
        here.start()
        while here.tick(time.time()):
            here.wait()
        here.wait()
    finally:
        here.close()
    return _run_of(opened, name, said)


def _done_there(opened: Opened, name: str, said: float, word: int, as_json: bool) -> Run | None:
    """Wait for the daemon's run, showing what it does."""
    from reifierd.cli.runs import follow_run
    from reifierd.ledger.records import RunState

    until = time.monotonic() + CLAIMED
    while (run := _run_of(opened, name, said)) is None:
        if not opened.ledger.journal.waits(word) and time.monotonic() > until:
            return None
        time.sleep(EVERY)
    if not as_json:
        follow_run(opened, run)
    while run is not None and (run.state is RunState.RUNNING or run.report is None):
        time.sleep(EVERY)
        run = opened.ledger.journal.run(run.run_id)
    return run


def _run_of(opened: Opened, name: str, said: float) -> Run | None:
    clean = opened.redactor.text(name)
    return next((r for r in opened.ledger.journal.runs(20) if r.runbook == clean and r.started >= said), None)


def _told(opened: Opened, entry: Entry, run: Run | None, as_json: bool) -> int:
    from reifierd.ledger.records import RunState

    if run is None or run.report is None:
        raise ReifierError(_why_not(opened, entry), hint="reifierd status")
    result: dict[str, Any] = json.loads((opened.layout.root / run.report).with_suffix(".json").read_text())
    _show(result, as_json)
    if not as_json:
        click.echo(f"report: {opened.layout.root / run.report}")
    return 0 if run.state is RunState.SUCCEEDED else 3 if run.state is RunState.REFUSED else 1


def _why_not(opened: Opened, entry: Entry) -> str:
    approval = opened.ledger.journal.approval(str(entry.path.relative_to(opened.layout.root)))
    return f"it was not run: {approval.reason}" if approval and approval.reason else "it was not run"


# --- a dry run --------------------------------------------------------------------------------------------------------


def _dry(opened: Opened, entry: Entry, wish: Wish, given: dict[str, str], as_json: bool) -> int:
    from dataclasses import asdict

    from reifierd.config import user_rules
    from reifierd.execution.guard import Guard
    from reifierd.ledger.records import RunState
    from reifierd.loops.tasks.trade import Tasks
    from reifierd.runs.house import House
    from reifierd.runs.job import Job, new_run_id
    from reifierd.workspace.layout import config_dir

    config, data = opened.config, entry.path.read_bytes()
    with Guard(user_rules()) as guard:
        house = House(opened.layout, config.operator, opened.ledger, opened.redactor, guard, config_dir())
        name = str(entry.path.relative_to(opened.layout.root))
        job = Job(name, data, entry.task.digest, new_run_id(time.time()), given=given, wish=wish)
        outcome = Tasks(house, config.tasks).attempt(job).dry()
    _show(_clean(opened, json.loads(json.dumps(asdict(outcome.result)))), as_json)
    return {RunState.SUCCEEDED: 0, RunState.REFUSED: 3}.get(outcome.state, 1)


def _clean(opened: Opened, value: Any) -> Any:
    if isinstance(value, str):
        return opened.redactor.text(value)
    if isinstance(value, dict):
        return {key: _clean(opened, item) for key, item in value.items()}
    return [_clean(opened, item) for item in value] if isinstance(value, list) else value


# --- the result -------------------------------------------------------------------------------------------------------


def _show(result: dict[str, Any], as_json: bool) -> None:
    from reifierd.documents.compose import shown

    if as_json:
        return echo_json(result)
    for line in _lines(result):
        click.echo(shown(line))
    return None


def _lines(result: dict[str, Any]) -> list[str]:
    if "error" in result:
        lines = [f"{result['task_id']}: {result['error']}: {result['message']}"]
        return [*lines, *(f"  → {hint}" for hint in result["recovery_suggestions"])]
    counts = result["criteria"]
    complete = f"{counts['completed']} of {counts['total']} criteria are complete"
    lines = [f"{result['task_id']}: {result['status']}, {complete}"]
    lines += [f"  ✔ {c['criterion']}" for c in result["completed_criteria"]]
    lines += [f"  ✘ {r['criterion']}: {r['reason']}" for r in result["remaining_criteria"]]
    return [*lines, *(f"  → {step}" for step in result["next_steps"])]
