"""What a run of a file stands on, decided before its first step: values, environment, umask, overrides."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from reifierd.documents.model import Param
from reifierd.execution.environment import clean_environment, hijacks
from reifierd.runs.house import House
from reifierd.runs.job import Job
from reifierd.runs.judging import Bench, StepJudge, guard_context
from reifierd.runs.live import Live
from reifierd.runs.overrides import front_overrides
from reifierd.runs.params import Values, from_environment, from_file, resolve
from reifierd.runs.planned import Lifts, Refusal
from reifierd.runs.stepping import Stepper
from reifierd.workspace.root import paused


@dataclass(frozen=True)
class Ground:
    """`exported` is the front matter's own `env`, `lifted` the rules that its overrides lift today; `wrong` is what
    speaks against it already, `notes` what a person should know."""

    values: Values = field(default_factory=lambda: Values({}, {}))
    environment: dict[str, str] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)
    umask: int = 0o022
    host: str = ""
    today: date = date.min
    lifted: frozenset[str] = frozenset()
    lifts: Lifts = field(default_factory=Lifts)
    wrong: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    def judge(
        self, house: House, start: str = "", more: Mapping[str, str] | None = None, bench: Bench | None = None
    ) -> StepJudge:
        """A judge of steps that share a shell, which begins in `start` (else $HOME) with `more` variables set. The
        verdicts are those of `bench` (else the guard)."""
        environment = {**self.environment, **(more or {})}
        context = guard_context(house.protected, environment, self.host, self.lifts.overridable)
        return StepJudge(bench or house.guard, context, self.exported, start)


def ground_of(front: Mapping[str, Any], params: Iterable[Param], sha256_bare: str, job: Job, house: House) -> Ground:
    """`front` is {} for a file that is not read. Secret values are hidden from here on in whatever is written.

    Raises ReifierError: a value that cannot be used, a params.toml that others can read.
    """
    values = resolve(params, job.given, from_file(house.config_dir), from_environment(os.environ))
    for name, value in values.secret.items():
        house.redactor.learn(value, name)
    exported = {str(name): str(value) for name, value in (front.get("env") or {}).items()}
    umask, no_umask = _umask(front)
    today = datetime.now(UTC).date()
    lifted, notes = front_overrides(front, sha256_bare, today)
    said = frozenset(job.wish.overrides)
    by = [(lifted, "the front matter"), (said, "reifierd approve --override")]
    return Ground(
        values,
        {**clean_environment(os.environ), **exported, **values.plain},
        exported,
        umask,
        socket.gethostname(),
        today,
        lifted,
        Lifts(lifted | said, frozenset(house.settings.overridable)),
        (*_hijacking(exported), *no_umask),
        (*notes, *(f"the rule {rule} is overridden by {where}" for rules, where in by for rule in sorted(rules))),
    )


def stepper_of(job: Job, house: House, ground: Ground, tell: Callable[[], None]) -> tuple[Stepper, Live]:
    """What runs this job's steps; `tell` is called before each event of a step (it says that the run began, once)."""
    journal = house.ledger.journal
    live = Live(journal, job.run_id)

    def say(kind: str, fields: Mapping[str, Any]) -> None:
        tell()
        live.line(kind, fields)
        house.on_event(kind, fields)

    stepper = Stepper(
        run_id=job.run_id,
        settings=house.settings,
        journal=journal,
        folder=house.private(job.run_id),
        stop=job.stop,
        paused=lambda: paused(house.layout.root),
        live=live.feed,
        say=say,
        persist=house.persist,
        environment=ground.environment,
        secrets=ground.values.secret,
        umask=ground.umask,
    )
    return stepper, live


def _umask(front: Mapping[str, Any]) -> tuple[int, list[Refusal]]:
    """`umask` in the front matter, octal, as it was when the session was recorded."""
    text = str(front.get("umask", "022"))
    if not re.fullmatch(r"0?[0-7]{1,3}", text):
        return 0o022, [Refusal(1, f"umask {text} in the front matter is no octal number", "umask: '022'")]
    return int(text, 8), []


def _hijacking(exported: Mapping[str, str]) -> list[Refusal]:
    return [
        Refusal(1, f"env sets {name}, which changes what the shell itself does", "remove it")
        for name in exported
        if hijacks(name)
    ]
