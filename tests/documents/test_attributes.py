"""Attributes in both spellings of Runme; what is unknown is said, what is malformed is fatal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reifierd.documents import Attributes
from reifierd.documents.attributes import parse_attributes
from reifierd.documents.compose import attributes_text

FULL = Attributes(
    name="start",
    cwd="/srv/a b",
    timeout=90.0,
    retry=2,
    expect=(0, 1),
    continue_on_error=True,
    env=(("A", "1"), ("B", "x y")),
    interpreter="zsh",
    interactive=True,
    background=True,
    exclude_from_run_all=True,
    gate=True,
    strict=True,
    readonly=True,
    raw=True,
)


def test_html_style() -> None:
    text = (
        "{name=start cwd='/srv/a b' timeout=1m30s retry=2 expect=0,1 continue-on-error "
        "env=\"A=1 B='x y'\" interpreter=zsh interactive=true background excludeFromRunAll=true gate strict "
        "readonly raw}"
    )
    assert parse_attributes(text, 1) == (FULL, ())


def test_json_style() -> None:
    text = (
        '{"name": "start", "cwd": "/srv/a b", "timeout": 90, "retry": 2, "expect": [0, 1], "continue-on-error": true,'
        ' "env": {"A": 1, "B": "x y"}, "interpreter": "zsh", "interactive": "true", "background": true,'
        ' "excludeFromRunAll": true, "gate": true, "strict": true, "readonly": true, "raw": true}'
    )
    assert parse_attributes(text, 1) == (FULL, ())
    assert parse_attributes(attributes_text(FULL), 1) == (FULL, ())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("500ms", 0.5), ("30s", 30), ("5m", 300), ("1h", 3600), ("1.5h", 5400), ("90", 90), ("1h5m", 3900)],
)
def test_durations(value: str, seconds: float) -> None:
    assert parse_attributes(f"{{timeout={value}}}", 1)[0] == replace(Attributes(), timeout=seconds)


def test_empty_braces_and_false_flags_say_nothing() -> None:
    for text in ("", "{}", "{ }", "{interactive=false gate=false}"):
        assert parse_attributes(text, 1) == (Attributes(), ())


@pytest.mark.parametrize(
    "text",
    [
        "{timeout=}",
        "{timeout=5x}",
        "{timeout=-1}",
        "{timeout=0}",
        "{timeout}",
        "{timeout=999d}",
        "{retry=many}",
        "{retry=1.5}",
        "{expect=256}",
        "{expect=a}",
        "{gate=perhaps}",
        "{env=A}",
        "{env=1A=b}",
        '{env="A=1 A=2"}',
        "{name=}",
        "{name=a",
        "{name=a b=}",
        '{name="a}',
        "{=x}",
        '{"name": "a"',
        '{"name": ["a"]}',
        '{"timeout": NaN}',
        '{"timeout": true}',
        '{"retry": -1}',
        '{"a": 1, "a": 2}',
        '{"cwd": ""}',
        '{"timeout": 1' + "0" * 400 + "}",
        '{"a": ' + "[" * 5000 + "}",
        "{cwd=a cwd=b}",
        "{name=a}}",
        "{{name=a}",
        '{"cwd": "a\\u0000b"}',
        '{"cwd": "a\\u001bb"}',
        '{"env": {"A": "b\\u0000c"}}',
        '{"env": {"A=B": "c"}}',
        '{"interpreter": "python3\\u0000"}',
    ],
)
def test_malformed_attributes_are_fatal(text: str) -> None:
    _, problems = parse_attributes(text, 7)
    assert {(problem.line, problem.fatal) for problem in problems if problem.fatal} == {(7, True)}


def test_an_unknown_attribute_is_said_and_changes_nothing() -> None:
    attributes, (problem,) = parse_attributes("{name=a colour=red}", 7)
    assert attributes == Attributes(name="a")
    assert not problem.fatal
    assert "colour" in problem.message
