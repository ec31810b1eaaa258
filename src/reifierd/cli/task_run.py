"""`reifierd task run`: carry out one approved task now, and say what came of it.

With a daemon at work it is the daemon that runs it, and this waits; without one it is run here.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.common import Opened, echo_json, not_paused, open_workspace
from reifierd.cli.releasing import by_a_person
from reifierd.cli.task_told import clean, dry_lines, show
from reifierd.errors import Refused, ReifierError

if TYPE_CHECKING:
    from reifierd.cli.task import Entry
    from reifierd.ledger.records import Run
    from reifierd.runs.words import Wish

EVERY = 0.1  # seconds between looks at a run that the daemon does
_LATEST = 50  # runs among which it is looked for
_PROBLEM = "runner.problem"  # what keeps a run waiting, as a full disk: told whatever else is not
_INTERRUPTED = 130  # as shells say it of Ctrl-C


@click.command("run", short_help="Carry out the open criteria of an approved task.")
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
    from reifierd.cli.task import find_task
    from reifierd.runs.words import Wish

    opened = open_workspace(ctx)
    entry = find_task(opened.layout, name)
    wish = Wish(overrides, criteria=criteria, skip_verification=skip_verification)
    try:
        code = _carried_out(opened, entry, wish, params, dry_run, as_json)
    except ReifierError as error:
        if not as_json:
            raise
        code = _error(opened, entry, error)
    ctx.exit(code)


def _carried_out(  # noqa: PLR0913, PLR0917 - what the options say
    opened: Opened, entry: Entry, wish: Wish, params: tuple[str, ...], dry_run: bool, as_json: bool
) -> int:
    from reifierd.cli.approve import pair
    from reifierd.documents.task_select import select
    from reifierd.runs.words import Wish

    by_a_person(opened)
    if wish.criteria and not entry.task.fatal:
        select(entry.task, wish.criteria)  # what names none is said before anything is begun
    given = dict(pair(param) for param in params)
    if dry_run:
        return _dry(opened, entry, wish, given, as_json)
    approved = _approved(entry, opened)
    not_paused(opened)
    if wish != Wish() or given:
        _not_under_way(opened, entry)
    return _run(opened, approved, wish, given, as_json)


def _error(opened: Opened, entry: Entry, error: ReifierError) -> int:
    """What kept it from being run, in the result's form."""
    from reifierd.documents.task_result import Failure
    from reifierd.documents.task_result import as_json as plain

    code = {2: "usage", 3: "not_approved"}.get(error.exit_code, "not_run")
    hints = (error.hint,) if error.hint else ()
    complete = tuple(c.called for c in entry.task.criteria if c.checked)
    failure = Failure(entry.task.id, code, error.message, completed_before_failure=complete, recovery_suggestions=hints)
    echo_json(clean(opened, plain(failure)))
    return error.exit_code


def _approved(entry: Entry, opened: Opened) -> Entry:
    from reifierd.workspace.layout import TASK_APPROVED, TASK_DONE

    if entry.folder == TASK_DONE:
        hint = f"to verify it anew: reifierd approve {entry.path.stem}"
        raise Refused("it is done", where=str(entry.path.relative_to(opened.layout.root)), hint=hint)
    if entry.folder != TASK_APPROVED:
        relative = entry.path.relative_to(opened.layout.root)
        hint = f"read it, then: reifierd approve {entry.path.stem}"
        raise Refused("it is not approved, and nothing else is ever run", where=str(relative), hint=hint)
    return entry


def _not_under_way(opened: Opened, entry: Entry) -> None:
    """A run that began without these options does not hear of them any more."""
    from reifierd.daemon.lock import holder
    from reifierd.ledger.records import RunState

    name = opened.redactor.text(str(entry.path.relative_to(opened.layout.root)))
    runs = opened.ledger.journal.runs(_LATEST)
    run = next((r for r in runs if r.runbook == name and r.state is RunState.RUNNING), None)
    if run and holder(opened.layout.state):
        hint = f"reifierd runs {run.run_id} --follow, or reifierd stop {run.run_id}"
        raise ReifierError("a run of it is under way, and began without these options", where=name, hint=hint)


# --- a run ------------------------------------------------------------------------------------------------------------


def _run(opened: Opened, entry: Entry, wish: Wish, given: dict[str, str], as_json: bool) -> int:
    from reifierd.daemon.lock import holder
    from reifierd.runs.words import APPROVE, WISH, speak

    name, said = str(entry.path.relative_to(opened.layout.root)), time.time()
    kind = APPROVE if _ran_before(opened, entry, name) else WISH
    journal = opened.ledger.journal
    word = speak(opened.layout, journal, kind, name, said, sha256=entry.task.digest, params=given, wish=wish)
    run, interrupted = None, False
    while holder(opened.layout.state) and run is None and _waits(opened, name):
        run = _done_there(opened, name, said, as_json)  # whoever holds it may end before it comes to that
    if run is None and (kind == APPROVE or _waits(opened, name)):
        run, interrupted = _done_here(opened, name, said, as_json)
    if kind == WISH and journal.waits(word):
        journal.heard(word)  # it is no wish for another day
    code = _told(opened, entry, run, as_json)
    return _INTERRUPTED if interrupted else code


def _ran_before(opened: Opened, entry: Entry, name: str) -> bool:
    """Whether this very text was approved and has run. False: a move has approved it, and nobody has looked yet.

    Raises Refused for what stands there without consent: held, changed, filed unexecuted, not to be trusted.
    """
    from reifierd.ledger.records import FileState

    approval = opened.ledger.journal.approval(name)
    if approval is None or approval.state in (FileState.GONE, FileState.RUNNING):
        return False
    without = {FileState.HELD, FileState.CHANGED, FileState.FILED, FileState.REFUSED}
    if approval.state in without or approval.sha256 != entry.task.digest:
        reason = approval.reason if approval.state in without else "changed after it was approved"
        hint = f"read it, then: reifierd approve {entry.path.stem}"
        raise Refused(f"it is not approved as it stands: {reason}", where=name, hint=hint)
    return True


def _done_here(opened: Opened, name: str, said: float, as_json: bool) -> tuple[Run | None, bool]:
    """Also whether a person interrupted it: then the running command gets its grace, and the report is written."""
    from reifierd.daemon.events import event_log
    from reifierd.daemon.lock import WorkspaceLock
    from reifierd.daemon.wiring import runner

    log = event_log(opened.redactor)
    say = (lambda kind, fields: log(kind, fields) if kind == _PROBLEM else None) if as_json else log
    lock, interrupted = WorkspaceLock(opened.layout.state), False
    lock.take()
    try:
        here = runner(opened.layout, opened.config, opened.ledger, opened.redactor, say, only=name)
        try:
            here.start()
            while here.tick(time.time()):
                here.wait()
            here.wait()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            here.close()
    finally:
        lock.release()
    return _run_of(opened, name, said), interrupted


def _done_there(opened: Opened, name: str, said: float, as_json: bool) -> Run | None:
    """The run that another process does, shown as it goes on; None where it does none, or has ended before."""
    from reifierd.cli.runs import follow_run
    from reifierd.daemon.lock import holder
    from reifierd.ledger.records import RunState

    while (run := _run_of(opened, name, said)) is None:
        if holder(opened.layout.state) is None or not (_waits(opened, name) or _claimed(opened, name)):
            return None
        time.sleep(EVERY)
    if not as_json:
        follow_run(opened, run)
    while run.state is RunState.RUNNING or run.report is None:
        if holder(opened.layout.state) is None:
            return None
        time.sleep(EVERY)
        run = opened.ledger.journal.run(run.run_id) or run
    return run


def _waits(opened: Opened, name: str) -> bool:
    """Whether what was said of it has not been heard yet, or is under way in a process that has ended."""
    from reifierd.ledger.records import FileState, key_of

    approval = opened.ledger.journal.approval(name)
    if approval and approval.state in (FileState.HELD, FileState.CHANGED, FileState.FILED):
        return False  # it was looked at, and needs more than that
    return any(word.key == key_of(name) for word in opened.ledger.journal.words()) or _claimed(opened, name)


def _claimed(opened: Opened, name: str) -> bool:
    """Whether it is queued or runs, or has not been looked at."""
    from reifierd.ledger.records import FileState

    approval = opened.ledger.journal.approval(name)
    return approval is not None and approval.state is FileState.RUNNING


def _run_of(opened: Opened, name: str, said: float) -> Run | None:
    """The run that this is about: one that began since it was said, or that was under way then."""
    from reifierd.ledger.records import RunState

    name = opened.redactor.text(name)  # as the journal has it
    runs = (r for r in opened.ledger.journal.runs(_LATEST) if r.runbook == name)
    return next((r for r in runs if r.started >= said or r.state is RunState.RUNNING), None)


def _told(opened: Opened, entry: Entry, run: Run | None, as_json: bool) -> int:
    from reifierd.ledger.records import RunState

    if run is not None and run.report is None and run.state is not RunState.RUNNING:
        reason = f"it is {run.state.value}, and its report is not written yet: {run.reason}"
        raise ReifierError(reason, hint=f"reifierd runs {run.run_id}")
    if run is None or run.report is None:
        raise Refused(_why_not(opened, entry), hint=f"read it, then: reifierd approve {entry.path.stem}")
    result: dict[str, Any] = json.loads((opened.layout.root / run.report).with_suffix(".json").read_text())
    show(result, as_json)
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
    from reifierd.documents.compose import shown
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
    result = clean(opened, json.loads(json.dumps(asdict(outcome.result))))
    if as_json or "error" in result:
        show(result, as_json)
    else:
        for line in dry_lines(result, entry):
            click.echo(shown(line))
    return {RunState.SUCCEEDED: 0, RunState.REFUSED: 3}.get(outcome.state, 1)
