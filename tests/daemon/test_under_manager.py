"""The service as `reifierd service install` writes it, started and restarted by a real manager of a user's services."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MANAGER = Path(__file__).parents[1] / "manager.sh"
SCRIPT = Path(__file__).with_name("under_manager.sh")


def test_incident_rundeck_1742_a_daemon_that_is_killed_and_restarted_by_its_manager_runs_nothing_twice(
    tmp_path: Path, need: Callable[..., None]
) -> None:
    """It is restarted; the step of its unit, which nobody killed, is ended and never started again. And what the
    daemon may not (gain rights, as sudo does), its steps may."""
    need("unshare", "systemd-run", "systemctl", "pgrep")
    if os.getuid() != 0:
        pytest.skip("needs root, to give a service manager a cgroup2 of its own")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    words = ["unshare", "-m", "--propagation", "private", "bash", str(MANAGER), str(tmp_path), "bash", str(SCRIPT)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode == 77:
        pytest.skip(f"this kernel gives no cgroup2 to a namespace: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "daemon NoNewPrivs:1 step NoNewPrivs:0",
        "restarts 1 ran 1",
        "# runbooks/approved/cut.md: unknown",
        "survivors 0",
        "end success",
    ]
