"""A step as it will be given to its shell, and what speaks against running it. Pure: the guard's judgement comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reifierd.documents.model import Step
from reifierd.execution.environment import hijacks
from reifierd.shell.lower import MAX_SIZE
from reifierd.shell.model import Finding, Judgement, Verdict

_NOT_READ = frozenset({"not-judged", "not-parsed"})  # the guard's rules for what it could not read


@dataclass(frozen=True)
class PlannedStep:
    """A step as it will be given to its shell; `command` has its placeholders turned into expansions."""

    step: Step
    command: str
    judgement: Judgement

    @property
    def n(self) -> int:
        return self.step.n


@dataclass(frozen=True)
class Refusal:
    """Why a run does not start: where, what, the safer way. `overridable` says that a person's word can lift it."""

    line: int
    reason: str
    alternative: str = ""
    rule: str = ""
    command: str = ""
    overridable: bool = False


@dataclass(frozen=True)
class Lifts:
    """`overridden` are rules that a person's word lifts (from the front matter and from `approve --override`),
    `overridable` refuse-rules that this installation lets a person lift."""

    overridden: frozenset[str] = frozenset()
    overridable: frozenset[str] = frozenset()


def against(planned: PlannedStep, lifts: Lifts) -> list[Refusal]:
    """What speaks against a step, wherever it stands: its attributes, and what the guard found."""
    return [*_attributes(planned.step), *_guard(planned, lifts)]


def host_refusals(front: Mapping[str, object], host: str) -> list[Refusal]:
    """A file whose front matter names `hosts` runs on these alone."""
    named = front.get("hosts") or []
    hosts = [named] if isinstance(named, str) else list(named) if isinstance(named, list) else []
    if not hosts or host in hosts or host.split(".", maxsplit=1)[0] in hosts:
        return []
    reason = f"it may only run on {', '.join(map(str, hosts))}, and this is {host}"
    return [Refusal(1, reason, "approve it there, or change hosts in the front matter")]


def _attributes(step: Step) -> list[Refusal]:
    found = []
    if step.attributes.interactive:
        found.append("it is interactive: it needs a person at a terminal, and the daemon has none")
    found += [
        f"its env sets {name}, which changes what the shell itself does"
        for name, _ in step.attributes.env
        if hijacks(name)
    ]
    alternative = "run it by hand, and mark it excludeFromRunAll" if step.attributes.interactive else "remove it"
    return [Refusal(step.line, reason, alternative, command=step.command) for reason in found]


def _guard(planned: PlannedStep, lifts: Lifts) -> list[Refusal]:
    judgement = planned.judgement
    if len(planned.command) > MAX_SIZE and judgement.findings:
        judgement = replace(judgement, findings=tuple(dict.fromkeys(_too_long(planned, f) for f in judgement.findings)))
    refusals = [
        _refusal(planned.step, finding, lifts)
        for finding in judgement.findings
        if finding.severity is not Verdict.ALLOW and not _lifted(finding, lifts)
    ]
    if judgement.verdict is not Verdict.ALLOW and not judgement.findings:
        why = judgement.view.unread or "the guard does not allow it"
        refusals.append(Refusal(planned.step.line, why, command=planned.step.command))
    return refusals


def _too_long(planned: PlannedStep, finding: Finding) -> Finding:
    if finding.rule not in _NOT_READ:
        return finding
    size = len(planned.command)
    reason = f"this step has {size} characters, more than the {MAX_SIZE} that the guard reads, so nothing can judge it"
    alternative = "split the block, or keep the long text in a file that a short step uses"
    return replace(finding, reason=reason, alternative=alternative)


def _lifted(finding: Finding, lifts: Lifts) -> bool:
    may = finding.severity is Verdict.OVERRIDE or finding.rule in lifts.overridable
    return may and finding.rule in lifts.overridden


def _refusal(step: Step, finding: Finding, lifts: Lifts) -> Refusal:
    return Refusal(
        step.line + finding.line - 1,
        finding.reason,
        finding.alternative,
        finding.rule,
        finding.command or step.command,
        finding.severity is Verdict.OVERRIDE or finding.rule in lifts.overridable,
    )
