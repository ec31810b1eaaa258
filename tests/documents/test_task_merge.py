"""A person edits a task file while ours are being made: both survive."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.documents.task import consent_digest, parse_task
from reifierd.documents.task_edit import edit_task
from reifierd.documents.task_merge import merge_edits
from reifierd.errors import UsageError

BASE = """---
id: TASK-1
updated: 2026-11-19
---
## Acceptance Criteria
- [ ] Built
- [ ] Pushed
- [ ] Built

## Progress Log
- 2026-11-19 09:00: begun

## Notes
Nothing.
"""
NOW = "2026-11-20 14:30"


def merged(theirs: str, check: tuple[int, ...] = (1, 3), log: tuple[str, ...] = ("ours",)) -> str:
    base = BASE.encode()
    return merge_edits(base, edit_task(base, check, NOW, log), theirs.encode()).decode()


def test_without_an_edit_of_theirs_ours_stand() -> None:
    assert merged(BASE) == edit_task(BASE.encode(), (1, 3), NOW, ("ours",)).decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nothing.", "Something."),
        ("## Acceptance", "# A title\n\nAnd why.\n\n## Acceptance"),
        ("- [ ] Pushed", "- [x] Pushed"),
        ("- [ ] Pushed\n", ""),
        ("id: TASK-1", "id: TASK-1\nlabels: [builds]"),
        ("- [ ] Built\n- [ ] Pushed", "- [ ] Fetched\n- [ ] Built\n- [ ] Pushed"),
        ("- [ ] Built\n- [ ] Pushed", "- [ ] #1 **Built**\n- [ ] #2 Pushed"),
    ],
)
def test_an_edit_elsewhere_survives_beside_ours(old: str, new: str) -> None:
    theirs = BASE.replace(old, new, 1)
    result = merged(theirs)
    assert new.replace("[ ] Built", "[x] Built").replace("[ ] #1", "[x] #1") in result
    task = parse_task(result.encode())
    assert [c.checked for c in task.criteria if c.name == "Built"] == [True, True]
    assert task.log_lines == ("2026-11-19 09:00: begun", "ours")
    assert task.updated == "2026-11-20"


def test_log_lines_of_both_stand() -> None:
    task = parse_task(merged(BASE.replace("begun\n", "begun\n- theirs\n")).encode())
    assert task.log_lines == ("2026-11-19 09:00: begun", "theirs", "ours")


def test_merging_again_changes_nothing() -> None:
    once = merged(BASE.replace("Nothing.", "Something."), log=("ours", "ours", "```"))
    assert merged(once, log=("ours", "ours", "```")) == once


def test_a_criterion_whose_text_was_changed_is_not_ticked() -> None:
    result = merged(BASE.replace("- [ ] Built\n- [ ] Pushed", "- [ ] Built for arm64 too\n- [ ] Pushed"), (1,))
    assert "[ ] Built for arm64 too" in result
    assert "[x] Built" in result  # the only one of that text that is left
    assert merged(BASE.replace("Built", "Made")).count("[x]") == 0


def test_a_box_that_they_opened_again_stays_open() -> None:
    base = BASE.replace("[ ] Pushed", "[x] Pushed").encode()
    theirs = BASE.encode()
    result = merge_edits(base, edit_task(base, (1,), NOW, ["ours"]), theirs)
    assert [c.checked for c in parse_task(result).criteria] == [True, False, False]


def test_a_log_that_they_removed_is_begun_again() -> None:
    theirs = BASE.replace("## Progress Log\n- 2026-11-19 09:00: begun\n\n", "")
    assert merged(theirs).endswith("## Notes\nNothing.\n\n## Progress Log\n\n- ours\n")


def test_a_file_that_cannot_be_read_any_more_is_an_error_with_its_line() -> None:
    with pytest.raises(UsageError, match="line 4"):
        merged("---\nid: x\nupdated: [\n---\n")


def test_two_edits_that_come_close_together_lose_nothing_and_double_nothing() -> None:
    """A merge is the base of the next one: what we logged stands behind what the person wrote there."""
    first = edit_task(BASE.encode(), log=["first of mine"])
    ours = edit_task(BASE.encode(), log=["ours"])
    once = merge_edits(BASE.encode(), ours, first)
    twice = merge_edits(ours, once, edit_task(ours, log=["second of mine"]))
    lines = parse_task(twice).log_lines
    assert sorted(lines) == sorted([*parse_task(BASE.encode()).log_lines, "first of mine", "ours", "second of mine"])


LINES = st.sampled_from(
    ["- [ ] Built", "- [x] Pushed", "Text.", "", "## Notes", "- [ ] New", "```", "## Progress Log", "- x"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.sampled_from(["insert", "delete"]), LINES), max_size=5))
def test_whatever_they_did_every_byte_of_theirs_is_there(edits: list[tuple[int, str, str]]) -> None:
    lines = BASE.split("\n")
    for at, kind, text in edits:
        if kind == "insert":
            lines.insert(4 + at, text)
        elif 4 + at < len(lines) - 1:
            del lines[4 + at]
    theirs = "\n".join(lines)
    try:
        result = merged(theirs)
    except UsageError:
        return  # something is never closed: the engine reports it, nothing is lost
    assert consent_digest(result.encode()) == consent_digest(theirs.encode())
    rest = iter(result.replace("[x]", "[ ]").split("\n"))
    dated = theirs.replace("[x]", "[ ]").replace("updated: 2026-11-19", "updated: 2026-11-20")
    assert all(line in rest for line in dated.split("\n"))
    assert parse_task(result.encode()).log_lines[-1] == "ours"
