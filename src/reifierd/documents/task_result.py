"""What a task run answers: one JSON object, of success or of error, with exactly the fields of the shipped schema.

`success` is true when every selected criterion is complete. Paths are relative to the repository that they lie in. The
schema is `data/task-result.schema.json`; `schema()` reads it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Status(StrEnum):
    """Where a task stands after a run."""

    READY_FOR_VERIFICATION = "ready_for_verification"
    PARTIALLY_COMPLETE = "partially_complete"
    BLOCKED = "blocked"
    VERIFIED = "verified"
    COMMITTED = "committed"


@dataclass(frozen=True)
class Counts:
    """Of the selected criteria: `failed` are those among `remaining` that were tried."""

    total: int
    completed: int
    failed: int
    remaining: int


@dataclass(frozen=True)
class Completed:
    """A criterion that was proved; `command` is its source text, `output` what it printed, redacted."""

    criterion: str
    command: str
    output: str
    notes: str = ""


@dataclass(frozen=True)
class Remaining:
    """A criterion that is open still, and why."""

    criterion: str
    reason: str


@dataclass(frozen=True)
class Changes:
    """`files_modified` are relative to the repository that they lie in."""

    files_modified: tuple[str, ...] = ()
    commands_executed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Success:
    """A run that came to its end, whatever it completed."""

    success: bool
    task_id: str
    task_title: str
    task_type: str
    criteria: Counts
    completed_criteria: tuple[Completed, ...]
    remaining_criteria: tuple[Remaining, ...]
    changes: Changes
    progress_log_entry: str
    status: Status
    next_steps: tuple[str, ...]


@dataclass(frozen=True)
class Details:
    """What failed: empty texts where nothing was run."""

    criterion: str = ""
    command: str = ""
    error_output: str = ""


@dataclass(frozen=True)
class Failure:
    """A run that could not go on. `error` is a short code (`dependency_missing`), `message` for a person."""

    task_id: str
    error: str
    message: str
    details: Details = Details()
    completed_before_failure: tuple[str, ...] = ()
    recovery_suggestions: tuple[str, ...] = ()
    success: bool = False


def as_json(result: Success | Failure) -> dict[str, Any]:
    """The result as plain data, its fields in the contract's order."""
    facts = asdict(result)
    plain: dict[str, Any] = json.loads(json.dumps(facts))
    return {"success": plain.pop("success"), **plain}


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of both forms."""
    text = files("reifierd").joinpath("data/task-result.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
