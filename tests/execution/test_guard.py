"""The guard in its worker: warm, killable, and never permission by accident (invariant 8)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from reifierd.execution.guard import Guard
from reifierd.execution.guard_worker import joined
from reifierd.shell import Context, Verdict, load_rules


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(load_rules(), limit=5.0) as one:
        yield one


def test_blocks_are_judged_in_order(guard: Guard) -> None:
    verdicts = [j.verdict for j in guard.judge(["ls", "rm -rf /", "git push -f", "if"], Context())]
    assert verdicts == [Verdict.ALLOW, Verdict.REFUSE, Verdict.OVERRIDE, Verdict.OVERRIDE]


def test_many_blocks_go_through(guard: Guard) -> None:
    judgements = guard.judge([f"echo $x {n} > /tmp/f" for n in range(200)], Context(), views=False)
    assert {j.verdict for j in judgements} == {Verdict.ALLOW}
    assert len(judgements) == 200


def test_the_view_comes_along(guard: Guard) -> None:
    assert guard.judge(["systemctl status x"], Context())[0].view.read_only


def test_what_bash_rejects_is_not_allowed(guard: Guard) -> None:
    assert guard.judge(["echo ) $x"], Context())[0].verdict is Verdict.OVERRIDE


def test_invariant_8_a_worker_that_dies_is_no_permission_and_is_replaced(guard: Guard) -> None:
    guard.judge(["ls"], Context())
    assert guard._worker is not None
    os.kill(guard._worker.pid, signal.SIGKILL)
    first, second = guard.judge(["ls"], Context()) + guard.judge(["ls"], Context())
    assert second.verdict is Verdict.ALLOW
    assert first.verdict in {Verdict.ALLOW, Verdict.OVERRIDE}


def test_invariant_8_too_slow_is_no_permission() -> None:
    with Guard(load_rules(), limit=5.0) as guard:
        guard.judge(["ls"], Context())
        assert guard._worker is not None
        os.kill(guard._worker.pid, signal.SIGSTOP)
        guard.limit = 0.05
        [judgement] = guard.judge(["ls"], Context())
        assert judgement.verdict is Verdict.OVERRIDE
        assert [f.rule for f in judgement.findings] == ["not-judged"]
        assert "50 ms" in judgement.findings[0].reason
        guard.limit = 5.0
        assert guard.judge(["ls"], Context())[0].verdict is Verdict.ALLOW


def test_threads_may_share_it(guard: Guard) -> None:
    found: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda: found.extend(j.verdict for j in guard.judge(["ls", "rm -rf /"], Context())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [Verdict.ALLOW] * 4 + [Verdict.REFUSE] * 4


def test_the_end_of_the_guard_is_the_end_of_its_processes() -> None:
    guard = Guard(load_rules())
    guard.judge(["echo $x"], Context())
    assert guard._worker is not None
    worker = guard._worker
    guard.close()
    assert worker.poll() is not None


def test_the_worker_says_when_it_loads_the_second_reader_so_that_the_clock_can_stand() -> None:
    with Guard(load_rules()) as guard:
        connection = guard._ready()
        for source, said in (("ls", []), ("echo $(x)", ["loading", "loaded"]), ("echo $(y)", [])):
            connection.send(([source], Context(), True))
            for word in said:
                assert connection.recv() == word
            assert connection.recv().verdict is Verdict.ALLOW


def test_a_last_backslash_is_dropped_for_bash() -> None:
    assert joined("a \\\n") == "a "
    assert joined("a \\\\") == "a \\\\"


def test_a_worker_that_waits_for_its_turn_is_waited_for() -> None:
    """The limit is processor time: on a busy machine an ordinary command must not be taken for an endless one."""
    with Guard(load_rules(), limit=0.25) as guard:
        guard.judge(["ls"], Context())
        assert guard._worker is not None
        pid = guard._worker.pid
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(1.0, os.kill, (pid, signal.SIGCONT)).start()
        assert guard.judge(["ls -l /srv"], Context())[0].verdict is Verdict.ALLOW


@pytest.mark.parametrize("sent", [b"", b"\0\0", b"\0\0\1\0half a message"])
def test_the_worker_ends_quietly_when_the_daemon_is_gone(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "reifierd.execution.guard_worker", str(theirs.fileno())]
    with theirs:
        worker = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE)
    with ours:
        ours.sendall(sent)
    assert worker.communicate(timeout=60)[1] == b""
    assert worker.returncode == 0
