"""Two diffs of one file, one after the other, joined: patch makes of the first file the last one."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reifierd.loops.scribe.diffs import joined

LINE = st.sampled_from([f"line {n}\n" for n in range(6)])
EDITS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["put", "cut", "set"]), LINE), min_size=1, max_size=3)


def diff(one: list[str], other: list[str]) -> str:
    return "".join(difflib.unified_diff(one, other, "a/f", "b/f"))


def edited(lines: list[str], edits: list[tuple[int, str, str]]) -> list[str]:
    out = list(lines)
    for place, what, line in edits:
        at = place % (len(out) + 1)
        out[at : at + (what != "put")] = [] if what == "cut" else [line]
    return out


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, max_size=30), EDITS, EDITS)
def test_the_joined_diff_leads_from_the_first_version_to_the_last(
    tmp_path: Path, first: list[str], one: list[tuple[int, str, str]], other: list[tuple[int, str, str]]
) -> None:
    middle = edited(first, one)
    last = edited(middle, other)
    assume(first != middle != last)
    found = joined(diff(first, middle), diff(middle, last))
    assert found is not None
    assert bool(found) == (first != last)
    file = tmp_path / "file"
    file.write_text("".join(first))
    if found:
        subprocess.run(["patch", "--batch", "--fuzz=0", "--silent", file], input=found, text=True, check=True)
    assert (file.read_text() if file.exists() else "") == "".join(last)


@pytest.mark.parametrize(
    "strange", ["", "no diff at all", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"]
)
def test_what_is_not_understood_is_not_joined(strange: str) -> None:
    assert joined(strange, diff(["a\n"], ["b\n"])) is None


def test_diffs_that_do_not_follow_on_each_other_are_not_joined() -> None:
    assert joined(diff(["a\n"], ["b\n"]), diff(["x\n"], ["y\n"])) is None
