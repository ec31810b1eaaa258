"""The hook in a real interactive bash: what it records, what it leaves alone, what it survives."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.loops.observer.spool_records import FileCopy

Start = Callable[..., Any]  # a Shell of conftest.py, which tests cannot import


def test_every_field_of_a_command(start: Start, tmp_path: Path) -> None:
    shell = start()
    earliest = time.time()
    shell.run("sleep 0.2; (exit 7)")
    [record] = shell.records()
    assert record.command == "sleep 0.2; (exit 7)"
    assert record.cwd == str(tmp_path / "work")
    assert earliest - 0.01 <= record.started <= time.time()
    assert 0.2 <= record.duration <= time.time() - earliest
    assert record.exit == 7
    assert record.shell == "bash"
    assert record.shell_version.startswith("5.") or record.shell_version.startswith("4.4")
    assert record.shell_pid == shell.child.pid
    assert record.shell_session.startswith(f"bash-{shell.child.pid}-")
    assert re.fullmatch(r"/dev/pts/\d+", record.tty)
    assert record.host == os.uname().nodename
    assert record.user == subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert int(record.umask, 8) == 0o022 or record.umask
    assert record.seq == 1


def test_the_working_directory_is_the_one_the_command_started_in(start: Start, tmp_path: Path) -> None:
    shell = start()
    shell.run("cd /")
    shell.run("true")
    assert [r.cwd for r in shell.records()] == [str(tmp_path / "work"), "/"]


def test_a_session_driver_sees_its_prompt_unchanged(start: Start, tmp_path: Path) -> None:
    """`history -a` as PROMPT_COMMAND, times in the history, the exit code in the prompt."""
    shell = start(before="HISTTIMEFORMAT='%F %T ' PROMPT_COMMAND='history -a'")
    assert (shell.run("true"), shell.exit) == ("", 0)
    assert (shell.run("(exit 9)"), shell.exit) == ("", 9)
    assert (shell.run("nosuchprogram 2>/dev/null"), shell.exit) == ("", 127)
    assert [(r.command, r.exit) for r in shell.records()] == [
        ("true", 0),
        ("(exit 9)", 9),
        ("nosuchprogram 2>/dev/null", 127),
    ]
    assert "(exit 9)" in (tmp_path / "history").read_text()


@pytest.mark.parametrize(
    "line",
    [
        "echo 'a  b'",
        'echo "é € 日本"',
        "printf '%s\\n' '\\x'",
        "echo a; echo b | cat",
        "echo $((1+1)) # why",
        "echo '%s' \\\\",
    ],
)
def test_the_command_is_kept_as_the_history_keeps_it(start: Start, line: str) -> None:
    shell = start()
    shell.run(line)
    assert shell.commands() == [line]


def test_a_command_of_several_lines_is_one_record(start: Start) -> None:
    shell = start(before="shopt -s lithist")
    shell.child.sendline("for i in 1 2; do")
    shell.child.sendline("echo $i")
    shell.run("done")
    shell.child.sendline("cat <<END")
    shell.child.sendline("  x")
    shell.run("END")
    assert shell.commands() == ["for i in 1 2; do\necho $i\ndone", "cat <<END\n  x\nEND"]


def test_several_lines_without_cmdhist_are_still_one_record(start: Start) -> None:
    shell = start(before="shopt -u cmdhist")
    shell.run("true")
    shell.child.sendline("for i in 1 2; do")
    shell.child.sendline("echo $i")
    shell.run("done")
    assert shell.commands() == ["true", "for i in 1 2; do\necho $i\ndone"]


def test_pasted_lines_are_recorded_one_by_one(start: Start) -> None:
    shell = start()
    shell.run("true\nfalse\necho x", prompts=3)
    assert [(r.command, r.exit) for r in shell.records()] == [("true", 0), ("false", 1), ("echo x", 0)]


def test_an_empty_line_a_comment_and_a_syntax_error_are_no_commands(start: Start) -> None:
    shell = start()
    for line in ("", "# only a comment", "if then", "true"):
        shell.run(line)
    assert shell.commands() == ["true"]


@pytest.mark.parametrize("control", ["ignorespace", "ignoreboth", "ignorespace:erasedups"])
def test_a_leading_space_keeps_a_command_out(start: Start, control: str) -> None:
    shell = start(before=f"HISTCONTROL={control}", after=f"HISTCONTROL={control}")
    for line in ("echo a", " echo secret", "echo b", " echo b", "true"):
        shell.run(line)
    assert shell.commands() == ["echo a", "echo b", "true"]


def test_a_leading_space_means_nothing_where_the_history_keeps_it(start: Start) -> None:
    shell = start()
    shell.run(" echo a")
    assert shell.commands() == [" echo a"]


def test_histignore_keeps_commands_out(start: Start) -> None:
    shell = start(after="HISTIGNORE='echo s*:pwd'")
    for line in ("true", "echo secret", "pwd", "false"):
        shell.run(line)
    assert shell.commands() == ["true", "false"]


def test_repeats_are_recorded_where_no_leading_space_could_be_the_reason(start: Start) -> None:
    shell = start(after="HISTCONTROL=ignoredups")
    for line in ("false", "false", "false; true", "false; true", "false"):
        shell.run(line)
    assert shell.commands() == ["false", "false", "false; true", "false"]


def test_erased_duplicates_are_recorded_each_time(start: Start) -> None:
    shell = start(after="HISTCONTROL=erasedups")
    for line in ("echo a", "true", "echo a"):
        shell.run(line)
        time.sleep(1.1)  # the history's own clock has seconds
    assert shell.commands() == ["echo a", "true", "echo a"]


def test_the_off_switch_works_at_any_time(start: Start) -> None:
    shell = start()
    for line in ("true", "REIFIERD_OFF=1", "echo secret", "unset REIFIERD_OFF", "false"):
        shell.run(line)
    assert shell.commands() == ["true", "false"]


def test_without_history_nothing_is_recorded(start: Start) -> None:
    shell = start()
    for line in ("set +o history", "echo secret", "set -o history", "true"):
        shell.run(line)
    assert shell.commands() == ["true"]


def test_history_that_others_write_is_not_ours(start: Start, tmp_path: Path) -> None:
    """`history -n` brings the lines of other shells in, before the hook's own part of the prompt or after it."""
    shell = start(after=f"PROMPT_COMMAND+=('history -n {tmp_path}/others') HISTCONTROL=ignorespace")
    shell.run("true")
    (tmp_path / "others").write_text("echo from another shell\n")
    shell.run("false")
    shell.run(" echo secret")
    shell.run("echo mine")
    assert shell.commands() == ["true", "false", "echo mine"]


def test_subshells_and_children_do_not_record(start: Start) -> None:
    shell = start()
    shell.run("(echo a; echo b)")
    shell.run("bash -c 'echo c'")
    shell.run("x=$(echo d)")
    assert shell.commands() == ["(echo a; echo b)", "bash -c 'echo c'", "x=$(echo d)"]


def test_a_shell_that_is_not_interactive_is_left_alone(start: Start, tmp_path: Path) -> None:
    start()
    # what was ignored when the shell started (nohup) is listed by `trap` in any case
    look = f'before=$(trap); source {tmp_path}/hook.bash; declare -F; [ "$(trap)" = "$before" ] || trap'
    script = look + '; echo "${PROMPT_COMMAND-none}${PS0-none}"'
    done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("nonenone\n", "")


# -- what belongs to the user stays as it is


def test_status_last_argument_and_pipestatus_are_kept(start: Start) -> None:
    shell = start()
    assert shell.run("(exit 3) | (exit 4)") == ""
    assert shell.run('echo "${PIPESTATUS[@]} $?"') == "3 4 4\n"
    shell.run("echo one two")
    assert shell.run('echo "$_"') == "two\n"
    assert shell.run("false") == ""
    assert shell.run("echo $?") == "1\n"
    shell.run("[[ abc =~ b(.) ]]")
    shell.run("echo hi >target")
    assert shell.run('echo "${BASH_REMATCH[1]}"') == "c\n"


@pytest.mark.parametrize(
    "theirs",
    [
        "PROMPT_COMMAND='their=\"$? $_ ${PIPESTATUS[*]}\"'",
        "PROMPT_COMMAND=('their=\"$? $_ ${PIPESTATUS[*]}\"' 'more=1;')",
        "PROMPT_COMMAND='their=\"$? $_ ${PIPESTATUS[*]}\";  '",
    ],
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_another_prompt_command_sees_what_it_always_saw(start: Start, theirs: str, where: str) -> None:
    alone, shell = start(before=theirs, hook=""), start(**{where: theirs})
    seen = []
    for each in (alone, shell):
        each.run("echo word")
        each.run("(exit 3) | (exit 4)")
        seen.append(each.run('echo "$their"'))
    assert seen == ["4 word 3 4\n"] * 2
    assert shell.commands() == ["echo word", "(exit 3) | (exit 4)", 'echo "$their"']


def test_ps0_that_is_set_already_is_shown(start: Start) -> None:
    shell = start(before="PS0='[\\!:run]'")
    assert re.fullmatch(r"\[\d+:run\]a\n", shell.run("echo a"))
    assert shell.commands() == ["echo a"]


def test_variables_assigned_later_do_not_end_the_recording(start: Start) -> None:
    """Only the command that assigned the whole array is lost: PS0 brings the hook back at the next one."""
    shell = start()
    lines = (
        "PS0=",
        "true",
        "false",
        "PROMPT_COMMAND=':'",
        "true",
        "PROMPT_COMMAND=(: 'n=1')",
        "echo b >f",
        "unset PROMPT_COMMAND",
        "echo $n",
    )
    for line in lines:
        shell.run(line)
    whole = "PROMPT_COMMAND=(: 'n=1')"
    assert shell.commands() == [line for line in lines if line not in {whole, "unset PROMPT_COMMAND"}]


def test_no_prompt_expansion_means_no_litter(start: Start) -> None:
    shell = start()
    shell.run("shopt -u promptvars; PS1='<<RB:0>> '")
    assert shell.run("echo a") == "a\n"
    shell.run("shopt -s promptvars")
    shell.run("echo b")
    assert shell.commands()[-1] == "echo b"


def test_traps_stay_the_users(start: Start) -> None:
    shell = start()
    shell.run("trap 'echo ERR' ERR; trap 'echo BYE' EXIT")
    assert shell.run("true") == ""
    assert shell.run("false") == "ERR\n"
    assert shell.run("") == ""
    assert "DEBUG" not in shell.run("trap -p")
    shell.child.sendline("exit 0")
    shell.child.expect("BYE")
    assert len(shell.records()) == 4


@pytest.mark.parametrize("where", ["before", "interactive"])
def test_a_debug_trap_of_the_user_goes_on(start: Start, where: str, tmp_path: Path) -> None:
    trap = "trap 'seen+=\"<$BASH_COMMAND:$?:$_>\"' DEBUG"
    shell = start(before=trap if where == "before" else "")
    if where == "interactive":
        shell.run(trap)
    shell.run("(exit 3)")
    shell.run("seen=")
    shell.run("echo hi >made")
    shell.run("false")
    shell.run("echo again")
    out = shell.run('printf "%s\\n" "$seen"')
    assert "<echo hi > made:0:" in out
    assert "<echo again:1:false>" in out
    assert shell.run("trap -p DEBUG") == trap.replace("trap '", "trap -- '") + "\n"
    made = next(r for r in shell.records() if r.command == "echo hi >made")
    assert made.copies == (FileCopy(str(tmp_path / "work/made"), None, b"hi\n"),)


def test_extdebug_still_runs_commands(start: Start) -> None:
    shell = start(after="shopt -s extdebug")
    assert shell.run("echo a >f; cat f") == "a\n"
    assert shell.run("f() { echo in; }; f") == "in\n"
    assert len(shell.commands()) == 2


# -- what it survives

OPTIONS = [
    "set -u", "set -o pipefail", "set -C", "set -f", "set -k", "set -T", "set -E", "set -a", "set -h", "set -o posix",
    "set -eu -o pipefail", "shopt -s failglob", "shopt -s nullglob", "shopt -s nocasematch extglob dotglob",
    "shopt -s xpg_echo", "IFS=", "IFS=0123456789:/", "LC_ALL=C", "LC_ALL=de_DE.UTF-8 2>/dev/null", "LANG=C",
    "alias printf=false history=false local=false builtin=false read=false trap=false umask=false set=false",
    "printf() { echo no; }; history() { echo no; }; read() { echo no; }; umask() { echo no; }; trap() { echo no; }",
    "readonly line path i x name", "HISTTIMEFORMAT='%F %T '", "HISTSIZE=2", "unset HISTFILE", "enable -n test",
    "BASH_COMPAT=4.2", "TIMEFORMAT=x; set -b",
]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("where", ["before", "interactive"])
def test_it_survives(start: Start, option: str, where: str, tmp_path: Path) -> None:
    """Whatever is set, before or later: commands are recorded, nothing is printed, the status is right."""
    shell = start(before=option if where == "before" else "")
    if where == "interactive":
        shell.run(option)
    assert shell.run("! true") == ""
    assert shell.exit == 1
    assert shell.run("echo a b") == "a b\n"
    shell.run("/bin/echo hi >>made.txt")
    assert shell.run('echo "$?"') == "0\n"
    records = shell.records()[-4:]
    assert [(r.command, r.exit) for r in records] == [
        ("! true", 1),
        ("echo a b", 0),
        ("/bin/echo hi >>made.txt", 0),
        ('echo "$?"', 0),
    ]
    assert records[2].copies == (FileCopy(str(tmp_path / "work/made.txt"), None, b"hi\n"),)
    assert all(r.cwd == str(tmp_path / "work") and 0 <= r.duration < 5 for r in records)


def test_tracing_shows_nothing_of_the_hook(start: Start) -> None:
    shell = start(before="PROMPT_COMMAND=")
    shell.run("set -x")
    assert shell.run("echo a >f") == "+ echo a\n"
    assert shell.run("true") == "+ true\n"
    assert shell.run("") == ""


def test_sourced_twice_is_sourced_once(start: Start, tmp_path: Path) -> None:
    shell = start(before="PROMPT_COMMAND='n=$((n+1))'", after=f"source {tmp_path}/hook.bash")
    shell.run(f"source {tmp_path}/hook.bash")
    shell.run("n=0")
    assert shell.run("echo $n") == "1\n"
    records = shell.records()
    assert [r.command for r in records][1:] == ["n=0", "echo $n"]
    assert len({r.shell_session for r in records}) == 1


def test_eval_of_the_printed_hook(start: Start) -> None:
    shell = start(before=f'eval "$({sys.executable} -m reifierd hook bash)"', hook="")
    shell.run("true")
    assert shell.commands() == ["true"]


def test_a_spool_that_cannot_be_made_records_nothing_and_says_nothing(start: Start, runtime: Path) -> None:
    shell = start(before=f"rm -rf {runtime}; : >{runtime}")
    assert shell.run("true") == ""
    assert shell.run("false") == ""
    assert shell.exit == 1


def test_a_spool_that_vanishes_breaks_nothing_and_is_used_again(start: Start, runtime: Path) -> None:
    shell = start()
    shell.run("true")
    (runtime / "spool").rename(runtime / "gone")
    assert shell.run("false") == ""
    assert shell.exit == 1
    (runtime / "spool").mkdir(mode=0o700)
    shell.run("true")
    shell.run("echo back")
    assert shell.commands()[-1] == "echo back"


def test_the_spool_is_private(start: Start, runtime: Path) -> None:
    shell = start(before="umask 000")
    shell.run("true")
    assert stat.S_IMODE((runtime / "spool").stat().st_mode) == 0o700
    modes = {stat.S_IMODE(f.stat().st_mode) for f in (runtime / "spool").glob("*.spool")}
    assert modes == {0o600}
    assert shell.run("umask") == "0000\n"


def test_claiming_the_spool_between_two_commands_loses_nothing(start: Start) -> None:
    shell = start()
    found = []
    for n in range(5):
        shell.run(f"echo {n}")
        found += shell.records()
    assert [(r.seq, r.command) for r in found] == [(n + 1, f"echo {n}") for n in range(5)]
    assert all(r.host and r.env for r in found)


def test_environment_names_are_those_that_the_command_ran_with(start: Start) -> None:
    shell = start()
    for line in ("export PGHOST=db1", "true", "PGHOST=db2", "MY_TOKEN=x", "unset PGHOST", "true"):
        shell.run(line)
    assert [dict(r.env).get("PGHOST") for r in shell.records()] == [None, "db1", "db1", "db2", "db2", None]


def test_nothing_is_forked_at_a_prompt(start: Start, need: Callable[..., None], tmp_path: Path) -> None:
    """Forks are counted in the kernel: twenty built-in commands, copies of a file among them, make no process."""
    need("strace")
    log = tmp_path / "calls"
    shell = start(wrap=("strace", "-f", "-o", str(log), "-e", "trace=clone,clone3,fork,vfork,execve"))
    shell.run("true")
    before = shell.forks(log)
    for n in range(5):
        for line in ("true", f"export PGHOST=db{n}", f"echo {n} >file", f"echo {n} >>file"):
            shell.run(line)
    assert shell.forks(log) == before
    assert len(shell.commands()) == 21
