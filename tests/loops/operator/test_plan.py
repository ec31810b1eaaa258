"""A plan is made from a runbook and judgements alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from reifierd.documents.model import Runbook, Step
from reifierd.documents.runbook import parse_runbook
from reifierd.loops.operator.plan import Grounds, Plan, make_plan
from reifierd.runs.overrides import front_overrides, override_line
from reifierd.runs.planned import Lifts
from reifierd.shell import Context, read
from reifierd.shell.model import Finding, Judgement, Verdict

DAY = date(2026, 11, 20)


def judge(_: Step, command: str) -> Judgement:
    """OVERRIDE for "risky", REFUSE for "awful", else ALLOW, over a real view."""
    view = read(command, Context())
    for word, verdict in (("risky", Verdict.OVERRIDE), ("awful", Verdict.REFUSE)):
        if word in command:
            return Judgement(verdict, (Finding(word, verdict, f"it is {word}", "do not", command, 1),), view)
    return Judgement(Verdict.ALLOW, (), view)


def lifted(document: Runbook, day: date) -> frozenset[str]:
    return front_overrides(document.front, document.sha256_bare, day)[0]


def plan(text: str, **lifts: Any) -> Plan:
    return make_plan(parse_runbook(text.encode()), Grounds(judge, "here.example", lambda _: "/bin/x", Lifts(**lifts)))


def test_a_plan_has_the_sections_in_order_and_the_gates() -> None:
    made = plan(
        "## Verify\n1. `true`\n\n   ```bash {gate}\n   test -e /x\n   ```\n\n## Fix\n1. `echo a`\n2. `echo b`\n"
    )
    assert [p.step.command for p in made.fix] == ["echo a", "echo b"]
    assert made.refusals == ()
    assert made.gates == made.verify


def test_no_gate_means_that_nothing_is_asked_beforehand() -> None:
    assert plan("## Fix\n1. `echo a`\n\n## Verify\n1. `true`\n").gates == ()


def test_a_check_that_changes_something_is_not_asked_beforehand() -> None:
    made = plan("## Fix\n1. `true`\n\n## Verify\n1. `touch /tmp/x`\n\n```bash {gate}\ntrue\n```\n")
    assert made.gates == ()
    assert any("not asked beforehand" in note for note in made.notes)


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ("cat /etc/hosts | grep x", True),
        ("sudo cat /etc/hosts", True),
        ("export X=1; cd /tmp", True),
        ("ourtool status", True),
        ("ourtool restart", False),
        ("rm /tmp/x", False),
        ("echo x > /tmp/x", False),
    ],
)
def test_diagnosis_only_looks(command: str, allowed: bool) -> None:
    made = plan(f"## Diagnosis\n\n```bash\n{command}\n```\n\n## Fix\n1. `true`\n")
    assert (made.refusals == ()) is allowed


def test_a_person_says_readonly_for_what_no_table_knows() -> None:
    assert plan("## Diagnosis\n\n```bash {readonly}\nourtool frob\n```\n\n## Fix\n1. `true`\n").refusals == ()


def test_all_refusals_are_told_at_once_in_the_order_of_lines() -> None:
    made = plan("## Fix\n\n```bash\nrisky\n```\n\n```bash {interactive}\ntrue\n```\n\n```bash\nawful\n```\n")
    assert [(r.line, r.rule, r.overridable) for r in made.refusals] == [
        (4, "risky", True),
        (8, "", False),
        (12, "awful", False),
    ]


def test_a_word_lifts_what_may_be_lifted_and_no_more() -> None:
    text = "## Fix\n\n```bash\nrisky\nawful\n```\n"
    assert plan("## Fix\n1. `risky`\n", overridden=frozenset({"risky"})).refusals == ()
    awful = "## Fix\n1. `awful`\n"
    assert len(plan(awful, overridden=frozenset({"awful"})).refusals) == 1
    assert plan(awful, overridden=frozenset({"awful"}), overridable=frozenset({"awful"})).refusals == ()
    assert plan(text).refusals != ()


def test_an_override_is_bound_to_the_bytes_without_it() -> None:
    bare = "---\ntitle: T\n---\n\n## Fix\n1. `risky`\n"
    line = override_line(parse_runbook(bare.encode()).sha256_bare, {"risky"}, DAY)
    with_line = parse_runbook(bare.replace("title: T\n", f"title: T\n{line}\n").encode())
    assert lifted(with_line, DAY) == {"risky"}
    assert lifted(with_line, date(2026, 11, 21)) == frozenset()
    other = parse_runbook(bare.replace("title: T\n", f"title: T\n{line}\n").replace("risky", "risky -f").encode())
    assert lifted(other, DAY) == frozenset()


def test_a_document_without_front_matter_can_be_given_an_override() -> None:
    bare = "## Fix\n1. `risky`\n"
    line = override_line(parse_runbook(bare.encode()).sha256_bare, {"risky"}, DAY)
    assert lifted(parse_runbook(f"---\n{line}\n---\n{bare}".encode()), DAY) == frozenset({"risky"})


@pytest.mark.parametrize(("hosts", "allowed"), [("here.example", True), ("[here, x]", True), ("[there]", False)])
def test_hosts_bind_a_runbook(hosts: str, allowed: bool) -> None:
    assert (plan(f"---\nhosts: {hosts}\n---\n## Fix\n1. `true`\n").refusals == ()) is allowed


def test_a_placeholder_that_cannot_be_filled_in_is_refused() -> None:
    made = plan("## Fix\n\n```bash\necho '<name>'\n```\n")
    assert "single quotes" in made.refusals[0].reason
