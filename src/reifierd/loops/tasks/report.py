"""The receipt of a task's run as Markdown; its JSON twin is the result itself. Pure: facts in, text out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reifierd.documents.task_result import Failure, Success
from reifierd.execution.process import Left
from reifierd.ledger.records import RunState, StepRun
from reifierd.runs.markdown import code, fenced, iso, line_of, listed, sentence, step_block, took
from reifierd.runs.planned import Refusal


@dataclass(frozen=True)
class TaskReceipt:
    """All that the report says besides the result. Times are UTC seconds."""

    run_id: str
    name: str
    title: str
    state: RunState
    started: float
    ended: float
    reason: str
    result: Success | Failure
    steps: tuple[StepRun, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    override: str = ""
    notes: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


def as_markdown(receipt: TaskReceipt) -> str:
    """The result first, then each criterion, then why and what next, then every command."""
    result = receipt.result
    status = result.status.value if isinstance(result, Success) else result.error
    parts = [
        f"# {line_of(receipt.title or receipt.name)}: {status}",
        f"- Task: {code(receipt.name)}\n- Run: {receipt.run_id}, {receipt.state.value}\n"
        f"- Started: {iso(receipt.started)}\n- Took: {took(receipt.ended - receipt.started)}",
        sentence(receipt.reason),
        *_criteria(result, receipt.reason),
        *_refusals(receipt),
        listed("To know", receipt.notes),
        listed("What to do next", result.next_steps if isinstance(result, Success) else result.recovery_suggestions),
        *_files(result),
        *_steps(receipt.steps),
        listed("Left running", [f"pid {left.pid}: {code(left.command)}" for left in receipt.left]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _criteria(result: Success | Failure, reason: str) -> Iterable[str]:
    if isinstance(result, Failure):
        yield listed("Complete before", result.completed_before_failure)
        return
    counts = result.criteria
    if "criteria are complete" not in reason:  # of the whole task; these counts are of what was asked for
        yield f"{counts.completed} of {counts.total} criteria are complete."
    yield listed("Completed by this run", [c.criterion for c in result.completed_criteria])
    yield listed("Still open", [f"{r.criterion}: {r.reason}" for r in result.remaining_criteria])


def _refusals(receipt: TaskReceipt) -> Iterable[str]:
    for refusal in receipt.refusals:
        rule = f" (rule {code(refusal.rule)})" if refusal.rule else ""
        yield f"Line {refusal.line}{rule}: {line_of(refusal.reason)}"
        if refusal.command:
            yield fenced(refusal.command)
        if refusal.alternative:
            yield f"Instead: {code(refusal.alternative) if refusal.rule else line_of(refusal.alternative)}"
    if receipt.override:
        yield (
            "## If you mean it\n\nUntil the day in it, for exactly this text: put this line into its front matter, and "
            f"move the file in again:\n\n{fenced(receipt.override, 'yaml')}"
        )


def _files(result: Success | Failure) -> Iterable[str]:
    if isinstance(result, Success):
        yield listed("Files changed", [code(path) for path in result.changes.files_modified])


def _steps(steps: Iterable[StepRun]) -> Iterable[str]:
    section = ""
    rows = tuple(steps)
    yield "## What ran" if rows else "Nothing was run."
    for step in rows:
        if step.section != section:
            section = step.section
            yield f"### {section}"
        yield step_block(step)
