"""A task run's answer, against the schema that is shipped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from reifierd.documents.task_result import (
    Changes,
    Completed,
    Counts,
    Details,
    Failure,
    Remaining,
    Status,
    Success,
    as_json,
    schema,
)

GOOD = Success(
    success=False,
    task_id="TASK-1",
    task_title="Build",
    task_type="build",
    criteria=Counts(2, 1, 1, 1),
    completed_criteria=(Completed("Built", "make", "ok", "in 3 s"),),
    remaining_criteria=(Remaining("Pushed", "exit 1"),),
    changes=Changes(("src/a.py", "..b/c"), ("make",)),
    progress_log_entry="- 2026-11-20 14:30: Built",
    status=Status.PARTIALLY_COMPLETE,
    next_steps=("docker login",),
)
BAD = Failure("TASK-1", "dependency_missing", "docker is not installed", Details("Built", "make", "not found"))


def valid(value: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(value))


def test_the_schema_is_one_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_both_forms_are_valid_and_have_exactly_the_fields_of_the_contract_in_its_order() -> None:
    assert list(as_json(GOOD)) == [
        "success",
        "task_id",
        "task_title",
        "task_type",
        "criteria",
        "completed_criteria",
        "remaining_criteria",
        "changes",
        "progress_log_entry",
        "status",
        "next_steps",
    ]
    assert list(as_json(BAD)) == [
        "success",
        "task_id",
        "error",
        "message",
        "details",
        "completed_before_failure",
        "recovery_suggestions",
    ]
    assert valid(as_json(GOOD))
    assert valid(as_json(BAD))


@pytest.mark.parametrize("status", Status)
def test_every_status_is_valid(status: Status) -> None:
    assert valid(as_json(replace(GOOD, status=status)))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "a/.."])
def test_a_path_that_leaves_its_repository_is_none(path: str) -> None:
    assert not valid(as_json(replace(GOOD, changes=Changes((path,)))))


@pytest.mark.parametrize("form", [GOOD, BAD])
def test_a_field_more_or_less_is_not_valid(form: Success | Failure) -> None:
    facts = as_json(form)
    assert not valid({**facts, "extra": 1})
    for name in facts:
        assert not valid({key: value for key, value in facts.items() if key != name}), name


def test_an_error_is_never_a_success() -> None:
    assert not valid({**as_json(BAD), "success": True})
