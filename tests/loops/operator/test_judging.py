"""Steps share one shell: what a step means follows from those that ran before it, and from its environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.execution.guard import Guard
from reifierd.runs.judging import StepJudge, guard_context
from reifierd.shell import Judgement, Verdict, load_rules

APPROVED = "/home/kim/reifierd/runbooks/approved"


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(load_rules(), limit=5.0) as one:
        yield one


def judged(guard: Guard, *commands: str, section: SectionKind = SectionKind.FIX, **attributes: object) -> Judgement:
    """The judgement of the last command after the others; `attributes` are the last one's."""
    environment = {"HOME": "/home/kim", "PATH": "/usr/bin:/bin", "X": APPROVED}
    judge = StepJudge(guard, guard_context((APPROVED,), environment, "db1", frozenset()))
    last = Judgement(Verdict.ALLOW)
    for n, command in enumerate(commands, 1):
        given = Attributes(**attributes) if n == len(commands) else Attributes()  # type: ignore[arg-type] # a table's words
        last = judge(Step(n, section, "", command, command, n, attributes=given), command)
    return last


@pytest.mark.parametrize(
    "commands",
    [
        (f"cd {APPROVED}", "printf x > v1.md"),
        (f"D={APPROVED}", "echo x > $D/v2.md"),
        (f"wr() {{ touch {APPROVED}/$1.md; }}", "wr v3"),
        ("shopt -s expand_aliases", f"alias ls='touch {APPROVED}/v4.md #'", "ls"),
        ("cd $X/..", "cd approved", "echo v > v5.md"),
        ("alias r=reifierd", "r approve q"),
        (f"HOME={APPROVED}", "cd; touch z.md"),
    ],
)
def test_invariant_11_a_step_cannot_consent_with_what_an_earlier_one_prepared(
    guard: Guard, commands: tuple[str, ...]
) -> None:
    assert [f.rule for f in judged(guard, *commands).findings if f.severity is Verdict.REFUSE] == ["self-consent"]


@pytest.mark.parametrize(
    "commands",
    [
        ("shopt -s expand_aliases; alias ls='rm -rf /'", "ls"),
        ("alias r='rm -rf'", "r /"),
        ("cd /", "rm -rf etc"),
        ("D=/dev/sda", "dd if=/dev/zero of=$D"),
        ("f=/dev/sda", "echo x > $f"),
        ("a=(rm -rf)", '"${a[@]}" /'),
    ],
)
def test_what_is_refused_in_one_block_is_refused_in_two(guard: Guard, commands: tuple[str, ...]) -> None:
    assert judged(guard, *commands).verdict is Verdict.REFUSE
    assert judged(guard, "\n".join(commands)).verdict is Verdict.REFUSE


@pytest.mark.parametrize(
    ("command", "env", "verdict"),
    [
        ("ls -d /", {"PATH": "/tmp/evil:/bin"}, Verdict.OVERRIDE),
        ("git pull", {"GIT_SSH_COMMAND": "rm -rf /"}, Verdict.REFUSE),
        ("cd; touch z.md", {"HOME": APPROVED}, Verdict.REFUSE),
        ("psql -c 'select 1'", {"PGHOST": "db1", "PGPORT": "5433"}, Verdict.ALLOW),
    ],
)
def test_the_environment_is_judged_like_the_export_that_it_amounts_to(
    guard: Guard, command: str, env: dict[str, str], verdict: Verdict
) -> None:
    assert judged(guard, command, env=tuple(env.items())).verdict is verdict


def test_a_finding_names_the_line_of_the_step_whatever_its_environment(guard: Guard) -> None:
    [finding] = judged(guard, "true\nrm -rf /", env=(("A", "1"), ("B", "two\nlines"))).findings[:1]
    assert finding.line == 2


def test_a_check_is_judged_as_the_gate_that_asks_it_first(guard: Guard) -> None:
    """Gates are asked before the fix, in a shell that knows nothing of it: `$D` is empty there."""
    told = judged(guard, "D=/srv/app/cache", 'rm -rf "$D/"*', section=SectionKind.VERIFY)
    assert told.verdict is not Verdict.ALLOW


def test_what_an_earlier_step_did_wrong_is_said_once(guard: Guard) -> None:
    assert judged(guard, "rm -rf /", "echo done").findings == ()


def test_a_function_of_an_earlier_step_that_is_not_called_says_nothing_again(guard: Guard) -> None:
    assert judged(guard, "wipe() { rm -rf /; }", "echo done").findings == ()
