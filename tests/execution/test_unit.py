"""Steps as transient units, by a real service manager: `systemd --user` in a mount namespace with its own cgroup2."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

INSIDE = Path(__file__).with_name("in_manager.py")
MANAGER = Path(__file__).parents[1] / "manager.sh"


@pytest.fixture
def unit_steps(tmp_path: Path, need: Callable[..., None]) -> Callable[..., list[dict[str, Any]]]:
    """`unit_steps({"command": …}, …)`: each as a step of its own; what came of them."""
    need("unshare", "systemd-run", "systemctl", "setpriv")
    if os.getuid() != 0:
        pytest.skip("needs root, to give a service manager a cgroup2 of its own")

    def run(*steps: dict[str, Any]) -> list[dict[str, Any]]:
        inside = [sys.executable, str(INSIDE), str(tmp_path), json.dumps(steps)]
        words = ["bash", str(MANAGER), str(tmp_path), "setpriv", "--no-new-privs", *inside]
        done = subprocess.run(
            ["unshare", "-m", "--propagation", "private", *words],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        if done.returncode == 77:
            pytest.skip(f"this kernel gives no cgroup2 to a namespace: {done.stderr[-200:]}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert lines, done.stderr
        assert lines[0] == {"answers": True}, done.stderr
        assert len(lines) == 1 + len(steps), done.stderr
        return lines[1:]

    return run


def test_a_step_runs_in_a_unit_of_its_own_and_ends_with_its_status(
    unit_steps: Callable[..., Any], tmp_path: Path
) -> None:
    [one, two] = unit_steps(
        {"command": 'cat /proc/self/cgroup; echo "$GREETING" >&2; umask; x=5; cd /usr; exit 7', "umask": 0o077},
        {"command": "env | sort"},
    )
    assert (one["state"], one["exit"]) == ("finished", 7)
    assert "/reifierd-run-1-0-1.service" in one["output"]
    assert "it's $5\n0077\n" in one["output"]
    assert one["cwd"] == "/usr"
    assert "x" in one["variables"]
    names = {line.split("=")[0] for line in two["output"].splitlines()}
    assert names <= {"GREETING", "HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "REIFIERD_STEP"}
    assert two["raw"] == []


def test_a_secret_is_in_no_property_of_the_unit(unit_steps: Callable[..., Any]) -> None:
    [told] = unit_steps(
        {
            "command": 'test "$TOKEN" = sw0rdfish-91 && systemctl --user show reifierd-run-1-0-1.service; '
            "tr '\\0' ' ' < /proc/$PPID/cmdline",
            "secrets": {"TOKEN": "sw0rdfish-91"},
            "env": {"XDG_RUNTIME_DIR": "/run/mine"},
        }
    )
    assert "ControlGroup=" in told["output"]
    assert "sw0rdfish-91" not in told["output"]


def test_a_timeout_leaves_no_survivor_of_the_unit(unit_steps: Callable[..., Any]) -> None:
    stubborn = (
        "setsid sleep 8181 & (nohup sleep 8182 &); (setsid bash -c 'trap \"\" TERM; sleep 8183 & wait' &); "
        "env -i setsid sleep 8184 & sleep 8185"
    )
    [told] = unit_steps({"command": stubborn, "timeout": 1.0})
    assert told["state"] == "timed out"
    assert told["alive"] == []
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 818" not in listed


def test_what_a_step_leaves_running_lives_on_and_is_named(unit_steps: Callable[..., Any]) -> None:
    [told] = unit_steps({"command": "setsid sleep 8191 >/dev/null 2>&1 & exit 0"})
    assert (told["state"], told["exit"]) == ("finished", 0)
    assert told["left"] == ["sleep 8191"]
    assert told["alive"] == ["sleep 8191"]


def test_a_step_is_free_of_the_lock_down_of_who_asked_for_it(unit_steps: Callable[..., Any]) -> None:
    """The test's runner has no-new-privileges set, as the daemon's unit has: with it in a step, sudo cannot work."""
    [told] = unit_steps({"command": "grep NoNewPrivs /proc/self/status; ps -o sid=,pid= $$"})
    first, second = told["output"].splitlines()
    assert first.split() == ["NoNewPrivs:", "0"]
    session, pid = second.split()
    assert session == pid


def test_a_signal_is_a_status_above_128_in_a_unit_too(unit_steps: Callable[..., Any]) -> None:
    """The manager itself takes a death by SIGTERM or SIGPIPE for a success."""
    steps = [{"command": f"kill -{number} $$"} for number in (15, 13, 9)]
    python = {"command": "import os; os.kill(os.getpid(), 15)", "interpreter": "python3"}
    told = unit_steps(*steps, python)
    assert [(t["exit"], t["output"]) for t in told] == [(143, ""), (141, ""), (137, ""), (143, "")]


def test_sigpipe_ends_a_writer_in_a_unit_as_in_a_shell(unit_steps: Callable[..., Any]) -> None:
    [told] = unit_steps({"command": "yes | head -n 1; echo ${PIPESTATUS[*]}; echo $SHLVL"})
    assert told["output"] == "y\n141 0\n1\n"


def test_what_cannot_start_in_a_unit_says_so(unit_steps: Callable[..., Any]) -> None:
    one, two = unit_steps({"command": ":", "cwd": "/no/such place"}, {"command": ":", "interpreter": "nosuchprogram"})
    assert (one["exit"], two["exit"]) == (126, 126)
    assert "/no/such place" in one["output"]
    assert "nosuchprogram" in two["output"]


def test_odd_folders_and_texts_reach_a_unit_as_they_are(unit_steps: Callable[..., Any], tmp_path: Path) -> None:
    odd = tmp_path / "a $HOME %h\n\udcff"
    odd.mkdir()
    [told] = unit_steps({"command": "printf '%s' \"$PWD\" | sha256sum", "cwd": str(odd)})
    assert told["output"].split()[0] == hashlib.sha256(os.fsencode(odd)).hexdigest()


def test_a_step_in_a_unit_may_use_its_grace(unit_steps: Callable[..., Any]) -> None:
    [told] = unit_steps({"command": "trap 'echo saved; exit 3' TERM; sleep 8171 & wait", "timeout": 1.0, "grace": 20})
    assert (told["state"], told["exit"], told["output"], told["alive"]) == ("timed out", 3, "saved\n", [])


def test_a_child_without_mark_parent_or_session_is_ended_with_its_unit(unit_steps: Callable[..., Any]) -> None:
    """What the manager has adopted, and no environment names, is still in the cgroup when the shell has gone."""
    lost = "(env -i setsid bash -c 'trap \"\" TERM; sleep 8161; sleep 8162' & ); sleep 8163"
    [told] = unit_steps({"command": lost, "timeout": 1.0})
    assert (told["state"], told["alive"]) == ("timed out", [])
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 816" not in listed


def test_a_background_step_in_a_unit_is_named_and_not_what_waits_for_it(unit_steps: Callable[..., Any]) -> None:
    [told] = unit_steps({"command": "echo up; exec sleep 8151", "background": True})
    assert (told["exit"], told["output"], told["left"]) == (None, "up\n", ["sleep 8151"])


def test_another_process_ends_what_a_killed_one_left_in_a_unit(unit_steps: Callable[..., Any]) -> None:
    """No pid is known to it, only the step's mark."""
    [told] = unit_steps({"command": ": orphaned; setsid sleep 8141 & touch ~/started; sleep 8142"})
    assert told["before"] >= 3
    assert (told["ended"] >= 3, told["members"]) == (True, 0)
