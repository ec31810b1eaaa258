"""An analysis as a Draft: steps with their attributes, doubts, notes, parameters and front matter. Pure.

Fix steps stand in the order in which they were typed, each setting right before the first step that uses it, and again
where another terminal gave the same name another value in between. Diagnosis holds only what is known to read only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2s

from reifierd.documents.draft import Code, Draft, DraftStep, ManualStep, Prose, Source, Trigger
from reifierd.documents.model import Attributes, Param, SectionKind
from reifierd.ledger.records import Session
from reifierd.loops.scribe.edits import patch_block, replayable, with_sudo
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.naming import title
from reifierd.loops.scribe.notes import ends_processes, notes, process_ids, told_by
from reifierd.loops.scribe.secret_names import needed_names
from reifierd.loops.scribe.sections import Analysis, Check, is_edit
from reifierd.loops.scribe.surroundings import alone, inherited
from reifierd.loops.scribe.symptom import Symptom
from reifierd.loops.scribe.wants import needs
from reifierd.loops.scribe.wording import quoted
from reifierd.shell import ShellView
from reifierd.shell.looking import looks_only

LONG = 100.0  # seconds; a step that took longer gets three times as long, instead of the daemon's own limit
SETTLING = 3  # more attempts for what asks a service that was just started: it may need a moment


def only_looks(view: ShellView) -> bool:
    """What may stand under Diagnosis: known to read only, or an unknown program asked for its status or the like."""
    return view.unread is None and all(looks_only(c) for c in view.commands)


@dataclass(frozen=True)
class Setting:
    """What is known outside the commands. `programs` maps a program to the file it was; `path` is the recorded PATH
    where a step needs it; `reads_only` says whether the guard will take a view for Diagnosis."""

    symptom: Symptom | None = None
    programs: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    host: str = ""
    reads_only: Callable[[ShellView], bool] = only_looks


def compose(analysis: Analysis, session: Session, setting: Setting) -> Draft:
    """The draft of one session."""
    first = analysis.facts[0].command if analysis.facts else None
    steps = (*_diagnosis(analysis, setting), *_fix(analysis, setting), *_verify(analysis, setting))
    kept = sum(isinstance(s, DraftStep) for s in steps)
    umask = {f.command.umask for f in analysis.fix if f.command.umask} - {"0022", "022", "22"}
    front: list[tuple[str, object]] = [("umask", sorted(umask)[0])] if len(umask) == 1 else []
    source = Source(
        (first.host if first else "") or setting.host,
        (first.shell if first else "") or "bash",
        session.id,
        len(analysis.facts),
        kept,
        dict(setting.programs),
    )
    return Draft(
        id=_id(session, source.host),
        title=title(analysis),
        created=datetime.fromtimestamp(session.started, UTC).strftime("%Y-%m-%d %H:%M"),
        source=source,
        symptom=_symptom(setting.symptom),
        triggers=(Trigger(setting.symptom.pattern, setting.symptom.log),) if setting.symptom else (),
        params=_params(steps, analysis),
        steps=steps,
        notes=tuple(notes(analysis)),
        front=tuple(front),
    )


def _id(session: Session, host: str) -> str:
    """`rb-YYYYMMDD-HHMMSS-xxxx`: the same for the same session on the same host, whenever it is drafted."""
    when = datetime.fromtimestamp(session.started, UTC).strftime("%Y%m%d-%H%M%S")
    return f"rb-{when}-{blake2s(f'{host} {session.id}'.encode(), digest_size=2).hexdigest()}"


def _symptom(found: Symptom | None) -> Prose:
    if found is None:
        return ""
    when = ""
    if found.first is not None and found.last is not None:
        one, other = (datetime.fromtimestamp(t, UTC).strftime("%H:%M") for t in (found.first, found.last))
        when = f" at {one} UTC" if one == other else f" between {one} and {other} UTC"
    lines = "1 line" if found.count == 1 else f"{found.count} lines"
    return (Code(found.line), f" ({lines} in ", Code(found.log), f"{when})")


def _diagnosis(analysis: Analysis, setting: Setting) -> list[DraftStep | ManualStep]:
    section = SectionKind.DIAGNOSIS
    found: list[DraftStep | ManualStep] = []
    looked = [f for f in analysis.manual if not is_edit(f)]
    for fact in sorted((*analysis.diagnosis, *looked), key=lambda f: f.n):
        if fact.kind is Kind.MANUAL:
            step: DraftStep | ManualStep = ManualStep(section, ("look with ", Code(fact.shape)))
        else:
            env, text = alone(fact, analysis.facts)
            note = f"exit {fact.exit} when it was recorded" if fact.exit else ""
            step = DraftStep(section, text, attributes=_attributes(fact, env, setting), note=note)
            if not setting.reads_only(fact.view) or _only_here(text, analysis):
                what = (f" (exit {fact.exit} when it was recorded)",) if fact.exit else ()
                step = ManualStep(section, ("ask ", Code(fact.shape), *what))
        if step not in found:
            found.append(step)
    return found


def _fix(analysis: Analysis, setting: Setting) -> list[DraftStep | ManualStep]:
    spoken = frozenset().union(*(f.uses for f in analysis.facts))
    emitted: dict[str, int] = {}
    done: set[int] = set()
    found: list[DraftStep | ManualStep] = []
    started = False

    def settings(fact: Fact) -> None:
        for n in sorted(needs(fact, spoken)):
            source = analysis.facts[n]
            if any(emitted.get(name) != n for name, _ in source.sets) and source.kind is not Kind.CHANGE:
                settings(source)
                emitted.update({name: n for name, _ in source.sets})
                done.add(n)
                found.append(_setting(source, setting))

    for fact in sorted((*analysis.fix, *(f for f in analysis.manual if is_edit(f))), key=lambda f: f.n):
        if fact.n in done:
            continue
        if fact.kind is Kind.STATE:
            if not fact.sets:
                found.append(_setting(fact, setting))
            continue
        settings(fact)
        found += [_patient(step, fact, started) for step in _change(fact, analysis, setting)]
        started = bool(fact.services) or (started and not _is_client(fact))
        emitted.update({name: fact.n for name, _ in fact.sets})
    return found


def _is_client(fact: Fact) -> bool:
    return bool(set(fact.programs) & knowledge().programs["clients"])


def _patient(step: DraftStep | ManualStep, fact: Fact, started: bool) -> DraftStep | ManualStep:
    """A client's change right after a start: a person types slower than a service comes up, a run does not."""
    if isinstance(step, ManualStep) or not started or not _is_client(fact):
        return step
    return replace(step, attributes=replace(step.attributes, retry=SETTLING))


def _setting(fact: Fact, setting: Setting) -> DraftStep:
    constant = fact.sets and all(value is not None for _, value in fact.sets)
    attributes = Attributes() if constant else _attributes(fact, inherited(fact), setting)
    return DraftStep(SectionKind.FIX, fact.text, attributes=attributes)


def _change(fact: Fact, analysis: Analysis, setting: Setting) -> list[DraftStep | ManualStep]:
    section = SectionKind.FIX
    doubt: Prose = quoted(analysis.pruned.doubts[fact.n]) if fact.n in analysis.pruned.doubts else ""
    if fact.kind is Kind.MANUAL:
        where = f" in {fact.cwd}" if fact.cwd else ""
        return [ManualStep(section, (Code(fact.shape), f"{where}: what was changed there was not recorded"))]
    if fact.by_hand:
        return _edits(fact, doubt)
    pid = process_ids(fact)
    if pid and (source := told_by(fact, analysis)):
        asked = fact.text.replace(pid, f"$({source.text})", 1)
        asked_by: Prose = (f"the number {pid} was typed; it is asked for anew by ", Code(source.shape))
        attributes = replace(_attributes(source, inherited(source), setting), continue_on_error=ends_processes(fact))
        return [DraftStep(section, asked, attributes=attributes, note=asked_by, doubt=doubt)]
    if pid:
        return [ManualStep(section, (Code(fact.shape), f": find the process first, {pid} was its number that day"))]
    note: Prose = "its exit code was not known" if fact.exit is None else ""
    known = any(f.exit is not None for f in analysis.facts)
    attributes = _attributes(fact, inherited(fact), setting)
    if ends_processes(fact):
        attributes, note = replace(attributes, continue_on_error=True), "goes on where the process is gone already"
    return [DraftStep(section, fact.text, attributes=attributes, note=note if known else "", doubt=doubt)]


def _edits(fact: Fact, doubt: Prose) -> list[DraftStep | ManualStep]:
    """A block for each file that an editor changed; a note where the diff cannot be written down."""
    section = SectionKind.FIX
    steps: list[DraftStep | ManualStep] = []
    for edit in (e for e in fact.edits if e.diff):
        if replayable(edit):
            block = patch_block(edit, sudo=with_sudo(fact))
            steps.append(
                DraftStep(
                    section, block, title=f"Edit {edit.path}", note=("as done with ", Code(fact.shape)), doubt=doubt
                )
            )
        else:
            steps.append(
                ManualStep(
                    section,
                    (
                        "edit ",
                        Code(edit.path),
                        " as was done with ",
                        Code(fact.shape),
                        ": the change holds a secret or cannot be shown",
                    ),
                )
            )
    return steps


def _verify(analysis: Analysis, setting: Setting) -> list[DraftStep | ManualStep]:
    started = any(f.services for f in analysis.fix)
    return [_check(check, analysis, setting, started) for check in analysis.verify]


def _only_here(text: str, analysis: Analysis) -> set[str]:
    """The secrets that this look needs and no Fix step does: a run must not wait for a secret only to look."""
    names = {p.name for f in analysis.facts for p in f.command.params}
    return set(needed_names([text], names)) - set(needed_names((f.text for f in analysis.fix), names))


def _check(check: Check, analysis: Analysis, setting: Setting, started: bool) -> DraftStep | ManualStep:
    env, text = alone(check.fact, analysis.facts)
    if _only_here(text, analysis):
        return ManualStep(SectionKind.VERIFY, ("check ", Code(check.fact.shape), ", which needs a secret"))
    again = SETTLING if started else 0
    return DraftStep(
        SectionKind.VERIFY, text, attributes=_attributes(check.fact, env, setting, gate=check.gate, retry=again)
    )


def _attributes(
    fact: Fact, env: Mapping[str, str], setting: Setting, *, gate: bool = False, retry: int = 0
) -> Attributes:
    path = {"PATH": setting.path} if setting.path and fact.kind is not Kind.STATE else {}
    took = fact.command.duration or 0.0
    return Attributes(
        cwd=fact.place,
        env=tuple(sorted((dict(env) | path).items())),
        timeout=float(int(took * 3)) if took > LONG else None,
        gate=gate,
        retry=retry,
    )


def _params(steps: tuple[DraftStep | ManualStep, ...], analysis: Analysis) -> tuple[Param, ...]:
    known = {p.name: p.help for f in analysis.facts for p in f.command.params}
    run = [s.command for s in steps if isinstance(s, DraftStep)]
    return tuple(Param(name, secret=True, help=known[name]) for name in needed_names(run, known))
