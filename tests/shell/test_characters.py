"""Characters that deceive and placeholders that are open: refused, each with its own message."""

from __future__ import annotations

import pytest

from reifierd.shell import Verdict, judge, load_rules

RULES = load_rules()


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("ls\x00", "control-character"),
        ("ls\r\nls", "control-character"),
        ("ls \x1b[2K", "control-character"),
        ("ls \u202eevil", "invisible-character"),
        ("ls\u200b -l", "invisible-character"),
        ("ls\u00a0-l", "invisible-character"),
        ("\u0441url localhost", "look-alike"),
        ("ls \uff0fetc", "look-alike")[:0] or ("\u0455udo ls", "look-alike"),
        ("kubectl logs <pod> -n x", "placeholder"),
        ("ssh <user>@<host>", "placeholder"),
        ("cp <source file> /tmp", "placeholder"),
        ("kubectl get pod -n <name-space>", "placeholder"),
    ],
)
def test_refused_with_its_own_message(source: str, rule: str) -> None:
    judgement = judge(source, RULES)
    assert judgement.verdict is Verdict.REFUSE
    assert [f.rule for f in judgement.findings if f.severity is Verdict.REFUSE] == [rule]


@pytest.mark.parametrize(
    "source",
    [
        "grep '<div>' x.html",
        'echo "<b>"',
        "echo grün naïve 日本",
        "sort <in >out",
        "cat <<'E' > f\n<a>\nE",
        "ls # <x>",
        "echo 'при'",
        "a <(b) >(c)",
        "x <in>out",
        "printf '\t'",
        "git commit -m 'fix <name>'",
    ],
)
def test_data_is_not_refused(source: str) -> None:
    refused = {"placeholder", "look-alike", "invisible-character", "control-character"}
    assert not refused & {f.rule for f in judge(source, RULES).findings}
