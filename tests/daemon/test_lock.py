"""One daemon for one workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reifierd.daemon.lock import WorkspaceLock, holder
from reifierd.errors import ReifierError

HOLD = """
import sys, time
from pathlib import Path
from reifierd.daemon.lock import WorkspaceLock
WorkspaceLock(Path(sys.argv[1])).take()
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_daemon_is_told_who_holds_the_workspace(tmp_path: Path) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(ReifierError, match=f"pid {first.pid}"):
            WorkspaceLock(tmp_path).take()
        assert holder(tmp_path) == first.pid
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()


def test_a_killed_daemon_leaves_no_lock_behind(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert dead.stdout is not None
    dead.stdout.readline()
    dead.kill()
    dead.communicate()

    assert holder(tmp_path) is None
    lock = WorkspaceLock(tmp_path)
    lock.take()
    assert (tmp_path / "daemon.lock").read_text() == f"{os.getpid()}\n"
    lock.release()
    assert holder(tmp_path) is None


def test_where_nothing_ever_ran_there_is_no_holder(tmp_path: Path) -> None:
    assert holder(tmp_path / "nowhere") is None
