"""The hook in a real interactive zsh."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., Any]  # a Shell of conftest.py, which tests cannot import


def test_every_field_of_a_command(start: Start, tmp_path: Path) -> None:
    shell = start("zsh")
    earliest = time.time()
    shell.run("sleep 0.2; (exit 7)")
    [record] = shell.records()
    assert (record.command, record.exit, record.seq) == ("sleep 0.2; (exit 7)", 7, 1)
    assert record.cwd == str(tmp_path / "work")
    assert earliest - 0.01 <= record.started <= time.time()
    assert 0.2 <= record.duration <= time.time() - earliest
    assert (record.shell, record.shell_pid) == ("zsh", shell.child.pid)
    assert re.match(r"\d+\.\d+", record.shell_version)
    assert record.shell_session.startswith(f"zsh-{shell.child.pid}-")
    assert re.fullmatch(r"/dev/pts/\d+", record.tty)
    assert record.host == os.uname().nodename
    assert record.user == subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert record.umask
    assert dict(record.env)["LANG"] == "C.UTF-8"


def test_commands_as_typed(start: Start) -> None:
    shell = start("zsh")
    for line in ("echo é '日本'", "for i in 1 2; do\necho $i\ndone", "echo $'a\\nb' | cat", "alias e=echo", "e x"):
        shell.child.sendline(line)
        shell.child.expect(shell.done)
    shell.run("")
    shell.run("# nothing")
    assert shell.commands()[:5] == [
        "echo é '日本'",
        "for i in 1 2; do\necho $i\ndone",
        "echo $'a\\nb' | cat",
        "alias e=echo",
        "e x",
    ]


def test_a_leading_space_keeps_a_command_out_where_zsh_does(start: Start) -> None:
    shell = start("zsh")
    for line in (" echo a", "setopt hist_ignore_space", " echo secret", "echo b"):
        shell.run(line)
    assert [c.strip() for c in shell.commands()] == ["echo a", "setopt hist_ignore_space", "echo b"]


def test_history_ignore_and_the_off_switch(start: Start) -> None:
    shell = start("zsh", after="HISTORY_IGNORE='(echo s*|pwd)'")
    for line in ("true", "echo secret", "pwd", "REIFIERD_OFF=1", "false", "unset REIFIERD_OFF", "echo b"):
        shell.run(line)
    assert shell.commands() == ["true", "echo b"]


def test_repeats_are_recorded(start: Start) -> None:
    shell = start("zsh", after="setopt hist_ignore_dups hist_ignore_all_dups")
    for line in ("false", "false", "true", "false"):
        shell.run(line)
    assert shell.commands() == ["false", "false", "true", "false"]


def test_status_last_argument_and_pipestatus_are_kept(start: Start) -> None:
    shell = start("zsh", before="autoload -Uz add-zsh-hook; theirs() { saw=$?; }; add-zsh-hook precmd theirs")
    shell.run("(exit 3) | (exit 4)")
    assert shell.exit == 4
    assert shell.run('echo "$pipestatus[*] $?"') == "3 4 4\n"
    shell.run("echo one two")
    assert shell.run('echo "$_"') == "two\n"
    shell.run("(exit 6)")
    assert shell.run("echo $saw") == "6\n"


@pytest.mark.parametrize(
    "option",
    [
        "set -u",
        "setopt err_return",
        "setopt noclobber",
        "setopt ksh_arrays sh_word_split",
        "setopt glob_subst no_nomatch",
        "setopt extended_glob null_glob",
        "setopt warn_create_global",
        "emulate sh",
        "emulate ksh",
        "IFS=0123456789",
        "LC_ALL=C",
        "alias printf=false local=false read=false",
        "printf() { echo no; }",
        "setopt posix_builtins all_export",
    ],
)
@pytest.mark.parametrize("where", ["before", "interactive"])
def test_it_survives(start: Start, option: str, where: str) -> None:
    shell = start("zsh", before=option if where == "before" else "")
    if where == "interactive":
        shell.run(option)
    assert shell.run("! true") == ""
    assert shell.run("echo a b") == "a b\n"
    assert shell.run("/bin/echo hi >|made") == ""
    records = shell.records()[-3:]
    assert [(r.command, r.exit) for r in records] == [("! true", 1), ("echo a b", 0), ("/bin/echo hi >|made", 0)]
    assert [len(r.copies) for r in records] == [0, 0, 1]


def test_tracing_shows_nothing_of_the_hook(start: Start) -> None:
    shell = start("zsh")
    shell.run("set -x")
    assert shell.run("echo a").count("+") == 1
    assert "reifierd" not in shell.run("true")


def test_sourced_twice_is_sourced_once(start: Start, tmp_path: Path) -> None:
    shell = start("zsh", after=f"source {tmp_path}/hook.zsh")
    shell.run(f"source {tmp_path}/hook.zsh")
    shell.run("true")
    records = shell.records()
    assert [r.command for r in records][-1:] == ["true"]
    assert len(records) == 2
    assert len({r.shell_session for r in records}) == 1


def test_a_shell_that_is_not_interactive_is_left_alone(start: Start, tmp_path: Path) -> None:
    start("zsh")
    script = f"source {tmp_path}/hook.zsh; print -l ${{(k)functions}} ${{preexec_functions-}}"
    done = subprocess.run(["zsh", "-f", "-eu", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_nothing_is_forked_at_a_prompt(start: Start, need: Callable[..., None], tmp_path: Path) -> None:
    need("strace")
    log = tmp_path / "calls"
    shell = start("zsh", wrap=("strace", "-f", "-o", str(log), "-e", "trace=clone,clone3,fork,vfork,execve"))
    shell.run("true")
    before = shell.forks(log)
    for n in range(5):
        for line in ("true", f"export PGHOST=db{n}", f"echo {n} >|file"):
            shell.run(line)
    assert shell.forks(log) == before
    assert len(shell.commands()) == 16


def test_a_spool_that_cannot_be_made_says_nothing(start: Start, runtime: Path) -> None:
    shell = start("zsh", before=f"rm -rf {runtime}; : >{runtime}")
    assert shell.run("echo a") == "a\n"
