"""What a run will do, decided before any of it is done: steps in order, or the reasons why nothing may run.

Pure: a runbook, the guard's judgements and the overrides in, a plan out. Order (each stage may be empty):
Preconditions → gates (Verify checks, asked beforehand where one of them is marked) → Diagnosis → Fix → Verify,
and Rollback after a failure. Every block is judged, also one that may not come to run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reifierd.documents.fill import fill
from reifierd.documents.model import Runbook, SectionKind, Step
from reifierd.errors import Refused
from reifierd.runs.planned import Lifts, PlannedStep, Refusal, against, host_refusals
from reifierd.shell.looking import HARMLESS, known_changes, looks_only
from reifierd.shell.model import EffectKind, Judgement

GATE = "Gate"
_CHECK_MAY = HARMLESS | {EffectKind.UNKNOWN}


@dataclass(frozen=True)
class Plan:
    """Either `refusals`, or what to do. `skipped` holds steps that are left out, with the reason; `notes` is what a
    person should know before the first step."""

    preconditions: tuple[PlannedStep, ...] = ()
    gates: tuple[PlannedStep, ...] = ()
    diagnosis: tuple[PlannedStep, ...] = ()
    fix: tuple[PlannedStep, ...] = ()
    verify: tuple[PlannedStep, ...] = ()
    rollback: tuple[PlannedStep, ...] = ()
    skipped: tuple[tuple[PlannedStep, str], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[PlannedStep, ...]:
        """All of them once, in the order of the document."""
        every = (*self.preconditions, *self.diagnosis, *self.fix, *self.verify, *self.rollback)
        return tuple(sorted((*every, *(s for s, _ in self.skipped)), key=lambda s: s.n))


@dataclass(frozen=True)
class Grounds:
    """What a plan rests on besides the runbook."""

    judge: Callable[[Step, str], Judgement]
    host: str
    which: Callable[[str], str | None]
    lifts: Lifts = field(default_factory=Lifts)


def _turn(step: Step) -> tuple[int, int]:
    """When a step runs: by its section, then by its place. One may prepare what the next one means."""
    return list(SectionKind).index(step.section), step.n


def make_plan(runbook: Runbook, grounds: Grounds) -> Plan:
    """The plan of a whole run."""
    refusals = [Refusal(p.line, p.message, p.hint) for p in runbook.fatal]
    refusals += host_refusals(runbook.front, grounds.host)
    planned, skipped = [], []
    for step in sorted(runbook.steps, key=_turn):
        try:
            command = fill(step)
        except Refused as error:
            refusals.append(Refusal(step.line, error.message, error.hint, command=step.command))
            continue
        one = PlannedStep(step, command, grounds.judge(step, command))
        refusals += [*against(one, grounds.lifts), *_read_only(one)]
        if step.attributes.exclude_from_run_all:
            skipped.append((one, "marked excludeFromRunAll: a person runs it by hand"))
        else:
            planned.append(one)
    if not runbook.steps and not refusals:
        hint = "put a ```bash block under a heading such as ## Fix Sequence"
        refusals.append(Refusal(1, "there is no step in it", hint))
    by_kind = {kind: tuple(p for p in planned if p.step.section is kind) for kind in SectionKind}
    gates, notes = _gates(by_kind[SectionKind.VERIFY])
    return Plan(
        by_kind[SectionKind.PRECONDITIONS],
        gates,
        by_kind[SectionKind.DIAGNOSIS],
        by_kind[SectionKind.FIX],
        by_kind[SectionKind.VERIFY],
        by_kind[SectionKind.ROLLBACK],
        tuple(skipped),
        tuple(sorted(refusals, key=lambda r: r.line)),
        (*notes, *_source_notes(runbook.front, grounds), *_said_problems(runbook)),
    )


def _source_notes(front: Mapping[str, object], grounds: Grounds) -> list[str]:
    """The host and the programs that it was recorded with, where they are others now."""
    source = front.get("source")
    if not isinstance(source, dict):
        return []
    notes = []
    if source.get("host") and str(source["host"]) != grounds.host:
        notes.append(f"recorded on {source['host']}, run on {grounds.host}")
    programs = source.get("programs")
    for name, path in (programs if isinstance(programs, dict) else {}).items():
        now = grounds.which(str(name))
        if now != path:
            notes.append(f"{name} was {path} when this was recorded, and is {now or 'not found'} now")
    return notes


def _said_problems(runbook: Runbook) -> list[str]:
    return [f"line {p.line}: {p.message}" + (f" ({p.hint})" if p.hint else "") for p in runbook.problems if not p.fatal]


def _read_only(planned: PlannedStep) -> list[Refusal]:
    """Diagnosis looks and changes nothing; for a program that no table knows, a person says so with {readonly}."""
    step, view = planned.step, planned.judgement.view
    if step.section is not SectionKind.DIAGNOSIS or step.attributes.readonly:
        return []
    culprit = next((c for c in view.commands if not looks_only(c)), None)
    if culprit is None and view.unread is None:
        return []
    what = f"`{' '.join(w.source for w in culprit.argv)}`" if culprit else "this step"
    known = culprit and known_changes(culprit)
    reason = f"{what} stands under Diagnosis and " + (
        f"changes something ({', '.join(known)})" if known else "is not known to be read-only"
    )
    repair = "move it to Fix Sequence" + ("" if known else ", or mark the block {readonly} if it changes nothing")
    return [Refusal(step.line, reason, repair, command=step.command)]


def _gates(verify: tuple[PlannedStep, ...]) -> tuple[tuple[PlannedStep, ...], list[str]]:
    """The checks to ask before anything runs: all of Verify, where one is marked `{gate}` and none changes anything."""
    if not any(p.step.attributes.gate for p in verify):
        return (), []
    for planned in verify:
        attributes = planned.step.attributes
        changes = any(e.kind not in _CHECK_MAY for e in planned.judgement.view.effects)
        if changes and not (attributes.gate or attributes.readonly):
            return (), [
                f"not asked beforehand whether all is well: the check on line {planned.step.line} may change it"
            ]
    return verify, []
