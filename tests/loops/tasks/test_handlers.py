"""Criteria without commands get those of a handler; what its groups caught comes as variables, never as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.documents.task_model import Criterion
from reifierd.errors import UsageError
from reifierd.loops.tasks.handlers import Handler, handled
from reifierd.loops.tasks.settings import HandlerSettings

PLACE = Path("/srv/shop")


def handler(pattern: str, *commands: str, **more: object) -> Handler:
    row = HandlerSettings.model_validate({"pattern": pattern, "commands": commands or ("true",), **more})
    return Handler.of(row, "here")


def found(text: str, *handlers: Handler, kind: str = "build") -> list[tuple[str, dict[str, str]]]:
    steps = handled(Criterion(1, "", text, text, False, 7), kind, PLACE, handlers)
    assert all(step.line == 7 for step in steps)
    return [(step.command, dict(step.attributes.env)) for step in steps]


def test_groups_are_variables() -> None:
    one = handler(r"build (\w+) with version (?P<VERSION>\S+)", './build.sh "$MATCH_1"', "true")
    env = {"MATCH_0": "Build api with version 0.1.18", "MATCH_1": "api", "MATCH_2": "0.1.18", "VERSION": "0.1.18"}
    assert found("Build api with version 0.1.18", one) == [('./build.sh "$MATCH_1"', env), ("true", env)]


def test_what_a_criterion_says_is_never_spliced() -> None:
    one = handler(r"restart (.*)", 'systemctl restart "$MATCH_1"')
    [(command, env)] = found("restart $(rm -rf x); `id`", one)
    assert (command, env["MATCH_1"]) == ('systemctl restart "$MATCH_1"', "$(rm -rf x); `id`")


def test_a_glob_matches_the_whole_text() -> None:
    one = handler("deploy * to ?", "true", glob=True)
    assert found("Deploy the shop to A", one)[0][1] == {
        "MATCH_0": "Deploy the shop to A",
        "MATCH_1": "the shop",
        "MATCH_2": "A",
    }
    assert found("Deploy the shop to A and B", one) == []


def test_the_first_that_fits_wins() -> None:
    other_type = handler("x", "1", types=("deployment",))
    other_place = handler("x", "2", projects=("/elsewhere/*",))
    here = handler("x", "3", projects=("shop",), types=("build",))
    assert [c for c, _ in found("x", other_type, other_place, here, handler("x", "4"))] == ["3"]


def test_a_group_that_did_not_match_is_empty() -> None:
    assert found("push", handler(r"push(?: to (\w+))?"))[0][1]["MATCH_1"] == ""


@pytest.mark.parametrize("group", ["PATH", "BASH_ENV", "LD_PRELOAD", "HOME", "IFS", "lower"])
def test_a_group_may_not_become_a_variable_of_the_shell(group: str) -> None:
    with pytest.raises(UsageError, match=group):
        handler(f"(?P<{group}>x)")


def test_a_pattern_that_is_none_is_told_with_its_place() -> None:
    with pytest.raises(UsageError) as raised:
        handler("(")
    assert raised.value.where == "here"
