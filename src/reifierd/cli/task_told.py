"""A task's result as a person is told it, and as programs are given it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.common import Opened, echo_json

if TYPE_CHECKING:
    from reifierd.cli.task import Entry


def clean(opened: Opened, value: Any) -> Any:
    """The same without secrets, in every text of it."""
    if isinstance(value, str):
        return opened.redactor.text(value)
    if isinstance(value, dict):
        return {key: clean(opened, item) for key, item in value.items()}
    return [clean(opened, item) for item in value] if isinstance(value, list) else value


def show(result: dict[str, Any], as_json: bool) -> None:
    """The result of a run, or the error that it ended with."""
    from reifierd.documents.compose import shown

    if as_json:
        return echo_json(result)
    for line in _lines(result):
        click.echo(shown(line))
    return None


def dry_lines(result: dict[str, Any], entry: Entry) -> list[str]:
    """What would run, what is blocked, what to know; then the way to have it done."""
    from reifierd.workspace.layout import TASK_APPROVED

    counts = result["criteria"]
    lines = [f"{result['task_id']} ({result['task_type']}): {counts['remaining']} of {counts['total']} criteria open"]
    lines += [f"  · {r['criterion']}: {r['reason']}" for r in result["remaining_criteria"]]
    lines += [f"  → {step}" for step in result["next_steps"]]
    verb = "task run" if entry.folder == TASK_APPROVED else "approve"
    return [*lines, f"a dry run: nothing was run; for real: reifierd {verb} {entry.path.stem}"]


def _lines(result: dict[str, Any]) -> list[str]:
    if "error" in result:
        lines = [f"{result['task_id']}: {result['error']}: {result['message']}"]
        return [*lines, *(f"  → {hint}" for hint in result["recovery_suggestions"])]
    counts = result["criteria"]
    asked = " that were asked for" if result["success"] and result["status"] == "partially_complete" else ""
    complete = f"{counts['completed']} of {counts['total']} criteria{asked} are complete"
    lines = [f"{result['task_id']}: {result['status']}, {complete}"]
    lines += [f"  ✔ {c['criterion']}" for c in result["completed_criteria"]]
    lines += [f"  ✘ {r['criterion']}: {r['reason']}" for r in result["remaining_criteria"]]
    return [*lines, *(f"  → {step}" for step in result["next_steps"])]
