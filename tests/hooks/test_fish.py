"""The hook in a real interactive fish."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Start = Callable[..., Any]  # a Shell of conftest.py, which tests cannot import


def test_every_field_of_a_command(start: Start, tmp_path: Path) -> None:
    shell = start("fish")
    earliest = time.time()
    shell.run("sleep 0.2; bash -c 'exit 7'")
    assert shell.exit == 7
    shell.run("true")
    record, _ = shell.records()
    assert (record.command, record.exit, record.seq) == ("sleep 0.2; bash -c 'exit 7'", 7, 1)
    assert record.cwd == str(tmp_path / "work")
    assert earliest - 0.05 <= record.started <= time.time()
    assert 0.2 <= record.duration <= time.time() - earliest
    assert (record.shell, record.shell_pid) == ("fish", shell.child.pid)
    assert re.match(r"\d+\.\d+", record.shell_version)
    assert record.shell_session.startswith(f"fish-{shell.child.pid}-")
    assert re.fullmatch(r"/dev/pts/\d+", record.tty)
    assert record.host == os.uname().nodename
    assert record.user == subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert record.umask
    assert dict(record.env)["LANG"] == "C.UTF-8"


def test_commands_as_typed(start: Start) -> None:
    shell = start("fish")
    lines = ["echo é '日本'", "for i in 1 2\n  echo $i\nend", "echo 'a\\\\b' \\\n  c", "cd /", "false | true"]
    for line in lines:
        shell.run(line)
    shell.run("true")
    records = shell.records()
    assert [r.command for r in records][:5] == lines
    assert records[-1].cwd == "/"


def test_a_leading_space_and_the_off_switch(start: Start) -> None:
    shell = start("fish")
    for line in ("true", " echo secret", "set -g REIFIERD_OFF 1", "echo secret", "set -e REIFIERD_OFF", "false"):
        shell.run(line)
    shell.run("true")
    assert shell.commands() == ["true", "false", "true"]


def test_private_mode_records_nothing(start: Start) -> None:
    shell = start("fish", after="set -g fish_private_mode 1")
    shell.run("echo secret")
    shell.run("true")
    assert shell.commands() == []


def test_environment_names_are_those_that_the_command_ran_with(start: Start) -> None:
    shell = start("fish")
    for line in ("set -gx PGHOST db1", "true", "set -e PGHOST", "true", "true"):
        shell.run(line)
    assert [dict(r.env).get("PGHOST") for r in shell.records()][:4] == [None, "db1", "db1", None]


def test_sourced_twice_is_sourced_once(start: Start, tmp_path: Path) -> None:
    shell = start("fish", after=f"source {tmp_path}/hook.fish")
    shell.run(f"source {tmp_path}/hook.fish")
    for _ in range(3):
        shell.run("true")
    records = shell.records()
    assert [r.command for r in records][1:3] == ["true", "true"]
    assert [r.seq for r in records] == list(range(1, len(records) + 1))
    assert len({r.shell_session for r in records}) == 1


def test_a_shell_that_is_not_interactive_is_left_alone(start: Start, tmp_path: Path, runtime: Path) -> None:
    start("fish")
    script = f"source {tmp_path}/hook.fish; functions -q __reifierd_preexec; echo $status"
    done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_nothing_is_forked_at_a_prompt(start: Start, need: Callable[..., None], tmp_path: Path) -> None:
    need("strace")
    log = tmp_path / "calls"
    shell = start("fish", wrap=("strace", "-f", "-o", str(log), "-e", "trace=clone,clone3,fork,vfork,execve"))
    shell.run("true")
    before = shell.forks(log)
    for n in range(3):
        for line in ("true", f"set -gx PGHOST db{n}", f"echo {n} >file"):
            shell.run(line)
    assert shell.forks(log) == before
    assert len(shell.commands()) >= 9


def test_a_spool_that_cannot_be_made_says_nothing(start: Start, runtime: Path) -> None:
    shell = start("fish", before=f"rm -rf {runtime}; touch {runtime}")
    shell.run("echo a")
    assert shell.exit == 0
