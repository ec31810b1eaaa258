"""Which criteria a person asks for."""

from __future__ import annotations

import pytest

from reifierd.documents.task import parse_task
from reifierd.documents.task_select import select
from reifierd.errors import UsageError

TASK = parse_task(
    b"## Acceptance Criteria\n- [ ] #1 Build, then push\n- [ ] #2 Deploy\n- [ ] #5 Deploy the rest\n- [ ] Watch\n"
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1", (1,)),
        ("2,1", (1, 2)),
        ("#5", (3,)),
        ("5.", (3,)),
        ("3", (3,)),
        ("4", (4,)),
        ("1-2, watch", (1, 2, 4)),
        ("2..4", (2, 3, 4)),
        ("Deploy", (2,)),
        ("the rest", (3,)),
        ("build, then push", (1,)),
        ("WATCH.", (4,)),
    ],
)
def test_a_criterion_is_named_by_number_place_or_text(words: str, expected: tuple[int, ...]) -> None:
    assert select(TASK, words) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "no criterion is named"),
        (",", "no criterion is named"),
        ("9", "there is no criterion 9"),
        ("0", "there is no criterion 0"),
        ("9-12", "there is no criterion 9"),
        ("nothing", "no criterion has the text 'nothing'"),
        ("e", "criteria have the text 'e'"),
    ],
)
def test_what_names_none_or_several_is_a_usage_error(words: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select(TASK, words)


def test_a_number_that_two_criteria_bear_names_neither() -> None:
    task = parse_task(b"## Acceptance Criteria\n- [ ] #1 a\n- [ ] #1 b\n")
    with pytest.raises(UsageError, match="2 criteria have the number 1"):
        select(task, "1")
