"""Whole sessions of many kinds: what stays, what goes, what is a check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.loops.scribe.notes import process_ids
from reifierd.loops.scribe.sections import Analysis, analyse

NAMES = sorted(path.stem for path in (Path(__file__).parent / "sessions").glob("*.txt"))
Load = Callable[..., Any]


@pytest.fixture(params=NAMES)
def session(request: pytest.FixtureRequest, load_session: Load) -> tuple[Any, Analysis]:
    recorded = load_session(request.param)
    return recorded, analyse(recorded.commands)


def of_role(recorded: Any, *roles: str) -> list[str]:
    return [c.command for c, role in zip(recorded.commands, recorded.roles, strict=True) if role in roles]


def test_fix_holds_what_helped_in_order_and_nothing_else(session: tuple[Any, Analysis]) -> None:
    recorded, analysis = session
    may = of_role(recorded, "any", "hand")
    kept = [f.command.command for f in analysis.fix if f.command.command not in may]
    assert kept == of_role(recorded, "fix", "part")


def test_only_a_part_of_a_failed_line_is_kept_where_only_a_part_succeeded(session: tuple[Any, Analysis]) -> None:
    recorded, analysis = session
    parts = [f.text for f in analysis.fix if not f.whole]
    assert [any(typed.startswith(part) for part in parts) for typed in of_role(recorded, "part")] == [True] * len(parts)


def test_each_check_stands_in_verify_once_and_gates_are_those_that_failed_before(session: tuple[Any, Analysis]) -> None:
    recorded, analysis = session
    checks = [c.fact.command.command for c in analysis.verify]
    assert sorted(checks) == sorted(set(of_role(recorded, "check", "gate")))
    assert {c.fact.command.command for c in analysis.verify if c.gate} == set(of_role(recorded, "gate"))


def test_diagnosis_holds_what_was_looked_at_and_nothing_that_was_left_out(session: tuple[Any, Analysis]) -> None:
    recorded, analysis = session
    looked = {f.command.command for f in analysis.diagnosis}
    assert set(of_role(recorded, "look")) <= looked
    assert not looked & (set(of_role(recorded, "out", "fix")) - set(of_role(recorded, "see", "look")))


def test_what_names_a_process_by_number_is_done_by_hand(session: tuple[Any, Analysis]) -> None:
    recorded, analysis = session
    assert [f.text for f in analysis.fix if process_ids(f)] == of_role(recorded, "hand")
