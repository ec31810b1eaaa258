"""A rehearsal: a runbook is performed in a sandbox by the same code that a run uses, and nothing of it is real.

Rules
- Planned and judged like a run, first. What the guard refuses is not rehearsed either. What needs a person's override
  is: seeing what it does is what a rehearsal is for; the run itself still asks for the override.
- A Fix step that talks to what a sandbox cuts off (a service, a cluster) may fail here and not in a run: the rehearsal
  goes on behind it, and says so.
- The journal of a rehearsal is a ledger in the sandbox's own memory; the workspace's is not touched.
- Started as `python -m reifierd.loops.operator.rehearsal FD` by `rehearse`, with an `Order` at its standard input.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reifierd.documents.model import SectionKind
from reifierd.errors import ReifierError
from reifierd.execution import process
from reifierd.execution.sandbox.compare import Change, changes
from reifierd.execution.sandbox.cover import PRIVATE
from reifierd.execution.sandbox.inside import Tell, enter
from reifierd.execution.sandbox.model import Box, Limits
from reifierd.execution.sandbox.outside import rehearsed
from reifierd.execution.step import Stop
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Run, RunState
from reifierd.loops.operator.attempt import Attempt
from reifierd.loops.operator.perform import Performer
from reifierd.loops.operator.plan import Plan
from reifierd.redaction import Redactor
from reifierd.runs.house import House
from reifierd.runs.job import Job
from reifierd.runs.params import Values
from reifierd.runs.planned import PlannedStep
from reifierd.runs.settings import RunSettings
from reifierd.runs.stepping import Stepper
from reifierd.shell.model import EffectKind

_ID = "rehearsal"
_GRACE = 2.0  # seconds between SIGTERM and SIGKILL: nothing here needs to be put away well
_OUTPUT = 64_000  # bytes of a step's output that are kept
_CUT_OFF = frozenset({
    EffectKind.SERVICE, EffectKind.POWER, EffectKind.NETWORK_EXEC, EffectKind.NETWORK_WRITE, EffectKind.FIREWALL,
    EffectKind.DATABASE, EffectKind.CONTAINER, EffectKind.CLOUD, EffectKind.KUBERNETES, EffectKind.INFRASTRUCTURE,
    EffectKind.PROCESS,
})  # fmt: skip
_MEETS_NOBODY = ("DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "SSH_AGENT_PID")


@dataclass(frozen=True)
class Order:
    """What the sandbox's worker is told."""

    plan: Plan
    values: Values
    settings: RunSettings
    environment: dict[str, str]
    umask: int
    box: Box


@dataclass(frozen=True)
class Rehearsal:
    """What is known of a runbook before anything real happens.

    `state` is how a run would have ended, None where nothing was performed (`reason` says why); `steps` are rows as a
    journal has them; `cut_off` are (line, effect) of steps that talk to what a sandbox cuts off; `asks` are the rules
    that a run needs an override for; `left_out` are (path, why) that the sandbox could not show; `over` names a bound
    that was reached; `went_on` are lines of steps that failed for what is cut off.
    """

    plan: Plan
    sha256: str = ""
    title: str = ""
    missing: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    state: RunState | None = None
    reason: str = ""
    steps: tuple[dict[str, Any], ...] = ()
    changes: tuple[Change, ...] = ()
    cut_off: tuple[tuple[int, str], ...] = ()
    left_running: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    over: str = ""
    went_on: tuple[int, ...] = ()

    @property
    def would_run(self) -> bool:
        """Whether a run would begin its first step without another word of a person."""
        return not (self.state is RunState.REFUSED or self.asks or self.missing)


def planned(job: Job, house: House) -> tuple[Attempt, Rehearsal]:
    """The plan, with what only needs an override let through; `reason` is set where it is refused all the same."""
    attempt = Attempt(job, house)
    refused, said = attempt.prepare(), attempt.notes
    needs = {r.rule for r in attempt.plan.refusals if r.overridable and r.rule not in house.settings.overridable}
    if needs:
        wish = replace(job.wish, overrides=tuple({*job.wish.overrides, *needs}))
        attempt = Attempt(replace(job, wish=wish), house)
        refused = attempt.prepare()
    asks = tuple(sorted(needs.difference(job.wish.overrides)))
    facts = Rehearsal(
        attempt.plan,
        job.sha256,
        attempt.runbook.title,
        tuple(p.name for p in attempt.ground.values.missing),
        asks,
        (*said, *attempt.plan.notes),
        RunState.REFUSED if refused else None,
        refused.reason if refused else "",
        cut_off=tuple(_cut_off(attempt.plan)),
    )
    return attempt, facts


def rehearse(job: Job, house: House, limits: Limits, hidden: tuple[str, ...]) -> Rehearsal:
    """Plan it, perform it in a sandbox, and compare. UsageError: this system forbids sandboxes.

    Parameters without a value stop it like a run.
    """
    attempt, facts = planned(job, house)
    if facts.state is RunState.REFUSED:
        return facts
    if facts.missing:
        return replace(facts, state=RunState.REFUSED, reason=f"parameters without a value: {', '.join(facts.missing)}")
    environment = {n: v for n, v in attempt.ground.environment.items() if n not in _MEETS_NOBODY}
    settings = house.settings.model_copy(
        update={
            "grace": min(house.settings.grace, _GRACE),
            "output_cap": min(house.settings.output_cap, _OUTPUT),
            "units": False,  # the service manager is outside
        }
    )
    plan = replace(attempt.plan, fix=tuple(map(_lenient, attempt.plan.fix)))
    order = Order(plan, attempt.ground.values, settings, environment, attempt.ground.umask, Box(limits, hidden))
    said = list(rehearsed(__name__, order, limits, {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}))
    return _heard(facts, said, house.redactor.text)


def _heard(facts: Rehearsal, said: list[dict[str, Any]], clean: Callable[[str], str]) -> Rehearsal:
    """What a sandbox told is a stranger's data: only what has the right shape counts, and all of it is cleaned."""
    records = [line["change"] for line in said if isinstance(line.get("change"), dict)]
    told: dict[str, Any] = next((line["performed"] for line in said if isinstance(line.get("performed"), dict)), {})
    over = clean(str(next((line["over"] for line in said if "over" in line), "")))
    rows = {(s["n"], s["attempt"]): s for s in (line["step"] for line in said if isinstance(line.get("step"), dict))}
    steps = tuple({k: clean(v) if isinstance(v, str) else v for k, v in s.items()} for s in rows.values())
    cut_off = {line for line, _ in facts.cut_off}
    failed = [s["line"] for s in steps if s["section"] == SectionKind.FIX and s["exit"] and s["line"] in cut_off]
    left_out = [line["left_out"] for line in said if isinstance(line.get("left_out"), list)]
    return replace(
        facts,
        state=RunState(told["state"]) if told else RunState.STOPPED,
        reason=clean(str(told.get("reason", ""))) if told else over,
        steps=steps,
        changes=tuple(changes(records, clean)),
        left_running=tuple(clean(str(c)) for c in told.get("left_running", ())),
        left_out=tuple((clean(str(path)), str(why)) for some in left_out for path, why in some),
        over=over,
        went_on=tuple(dict.fromkeys(failed)),
    )


def _cut_off(plan: Plan) -> Iterator[tuple[int, str]]:
    for one in plan.steps:
        yield from ((one.step.line, kind.value) for kind in _outward(one))


def _outward(one: PlannedStep) -> list[EffectKind]:
    return sorted({e.kind for e in one.judgement.view.effects} & _CUT_OFF)


def _lenient(one: PlannedStep) -> PlannedStep:
    if not _outward(one):
        return one
    attributes = replace(one.step.attributes, continue_on_error=True)
    return replace(one, step=replace(one.step, attributes=attributes))


def in_order(plan: Plan) -> tuple[PlannedStep, ...]:
    """The steps as a run comes to them; gates are Verify's own, asked beforehand too."""
    return (*plan.preconditions, *plan.diagnosis, *plan.fix, *plan.verify, *plan.rollback)


def perform(order: Order, tell: Tell) -> None:
    """Inside: what a run does, with a journal that nobody keeps."""
    process.adopt_orphans()
    redactor = Redactor()
    for name, value in order.values.secret.items():
        redactor.learn(value, name)
    try:
        told = _performed(order, redactor, tell)
    except ReifierError as error:  # the sandbox's own memory is full, say
        told = {"state": RunState.STOPPED.value, "reason": str(error)}
    tell({"performed": told})


def _performed(order: Order, redactor: Redactor, tell: Tell) -> dict[str, Any]:
    """Each step's row is told when it begins and when it ends: a bound may end us in the middle."""
    folder = Path(PRIVATE)

    def say(_kind: str, fields: Mapping[str, object]) -> None:
        rows = [s for s in ledger.journal.steps(_ID) if (s.n, s.section) == (fields["n"], fields["section"])]
        tell({"step": asdict(rows[-1]) | {"state": rows[-1].state.value}})

    with open_ledger(folder / "journal" / "ledger.sqlite3", redactor) as ledger:
        ledger.journal.start_run(Run(_ID, _ID, "", RunState.RUNNING, 0.0, pid=os.getpid()))
        stepper = Stepper(
            run_id=_ID,
            settings=order.settings,
            journal=ledger.journal,
            folder=folder / "run",
            stop=Stop(),
            paused=lambda: False,
            live=lambda _: None,
            say=say,
            persist=lambda write: write(),
            environment=order.environment,
            secrets=order.values.secret,
            umask=order.umask,
        )
        (folder / "run").mkdir(mode=0o700)
        outcome = Performer(order.plan, stepper).run()
    left = [each.command for each in outcome.left_running]
    return {"state": outcome.state.value, "reason": outcome.reason, "left_running": left}


def main() -> None:
    """The worker's own process: reads its order, then is in the sandbox."""
    given = sys.stdin.buffer
    order: Order = pickle.loads(given.read(int.from_bytes(given.read(8), "big")))  # noqa: S301 - of our own parent

    def mapped() -> None:
        given.read(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)

    pipe = int(sys.argv[1])
    os.set_inheritable(pipe, False)
    enter(order.box, pipe, mapped, lambda tell: perform(order, tell))


if __name__ == "__main__":
    main()
