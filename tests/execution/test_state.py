"""What one step leaves in its shell, the next one finds: checked on real bash."""

from __future__ import annotations

import shlex
import string
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.execution.state import parse
from reifierd.execution.step import StepResult

Run = Callable[..., StepResult]


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("x=1", 'echo "$x"; env | grep -c "^x=" || :', "1\n0\n"),
        ("export X='a b'", "sh -c 'echo \"$X\"'", "a b\n"),
        ("cd /usr; cd bin", "pwd; cd - >/dev/null; pwd", "/usr/bin\n/usr\n"),
        ('f() { echo "f $1"; }; export -f f', "f 1; bash -c 'f 2'", "f 1\nf 2\n"),
        ("a=(1 '2 3' $'4\\n5')", 'printf "<%s>" "${a[@]}"', "<1><2 3><4\n5>"),
        ("declare -A m=([k]=v ['x y']='\"q\"]')", 'echo "${m[k]} ${m[x y]}"', 'v "q"]\n'),
        ("declare -A later", "later[z]=1; echo ${!later[@]}", "z\n"),
        ("declare -i n=3", "n=n+4; echo $n", "7\n"),
        ("readonly R=1", "R=2; echo after", "R: readonly variable"),
        ("shopt -s nullglob extglob\ng() { case $1 in @(a|b)) echo hit;; esac; }", "echo /no*such; g b", "\nhit\n"),
        ("set -f; set -o pipefail", "echo /*; false | true; echo $?", "/*\n1\n"),
        ("umask 077", "umask", "0077\n"),
        ("shopt -s expand_aliases; alias hi='echo alias says'", "hi there", "alias says there\n"),
        ("set -u", "echo ${nope}; echo not reached", "nope: unbound variable"),
        ("unset HOME", 'echo "[${HOME-unset}]"', "[unset]\n"),
        ("declare() { echo mine; }; x=5", "declare; echo $x", "mine\n5\n"),
        ("IFS=,", 'v="1,2"; echo $v', "1 2\n"),
        ("x=1; exit 3", "echo $x", "1\n"),
        ("x=2; set -e; false; x=3", "set +e; echo $x", "2\n"),
        ("trap 'echo bye $?' EXIT; x=4; exit 7", "echo $x", "4\n"),
        ("trap 'rm -f /nonexistent; exit 0' EXIT; x=5; exit 7", "echo $x", "5\n"),
        ("set -e; trap 'echo cleaned' EXIT; x=6; false", "set +e; echo $x", "6\n"),
        ("trap - EXIT; x=7", "echo $x", "7\n"),
        ("trap 'exit' INT; x=8", "echo $x", "8\n"),
        ("set -o posix; x=9", "echo $x", "9\n"),
        ("set -C; x=10", "echo $x", "10\n"),
        ("printf() { echo fake; }; x=11", "echo $x", "11\n"),
    ],
)
def test_state_is_carried(run: Run, first: str, then: str, expected: str) -> None:
    run(first)
    output = run(then).output
    assert output == expected if expected.endswith(("\n", ">")) else expected in output


def test_a_trap_of_the_step_runs_at_its_end_and_sees_the_status(run: Run) -> None:
    result = run("trap 'echo \"bye $?\"' EXIT; (exit 5)")
    assert (result.exit, result.output) == (5, "bye 5\n")


def test_an_exit_in_a_trap_decides_the_status_as_in_any_shell(run: Run) -> None:
    assert run("trap 'exit 9' EXIT; true").exit == 9


def test_strict_holds_for_its_step_only(run: Run) -> None:
    assert run("false; echo not reached", strict=True).output == ""
    assert run("false | true; echo $?; echo ${nope-}").output == "0\n\n"


def test_env_holds_for_its_step_only_unless_the_step_changes_it(run: Run) -> None:
    run("export A=base B=base")
    assert run("echo $A $B; B=changed", env={"A": "one", "B": "one"}).output == "one one\n"
    assert run("echo $A $B").output == "base changed\n"


def test_secrets_reach_every_step_and_stay_out_of_the_state(run: Run) -> None:
    result = run("echo ${#PW}", secrets={"PW": "hunter2-hunter2"})
    assert result.output == "15\n"
    assert result.state is not None and "PW" not in result.state.variables
    assert run("echo ${PW-none}").output == "none\n"


def test_a_step_that_stands_in_a_removed_directory_finds_nothing_there(run: Run, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    run(f"mkdir {gone} && cd {gone} && rmdir {gone}")
    result = run("touch file; echo *; cd / && pwd")
    assert "No such file or directory" in result.output
    assert "\n*\n" in result.output and result.output.endswith("\n/\n")


def test_a_step_that_replaces_its_shell_leaves_the_state_before_it(run: Run) -> None:
    run("x=1")
    assert run("x=2; exec true").state is None
    assert run("echo $x").output == "1\n"


def test_messages_name_the_line_of_the_block(run: Run) -> None:
    assert "line 2: nosuchprogram: command not found" in run("true\nnosuchprogram").output


def test_a_value_given_from_outside_is_read_back_as_it_is(run: Run) -> None:
    value = "a\"b\\c$d`e'f\ng"
    before = run("x=1").state
    assert before is not None
    state = before.with_exported({"V": value})
    assert state.variables["V"].text == value
    assert run("bash -c 'printf %s \"$V\"'", state=state).output == value


def test_a_broken_dump_is_no_state() -> None:
    assert parse(b"") is None
    assert parse(b"\0\0/\x000022\0not a declaration\n\0\0\0end\n") is None


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_VALUES = st.dictionaries(st.text(string.ascii_lowercase, min_size=3, max_size=5).map("v_".__add__), _TEXT, max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_VALUES, st.lists(_TEXT, max_size=3))
def test_any_value_survives(run: Run, values: dict[str, str], items: list[str]) -> None:
    run("".join(f"{n}={shlex.quote(v)}\n" for n, v in values.items()) + f"arr=({' '.join(map(shlex.quote, items))})")
    shown = run("printf '%s\\0' " + " ".join(f'"${{{n}}}"' for n in values) + ' "${arr[@]}" end').output
    assert shown.split("\0")[:-1] == [*values.values(), *items, "end"]


SECRET = 'Zx9"q$7kk'


@pytest.mark.parametrize(
    ("command", "lost"),
    [
        ("v=$S", "v"),
        ('v="before $S after"', "v"),
        ("v=$S$'\\n'", "v"),
        ('v=(a "$S")', "v"),
        ('v=(a "x${S}y")', "v"),
        ("v=(a \"$S\"$'\\x01')", "v"),
        ('declare -A v=([k]="$S")', "v"),
        ('declare -A v=(["$S"]=k)', "v"),
        ('eval "f() { echo ${S@Q}; }"', "all functions"),
        ('alias a="echo ${S@Q}"', "all aliases"),
    ],
)
def test_a_saved_state_holds_no_secret_in_any_spelling(run: Run, command: str, lost: str) -> None:
    state = run(f"kept=1; {command}", secrets={"S": SECRET}).state
    assert state is not None
    saved, names = state.without_values([SECRET])
    assert saved is not None and names == (lost,)
    assert "kept" in saved.variables
    bare = saved.script().translate(str.maketrans("", "", "\\'\"$"))
    assert SECRET.translate(str.maketrans("", "", "\\'\"$")) not in bare


def test_a_working_directory_that_is_called_like_a_secret_leaves_no_state(run: Run, tmp_path: Path) -> None:
    state = run(f'mkdir "{tmp_path}/$S"; cd "{tmp_path}/$S"', secrets={"S": SECRET}).state
    assert state is not None
    assert state.without_values([SECRET])[0] is None
