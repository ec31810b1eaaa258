"""The receipt of a run: Markdown for a person, and its JSON twin. Pure: facts in, text out.

Both go through the redaction when they are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from reifierd.documents.model import Param
from reifierd.execution.process import Left
from reifierd.ledger.records import RunState, StepRun
from reifierd.loops.operator.plan import Plan
from reifierd.runs.markdown import SCHEMA, code, fenced, iso, line_of, listed, sentence, step_block, took
from reifierd.runs.planned import PlannedStep, Refusal
from reifierd.shell.telling import EXAMPLE, About, telling


@dataclass(frozen=True)
class Receipt:
    """All that a report says. Times are UTC seconds; `next` are commands to type or things to do, in order.

    `override` is the front matter line that lifts what was refused; `has_front` says whether there is one to put it in.
    """

    run_id: str
    runbook: str
    title: str
    sha256: str
    result: RunState
    started: float
    ended: float
    reason: str = ""
    plan: Plan = field(default_factory=Plan)
    steps: tuple[StepRun, ...] = ()
    missing: tuple[Param, ...] = ()
    left_running: tuple[Left, ...] = ()
    notes: tuple[str, ...] = ()
    override: str = ""
    has_front: bool = True
    next: tuple[str, ...] = ()


def as_json(receipt: Receipt) -> dict[str, Any]:
    """The JSON twin: steps that ran (every attempt, gates as section "Gate"), then those that did not."""
    planned = {p.n: p for p in receipt.plan.steps}
    ran = {s.n for s in receipt.steps}
    return {
        "schema": SCHEMA,
        "run_id": receipt.run_id,
        "runbook": receipt.runbook,
        "sha256": receipt.sha256,
        "result": receipt.result.value,
        "started": iso(receipt.started),
        "ended": iso(receipt.ended),
        "reason": receipt.reason,
        "missing_params": [p.name for p in receipt.missing],
        "refusals": [_refusal(r) for r in receipt.plan.refusals],
        "override": receipt.override,
        "notes": list(_notes(receipt)),
        "next": list(receipt.next),
        "steps": [_ran(s, planned.get(s.n)) for s in receipt.steps]
        + [_did_not_run(p, receipt.plan) for p in receipt.plan.steps if p.n not in ran],
        "left_running": [{"pid": left.pid, "command": left.command} for left in receipt.left_running],
    }


def as_markdown(receipt: Receipt) -> str:
    """The receipt for a person: the result first, then why and what next, then every step."""
    head = [
        f"# {line_of(receipt.title or receipt.runbook)}: {receipt.result.value}",
        f"- Runbook: {code(receipt.runbook)} (SHA-256 {receipt.sha256[:12]}…)\n- Run: {receipt.run_id}\n"
        f"- Started: {iso(receipt.started)}\n- Took: {took(receipt.ended - receipt.started)}",
    ]
    parts = [*head, sentence(receipt.reason), listed("Before the first step", _notes(receipt))]
    parts += [_missing(receipt.missing), _refusals(receipt), _override(receipt)]
    parts.append(listed("What to do next", receipt.next))
    parts += _steps(receipt)
    parts.append(listed("Left running", [f"pid {left.pid}: {code(left.command)}" for left in receipt.left_running]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _notes(receipt: Receipt) -> Iterable[str]:
    return (*receipt.notes, *receipt.plan.notes)


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "rule": refusal.rule,
        "line": refusal.line,
        "reason": refusal.reason,
        "alternative": refusal.alternative,
        "command": refusal.command,
        "overridable": refusal.overridable,
    }


def _common(planned: PlannedStep | None) -> dict[str, Any]:
    if planned is None:
        return {"verdict": "", "findings": []}
    findings = [
        {
            "rule": f.rule,
            "severity": f.severity.value,
            "reason": f.reason,
            "alternative": f.alternative,
            "command": f.command,
            "line": planned.step.line + f.line - 1,
        }
        for f in planned.judgement.findings
    ]
    return {"verdict": planned.judgement.verdict.value, "findings": findings}


def _ran(step: StepRun, planned: PlannedStep | None) -> dict[str, Any]:
    return {
        "n": step.n,
        "section": step.section,
        "name": step.name,
        "line": step.line,
        "command": planned.step.command if planned else step.command,
        "cwd": step.cwd,
        **_common(planned),
        "attempt": step.attempt,
        "exit": step.exit,
        "state": step.state.value,
        "started": iso(step.started),
        "duration": step.duration,
        "output": step.output,
    }


def _did_not_run(planned: PlannedStep, plan: Plan) -> dict[str, Any]:
    step = planned.step
    return {
        "n": step.n,
        "section": str(step.section),
        "name": step.attributes.name or step.title,
        "line": step.line,
        "command": step.command,
        "cwd": step.attributes.cwd,
        **_common(planned),
        "attempt": 0,
        "exit": None,
        "state": "skipped" if any(p is planned for p, _ in plan.skipped) else "not run",
        "started": None,
        "duration": None,
        "output": "",
    }


def _steps(receipt: Receipt) -> list[str]:
    ran = {s.n for s in receipt.steps}
    parts = ["## What ran"] if receipt.steps else ["Nothing was run."]
    section = ""
    for step in receipt.steps:
        if step.section != section:
            section = step.section
            parts.append(f"### {section}" + (" (asked beforehand)" if section == "Gate" else ""))
        parts.append(step_block(step))
    why = {p.n: reason for p, reason in receipt.plan.skipped}
    rest = [p for p in receipt.plan.steps if p.n not in ran]
    lines = [
        f"{p.step.section}, line {p.step.line}: {code(p.step.command)}" + (f" ({why[p.n]})" if p.n in why else "")
        for p in rest
    ]
    return [*parts, listed("What did not run", lines)]


def _missing(missing: tuple[Param, ...]) -> str:
    return listed(
        "Missing parameters", [f"{code(p.name)}" + (f": {line_of(p.help)}" if p.help else "") for p in missing]
    )


def _refusals(receipt: Receipt) -> str:
    parts = []
    for refusal in telling(receipt.plan.refusals, _about):
        rule = f" (rule {code(refusal.rule)})" if refusal.rule else ""
        text = f"Line {refusal.line}{rule}: {line_of(refusal.reason)}"
        if refusal.command:
            text += f"\n\n{fenced(refusal.command)}"
        if refusal.alternative:
            text += f"\n\n{_instead(refusal)}"
        parts.append(text)
    return "\n\n".join(["## Why it was refused", *parts]) if parts else ""


def _about(refusal: Refusal) -> About:
    return About(refusal.rule, refusal.command, refusal.line, int(not refusal.overridable))


def _instead(refusal: Refusal) -> str:
    """A rule brings an example; whatever else refuses says what to do."""
    if refusal.rule:
        return f"{EXAMPLE[0].upper()}{EXAMPLE[1:]} {code(refusal.alternative)}"
    return f"What to do: {line_of(refusal.alternative)}"


def _override(receipt: Receipt) -> str:
    """The two ways to say that it is meant: for this run, and until a day."""
    if not receipt.override:
        return ""
    rules = " ".join(f"--override {rule}" for rule in sorted({r.rule for r in receipt.plan.refusals}))
    once = code(f"reifierd approve {PurePath(receipt.runbook).stem} {rules}")
    line, place = receipt.override, "this line into its front matter (between the `---` lines)"
    if not receipt.has_front:
        line, place = f"---\n{line}\n---", "these lines at its very top, before anything else"
    return (
        f"## If you mean it\n\nFor one run only: {once}\n\n"
        f"Until the day in it, for exactly this text: put {place}, and move the file in again:\n\n"
        f"{fenced(line, 'yaml')}"
    )
