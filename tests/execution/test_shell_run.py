"""Steps as processes: ends, limits, what stays and what must not."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.execution import process
from reifierd.execution.shell_run import CANNOT_START
from reifierd.execution.step import StepResult, StepSpec, Stop
from reifierd.ledger.records import StepState

Run = Callable[..., StepResult]

# Six kinds of children that a plain kill of the shell misses, all but the first also a kill of its process group.
CHILDREN = """
sleep 301 &
nohup sleep 302 >/dev/null 2>&1 &
setsid sleep 303 &
(setsid nohup sleep 304 >/dev/null 2>&1 &)
( (sleep 305 & ) & )
setsid bash -c 'setsid sleep 306 & disown; trap "" TERM; sleep 307' &
env -i setsid -f sleep 308
trap '' TERM
sleep 0.3
"""


def alive(marker: str) -> list[str]:
    return [c for p in process.table() if not p.dead and marker in (c := process.command_line(p.pid))]


def test_nothing_of_the_daemon_reaches_a_step(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Descriptors are closed, stdin is /dev/null, and it leads a session of its own."""
    listening = socket.socket()
    os.set_inheritable(listening.fileno(), True)
    script = "ls /proc/self/fd | wc -l; readlink /proc/self/fd/0; [ $(ps -o sid= $$) = $$ ] && echo leader; umask"
    result = run(script)
    listening.close()
    lines = result.output.split()
    assert int(lines[0]) <= 5  # 0, 1, 2, the pipe of ls and the directory that it reads
    assert lines[1:] == ["/dev/null", "leader", "0022"]


def test_stdout_and_stderr_keep_their_order(run: Run) -> None:
    assert run("echo 1; echo 2 >&2; echo 3").output == "1\n2\n3\n"


def test_a_step_ends_with_its_shell_and_leaves_services_running_and_named(run: Run) -> None:
    began = time.monotonic()
    result = run("sleep 309 & setsid sleep 310 & echo started")
    assert time.monotonic() - began < 60
    assert (result.state_of_step, result.exit, result.output) == (StepState.FINISHED, 0, "started\n")
    assert sorted(left.command for left in result.left_running) == ["sleep 309", "sleep 310"]


def test_a_service_left_running_can_write_for_ever(run: Run, tmp_path: Path) -> None:
    """It is no victim of a broken pipe, also when it writes more than a pipe holds."""
    done = tmp_path / "done"
    run(f"(sleep 0.2; head -c 5000000 /dev/zero && echo ok > {done}) &")
    for _ in range(200):
        if done.exists():
            break
        time.sleep(0.05)
    assert done.read_text() == "ok\n"


def test_a_gigabyte_of_output_costs_neither_memory_nor_disk(run: Run, base: StepSpec) -> None:
    """This process never used more memory than when a step had printed a thousandth of it."""
    seen = 0

    def count(piece: bytes) -> None:
        nonlocal seen
        seen += len(piece)

    run("echo head; yes | head -c 1000000", output_cap=10_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run("echo head; yes | head -c 1000000000; echo tail", output_cap=10_000, on_output=count)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before * 1.1
    assert seen > 1_000_000_000
    assert len(result.output) < 11_000
    assert result.output.startswith("head\n") and result.output.endswith("tail\n")
    assert sum(p.stat().st_size for p in base.folder.rglob("*") if p.is_file()) < 10_000


def test_timeout_leaves_no_survivor(run: Run) -> None:
    result = run(CHILDREN + "sleep 311", timeout=1.0)
    assert (result.state_of_step, result.survivors) == (StepState.TIMED_OUT, ())
    assert [c for n in range(301, 312) for c in alive(f"sleep {n}")] == []


def test_stop_leaves_no_survivor(run: Run) -> None:
    stop = Stop()
    threading.Timer(0.7, stop.say).start()
    result = run(CHILDREN + "sleep 312", stop=stop)
    assert (result.state_of_step, result.survivors) == (StepState.STOPPED, ())
    assert [c for n in range(301, 313) for c in alive(f"sleep {n}")] == []


def test_a_step_may_use_its_grace(run: Run, tmp_path: Path) -> None:
    note = tmp_path / "note"
    result = run(f"trap 'sleep 0.2; echo saved > {note}; exit 3' TERM; sleep 313 & wait", timeout=0.5, grace=20)
    assert (result.state_of_step, result.exit, note.read_text()) == (StepState.TIMED_OUT, 3, "saved\n")


def test_killed_for_the_timeout_while_printing(run: Run) -> None:
    result = run("trap '' TERM; yes", timeout=0.5, output_cap=2000)
    assert result.state_of_step is StepState.TIMED_OUT
    assert len(result.output) < 3000


def test_an_earlier_service_survives_a_later_timeout(run: Run) -> None:
    service = run("setsid sleep 314 >/dev/null 2>&1 &").left_running
    run("sleep 315", timeout=0.3)
    assert [left.command for left in service] == alive("sleep 314")


def test_background_steps_are_started_and_not_waited_for(run: Run) -> None:
    result = run("echo up; exec sleep 316", background=True)
    assert (result.exit, result.output) == (None, "up\n")
    assert [left.command for left in result.left_running] == ["sleep 316"]
    assert run("exit 4", background=True).exit == 4


def test_a_signal_is_a_status_above_128(run: Run) -> None:
    assert run("kill -KILL $$").exit == 128 + signal.SIGKILL


def test_a_missing_directory_or_interpreter_fails_the_step_with_a_reason(run: Run) -> None:
    for fields in ({"cwd": "/no/such/place"}, {"interpreter": "no-such-interpreter"}):
        result = run("echo hi", **fields)
        assert result.exit == CANNOT_START
        assert "could not start: No such file or directory" in result.output


def test_hostile_environment_does_not_run(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text("echo hijacked\n")
    monkeypatch.setenv("BASH_ENV", str(trap))
    monkeypatch.setenv("BASH_FUNC_echo%%", "() { builtin echo hijacked; }")
    assert run("echo fine; bash -c 'echo fine'; echo ${BASH_ENV-unset}").output == "fine\nfine\nunset\n"


def test_zsh_where_it_is_asked_for(run: Run, need: Callable[..., None]) -> None:
    need("zsh")
    run("export X='a b'; cd /usr")
    assert run("echo $ZSH_NAME $X; pwd; typeset -A m; m[k]=v; echo $m[k]", interpreter="zsh").output.split("\n")[
        :3
    ] == [
        "zsh a b",
        "/usr",
        "v",
    ]


def test_other_interpreters_get_the_exported_variables(run: Run) -> None:
    run("export X=$'two\\nlines'")
    assert run("import os; print(repr(os.environ['X']))", interpreter="python3").output == "'two\\nlines'\n"


def test_a_step_without_an_end_of_its_input_does_not_wait_for_it(run: Run) -> None:
    assert run("cat; read x; echo $?").output == "1\n"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cwd": "~no-such-user-here/x"}, "home"),
        ({"cwd": "a\0b"}, "null byte"),
        ({"env": {"A": "b\0c"}}, "null byte"),
        ({"env": {"A=B": "c"}}, "environment"),
        ({"interpreter": "python3 'x"}, "quotation"),
    ],
)
def test_what_no_system_call_takes_is_a_failed_step_with_its_reason(run: Run, fields: dict[str, Any], why: str) -> None:
    result = run("echo never", **fields)
    assert (result.state_of_step, result.exit) == (StepState.FINISHED, CANNOT_START)
    assert result.output.startswith("reifierd: could not start: ") and why in result.output


@pytest.mark.parametrize("command", ["true", "sleep 60", "kill -9 $$", "exec true"])
def test_the_shells_raw_state_is_gone_when_the_step_has_ended(run: Run, base: StepSpec, command: str) -> None:
    run("arr=(a top-secret-element)")
    run(command, timeout=0.5)
    left = [p for p in base.folder.rglob("*") if p.is_file() and "top-secret" in p.read_text()]
    assert left == [] and list(base.folder.glob("raw-*")) == []


def test_the_preamble_is_emptied_before_the_first_command(run: Run, base: StepSpec) -> None:
    """Were the daemon killed now, nothing of the state would lie about."""
    run("arr=(a top-secret-element)")
    assert run(f"cat {base.folder}/raw-*/preamble | wc -c").output.strip() == "0"


def test_a_background_step_writes_its_state_nowhere_when_it_ends_later(run: Run, base: StepSpec) -> None:
    result = run("x=late; sleep 1.6; exit 3", background=True)
    assert result.exit is None
    for _ in range(100):
        shell = process.look(result.left_running[0].pid)
        if shell is None or shell.dead:
            break
        time.sleep(0.05)
    assert [p.name for p in base.folder.rglob("*") if p.name == "dump"] == []


def test_the_last_step_of_a_shell_goes_on_in_its_state_and_leaves_none(run: Run) -> None:
    run("greeting=hello; cd /tmp")
    last = run('echo "$greeting $PWD ${BASH_ENV-unset}"; trap "echo bye" EXIT', last=True)
    assert (last.output, last.state) == ("hello /tmp unset\nbye\n", None)
    alone = run('echo "${BASH_ENV-unset}"; declare -F; false', last=True, state=None)
    assert (alone.output, alone.exit) == ("unset\n", 1)
    assert run("false; echo not reached", last=True, strict=True, state=None).exit == 1
