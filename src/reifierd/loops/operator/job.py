"""One approved runbook, from its bytes to its receipt: planned, refused or performed, journalled, reported.

Rules
- The bytes that were read with the consent are what is parsed and run; the file is not read again.
- The run is in the journal before anything of it starts, and its end before its report is written: a report that
  cannot be written is kept and written later (after a restart: from the journal), and the run has none until then.
- Refused, or parameters missing: the file goes back to `drafts/`, its bytes unchanged.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from reifierd.documents.model import Param, Runbook
from reifierd.documents.runbook import parse_runbook
from reifierd.errors import ReifierError
from reifierd.execution import process
from reifierd.execution.environment import clean_environment, hijacks
from reifierd.execution.private import private_folder, remove_private
from reifierd.execution.process import Left
from reifierd.execution.step import Stop
from reifierd.ledger.records import FileState, Run, RunState, StepState
from reifierd.loops.operator.house import House
from reifierd.loops.operator.judging import StepJudge, guard_context
from reifierd.loops.operator.live import Live
from reifierd.loops.operator.params import Values, from_environment, from_file, resolve
from reifierd.loops.operator.perform import STATE_FILE, Outcome, Performer, load_state, lost_of, progress_of
from reifierd.loops.operator.plan import Grounds, Plan, Refusal, front_overrides, make_plan, override_line
from reifierd.loops.operator.receipts import from_journal, write_receipt
from reifierd.loops.operator.report import Receipt, as_markdown
from reifierd.workspace.files import move_no_replace, sweep_temps
from reifierd.workspace.layout import DRAFTS, FOLDERS
from reifierd.workspace.root import paused

KEPT = frozenset({RunState.FAILED, RunState.STOPPED, RunState.WAITING, RunState.UNKNOWN})  # may be resumed


@dataclass
class Job:
    """One run to do. `resumed` is the run that goes on; `given` and `overrides` came with the person's word."""

    name: str
    data: bytes
    sha256: str
    run_id: str
    given: dict[str, str] = field(default_factory=dict)
    overrides: frozenset[str] = frozenset()
    resumed: Run | None = None
    fresh: bool = False
    began: float | None = None  # it was next in turn when it was claimed: the journal has its start
    stop: Stop = field(default_factory=Stop)

    def run(self, started: float) -> Run:
        """What the journal is told of its start."""
        return Run(self.run_id, self.name, self.sha256, RunState.RUNNING, started, pid=os.getpid())


def new_run_id(now: float) -> str:
    """`YYYYMMDD-HHMMSS-xxxx`, UTC."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"


def do(job: Job, house: House) -> RunState:
    """All of one run; returns how it ended. What it raises is a bug or a ledger that cannot be written at all."""
    started = job.resumed.started if job.resumed else job.began or time.time()
    journal = house.ledger.journal
    if job.resumed:
        house.persist(lambda: journal.resume_run(job.run_id))
    elif job.began is None:
        house.persist(lambda: journal.start_run(job.run(started)))
    attempt = Attempt(job, house)
    outcome = attempt.outcome()
    attempt.tell()
    ended = time.time()
    house.persist(lambda: journal.end_run(job.run_id, outcome.state, ended, outcome.reason))
    house.on_event(
        "run ended", {"run": job.run_id, "runbook": job.name, "result": outcome.state.value, "reason": outcome.reason}
    )
    if outcome.state not in KEPT:
        remove_private(house.private(job.run_id))
    if outcome.state is not RunState.WAITING:
        receipt = attempt.receipt(outcome, started, ended)
        back = _send_back(job, house) if outcome.state is RunState.REFUSED else None
        write_receipt(receipt if back is None else replace(receipt, next=(*receipt.next, back)), house, outcome.reason)
    return outcome.state


def warm_up(house: House) -> None:
    """Read tables and import what the first run would otherwise wait for."""
    runbook = parse_runbook(b"---\ntitle: T\n---\n# T\n\n## Fix\n\n```bash\nsystemctl status x | grep -c y\n```\n")
    context = guard_context(house.protected, clean_environment(os.environ), "", frozenset())
    plan = make_plan(runbook, Grounds(StepJudge(house.guard, context), "", shutil.which))
    as_markdown(Receipt("", "", "", "", RunState.FILED, 0.0, 0.0, plan=plan))


def sweep(house: House) -> None:
    """Remove what dead writers left half-written in the workspace, and what dead runs left in memory, but the state of
    those that may be resumed."""
    for name in FOLDERS:
        sweep_temps(house.layout.folder(name))
    for folder in private_folder("runs", house.layout.id).iterdir():
        run = house.ledger.journal.run(folder.name)
        if run is None or run.state not in KEPT:
            remove_private(folder)
            continue
        for path in folder.iterdir():
            if path.is_dir():
                remove_private(path)
            elif path.name != STATE_FILE:
                path.unlink()


def end_bug(job: Job, house: House, error: Exception) -> None:
    """A bug of ours in the middle of a run: what was started is unknown, the run has failed, and there is a receipt."""
    journal, ended = house.ledger.journal, time.time()
    for step in journal.steps(job.run_id):
        if step.state is StepState.STARTED:
            process.end_remains(f"{step.run_id}/{step.n}/{step.attempt}", step.pid, step.pid_start)
            journal.end_step(
                job.run_id, step.n, step.attempt, StepState.UNKNOWN, exit=None, duration=ended - step.started, output=""
            )
    reason = f"a bug of reifierd: {error!r}"
    run = journal.run(job.run_id)
    if run is None or run.state is RunState.RUNNING:  # else it had ended, and only its receipt is missing
        journal.end_run(job.run_id, RunState.FAILED, ended, reason)
        run = journal.run(job.run_id)
    assert run is not None  # `end_run` has found it
    write_receipt(from_journal(run, house), house, run.reason)


def _send_back(job: Job, house: House) -> str | None:
    """Move the file back to drafts/, unless somebody changed or took it meanwhile; returns what to say about it."""
    path = house.layout.root / job.name
    try:
        if path.read_bytes() != job.data:
            return None
        moved = move_no_replace(path, house.layout.folder(DRAFTS))
    except (OSError, ReifierError) as error:
        return f"the file could not be moved back to {DRAFTS}/: {error}"
    approval = house.ledger.journal.approval(job.name)
    if approval is not None:  # its next arrival is a new consent, also when no look sees it missing in between
        gone = replace(approval, state=FileState.GONE, hold=None, reason=f"refused, and back in {DRAFTS}/")
        house.persist(lambda: house.ledger.journal.put_approval(gone))
    return f"the file is back in {DRAFTS}/{moved.name}, unchanged"


class Attempt:
    """The parts of one run that its report needs. A rehearsal and a dry run use what `prepare` leaves behind."""

    def __init__(self, job: Job, house: House) -> None:
        self.job, self.house = job, house
        self.runbook: Runbook = parse_runbook(job.data)
        self.plan = Plan()
        self.values = Values({}, {})
        self.notes: tuple[str, ...] = ()
        self.override = ""
        self.left: tuple[Left, ...] = ()
        self.environment: dict[str, str] = {}
        self.told = False
        self.umask = 0o022

    def tell(self) -> None:
        """That the run began, once; not before its first step was started, which would wait for it."""
        if not self.told:
            self.told = True
            fields = {"run": self.job.run_id, "runbook": self.job.name, "resumed": bool(self.job.resumed)}
            self.house.on_event("run", fields)

    def outcome(self) -> Outcome:
        try:
            return self._outcome()
        except ReifierError as error:  # of the ledger or the private folder: nothing more was started
            return Outcome(RunState.FAILED, str(error))

    def _outcome(self) -> Outcome:
        if refused := self.prepare():
            return refused
        if self.values.missing:
            names = ", ".join(p.name for p in self.values.missing)
            return Outcome(RunState.REFUSED, f"parameters without a value: {names}")
        if self.runbook.front.get("on_approval") == "file":
            return Outcome(RunState.FILED, "filed in the library, as its front matter says (on_approval: file)")
        return self._perform()

    def prepare(self) -> Outcome | None:
        """Everything that is decided before the first step: values, plan, environment; or why it is refused."""
        try:
            self.values = self._values()
        except ReifierError as error:
            return Outcome(RunState.REFUSED, str(error))
        self._learn()
        self._make_plan()
        if self.plan.refusals:
            first = self.plan.refusals[0]
            return Outcome(RunState.REFUSED, f"line {first.line}: {first.reason}")
        return None

    def _values(self) -> Values:
        return resolve(
            self.runbook.params, self.job.given, from_file(self.house.config_dir), from_environment(os.environ)
        )

    def _learn(self) -> None:
        """Hide secrets in whatever is written from here on."""
        for name, value in self.values.secret.items():
            self.house.redactor.learn(value, name)

    def _front_umask(self) -> list[Refusal]:
        """`umask` in the front matter, octal, as it was when the session was recorded."""
        text = str(self.runbook.front.get("umask", "022"))
        if not re.fullmatch(r"0?[0-7]{1,3}", text):
            return [Refusal(1, f"umask {text} in the front matter is no octal number", "umask: '022'")]
        self.umask = int(text, 8)
        return []

    def _front_env(self) -> tuple[dict[str, str], list[Refusal]]:
        found = {} if self.runbook.fatal else self.runbook.front.get("env") or {}
        bad = [name for name in found if hijacks(name)]
        refusals = [
            Refusal(1, f"env sets {name}, which changes what the shell itself does", "remove it") for name in bad
        ]
        return {str(name): str(value) for name, value in found.items()}, refusals

    def _make_plan(self) -> None:
        house = self.house
        env, wrong = self._front_env()
        self.environment = {**clean_environment(os.environ), **env, **self.values.plain}
        overridable = frozenset(house.settings.overridable)
        host = socket.gethostname()
        context = guard_context(house.protected, self.environment, host, overridable)
        today = datetime.now(UTC).date()
        lifted, notes = front_overrides(self.runbook, today) if not self.runbook.fatal else (frozenset[str](), ())
        grounds = Grounds(
            judge=StepJudge(house.guard, context, env),
            host=host,
            which=lambda name: shutil.which(name, path=self.environment["PATH"]),
            overridden=lifted | self.job.overrides,
            overridable=overridable,
        )
        plan = make_plan(self.runbook, grounds)
        self.plan = replace(plan, refusals=(*wrong, *self._front_umask(), *plan.refusals))
        self.notes = (
            *notes,
            *self._said_overrides(lifted),
            *(f"to be answered by you: {q.text}" for q in self.runbook.questions),
        )
        self._offer_override(lifted, today)

    def _said_overrides(self, lifted: frozenset[str]) -> tuple[str, ...]:
        by = [(lifted, "the front matter"), (self.job.overrides, "reifierd approve --override")]
        return tuple(f"the rule {rule} is overridden by {where}" for rules, where in by for rule in sorted(rules))

    def _offer_override(self, lifted: frozenset[str], today: date) -> None:
        """The line to paste, where a person's word is all that is wanting."""
        refusals = self.plan.refusals
        if refusals and all(r.overridable for r in refusals):
            rules = {r.rule for r in refusals} | lifted
            self.override = override_line(self.runbook, rules, today + timedelta(days=1))

    def _perform(self) -> Outcome:
        job, house = self.job, self.house
        journal = house.ledger.journal
        steps = journal.steps(job.run_id) if job.resumed else []
        progress = progress_of(steps, self.plan)
        state = None
        if progress.done and not job.fresh:
            state = load_state(house.private(job.run_id))
            if state is None:
                hint = f"reifierd resume {job.run_id} --fresh"
                return Outcome(RunState.STOPPED, f"the shell state that it left is gone; with a new shell: {hint}")
            self._say_missed(lost_of(house.private(job.run_id)))
            state = state.with_exported(self.values.plain)
        live = Live(journal, job.run_id)

        def say(kind: str, fields: Mapping[str, Any]) -> None:
            self.tell()
            live.line(kind, fields)
            house.on_event(kind, fields)

        performer = Performer(
            run_id=job.run_id,
            plan=self.plan,
            values=self.values,
            settings=house.settings,
            journal=journal,
            folder=house.private(job.run_id),
            stop=job.stop,
            paused=lambda: paused(house.layout.root),
            live=live.feed,
            say=say,
            persist=house.persist,
            environment=self.environment,
            umask=self.umask,
            confirm_each=self.runbook.front.get("confirm") == "each",
            go_on=job.resumed is not None,
            progress=progress,
            state=state,
        )
        outcome = performer.run()
        live.flush()
        self.left = outcome.left_running
        self.notes += outcome.notes
        if outcome.state in KEPT:
            self._say_missed(performer.keep_state())
        return outcome

    def _say_missed(self, names: Collection[str]) -> None:
        note = f"these held a secret and are not kept for a resume: {', '.join(names)}"
        if names and note not in self.notes:
            self.notes += (note,)

    def receipt(self, outcome: Outcome, started: float, ended: float) -> Receipt:
        return Receipt(
            run_id=self.job.run_id,
            runbook=self.job.name,
            title=self.runbook.title,
            sha256=self.job.sha256,
            result=outcome.state,
            started=started,
            ended=ended,
            reason=outcome.reason,
            plan=self.plan,
            steps=tuple(self.house.ledger.journal.steps(self.job.run_id)),
            missing=self.values.missing if outcome.state is RunState.REFUSED else (),
            left_running=self.left,
            notes=self.notes,
            override=self.override if outcome.state is RunState.REFUSED else "",
            has_front=bool(self.runbook.front),
            next=self._next(outcome.state),
        )

    def _next(self, state: RunState) -> tuple[str, ...]:
        name, run_id = Path(self.job.name).stem, self.job.run_id
        if state is RunState.REFUSED and self.override:
            rules = " ".join(f"--override {r}" for r in sorted({r.rule for r in self.plan.refusals}))
            return (f"if you mean it: reifierd approve {name} {rules}",)
        if state is RunState.REFUSED and self.plan.refusals:
            return ("edit the file where it is refused, then move it into runbooks/approved/ again",)
        if state is RunState.REFUSED and self.values.missing:
            return (f"reifierd approve {name} {_param_options(self.values.missing)}",)
        if state in (RunState.FAILED, RunState.STOPPED):
            return (
                f"look at what failed; then go on at that step: reifierd resume {run_id}",
                f"or run all of it again: reifierd approve {name}",
            )
        return ()


def _param_options(missing: tuple[Param, ...]) -> str:
    return " ".join(f"--param {p.name}=…" for p in missing)
