"""Malformed and hostile sources: the reader answers soon, and what it cannot read is no permission."""

from __future__ import annotations

import pytest

from reifierd.shell import Context, Verdict, judge, load_rules

RULES = load_rules()


@pytest.mark.parametrize(
    "source",
    [
        "a=$((" * 60,
        "(" * 60 + "$((x |" * 60,
        "=a(((" * 60 + "$((x |",
        "$(( " * 60 + "x" + ") ) " * 60,
    ],
    ids=["arithmetic", "parentheses", "both", "closed"],
)
@pytest.mark.timeout(20)
def test_nested_parentheses_that_may_be_arithmetic_are_given_up(source: str) -> None:
    assert judge(source, RULES, Context(), valid=None).verdict is Verdict.OVERRIDE


@pytest.mark.parametrize(
    "source", ["( (ls); (pwd) )", "echo $(( (1 + 2) * 3 ))", "(( x = (1 + 2) )); echo $( (ls) | (wc) )"]
)
def test_an_ordinary_double_parenthesis_is_read(source: str) -> None:
    assert judge(source, RULES, Context(), valid=True).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("echo 'rm -rf /srv' > x.sh; bash x.sh", Verdict.REFUSE),
        ("cat > a.sh <<E\ngit push -f\nE\nchmod +x a.sh && ./a.sh", Verdict.OVERRIDE),
        ("echo 'rm -rf /srv' > x.sh", Verdict.ALLOW),
        ("echo ls > x.sh; bash x.sh", Verdict.ALLOW),
        ("docker compose -f a.yml exec web rm -rf /srv", Verdict.REFUSE),
        ("docker compose -p x down -v", Verdict.OVERRIDE),
        ("ssh host <<E\nrm -rf /srv\nE", Verdict.REFUSE),
        ("ssh host <<E\nuptime\nE", Verdict.ALLOW),
        ("find . ! -name keep -delete", Verdict.OVERRIDE),
        ("find . -name x -delete", Verdict.ALLOW),
        ("podman system prune -f", Verdict.OVERRIDE),
        ('exec "$SHELL"', Verdict.ALLOW),
    ],
)
def test_what_a_block_writes_wraps_or_renames_is_judged_as_what_it_is(source: str, verdict: Verdict) -> None:
    assert judge(source, RULES, Context(), valid=True).verdict is verdict
