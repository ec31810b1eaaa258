"""A report shows what was printed and never becomes part of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reifierd.ledger.records import RunState, StepRun, StepState
from reifierd.loops.operator.plan import Plan
from reifierd.loops.operator.report import Receipt, as_json, as_markdown
from reifierd.runs.markdown import iso
from reifierd.runs.planned import Refusal

_TEXT = st.text(st.sampled_from("ab `~#\n\r\t-*<>|\x1b\u202e"), max_size=60)


def receipt(command: str, output: str, name: str = "") -> Receipt:
    step = StepRun("r", 1, 1, "Fix Sequence", command, 3, "/x", StepState.FINISHED, 5.0, name, 0.5, 1, output)
    return Receipt("r", "runbooks/approved/a.md", "T", "0" * 64, RunState.FAILED, 1.0, 6.0, steps=(step,))


def test_times_are_utc_iso() -> None:
    assert iso(1763640153.5) == "2025-11-20T12:02:33.500Z"
    assert as_json(receipt("a", ""))["started"] == "1970-01-01T00:00:01.000Z"


def test_control_characters_are_shown_and_not_sent() -> None:
    text = as_markdown(receipt("echo", "\x1b[2Jgone\u202e", name="a\x07b"))
    assert "\\x1b[2Jgone\\u202e" in text
    assert not set(text) & set("\x1b\x07\u202e")


def test_long_output_is_cut_in_the_markdown_only() -> None:
    made = receipt("a", "x" * 100_000)
    assert len(as_markdown(made)) < 6000
    assert len(as_json(made)["steps"][0]["output"]) == 100_000


@given(_TEXT, _TEXT, _TEXT)
def test_nothing_that_a_step_printed_leaves_its_block(command: str, output: str, name: str) -> None:
    tokens = MarkdownIt().parse(as_markdown(receipt(command, output, name)))
    headings = [t.map for t in tokens if t.type == "heading_open"]
    fences = [t for t in tokens if t.type == "fence"]
    assert len(headings) == 3
    assert len(fences) == 1 + bool(output)


def refused(*refusals: Refusal, has_front: bool = True) -> str:
    made = receipt("a", "")
    plan, line = Plan(refusals=refusals), "overrides: [{rule: r}]"
    return as_markdown(replace(made, result=RunState.REFUSED, plan=plan, override=line, has_front=has_front))


def test_a_rules_alternative_is_told_as_an_example_and_another_repair_as_a_repair() -> None:
    text = refused(Refusal(3, "why", "mv a b", "delete-x", "rm a", overridable=True), Refusal(1, "no", "remove it"))
    assert "A form that is allowed, for example: `mv a b`" in text
    assert "What to do: remove it" in text


def test_both_ways_to_mean_it_are_told_with_a_front_matter_where_there_is_none() -> None:
    refusal = Refusal(3, "why", "mv a b", "delete-x", "rm a", overridable=True)
    assert "For one run only: `reifierd approve a --override delete-x`" in refused(refusal)
    assert "---\noverrides: [{rule: r}]\n---" in refused(refusal, has_front=False)
    assert "---\noverrides" not in refused(refusal)


def test_a_general_refusal_is_left_out_beside_the_one_that_says_more() -> None:
    text = refused(
        Refusal(3, "all of it", "", "delete-root", "rm -rf /"),
        Refusal(3, "much of it", "", "delete-system", "rm -rf /", overridable=True),
    )
    assert "all of it" in text
    assert "much of it" not in text
