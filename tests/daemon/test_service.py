"""The daemon as a process: ready, woken by a move, paused, stopped."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from reifierd.cli.main import cli
from reifierd.workspace.layout import APPROVED, DRAFTS, PAUSE, REPORTS

REIFIERD = [sys.executable, "-m", "reifierd"]


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "workspace"
    assert CliRunner().invoke(cli, ["init", str(place)]).exit_code == 0
    return place


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A stand-in for systemd's notification socket: the real protocol, another listener."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


@pytest.fixture
def daemon(root: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    with (root.parent / "daemon.log").open("w") as log:
        process = subprocess.Popen([*REIFIERD, "-w", str(root), "run"], stderr=log, stdin=subprocess.DEVNULL, text=True)
        try:
            heard = b""
            while heard != b"READY=1":  # a slow start is kept alive by watchdog pings before it
                heard = manager.recv(64)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def draft(root: Path, name: str, command: str) -> Path:
    path = root / DRAFTS / name
    path.write_text(f"---\ntitle: {name}\n---\n# {name}\n\n## Fix Sequence\n1. `{command}`\n")
    return path


def waiting(root: Path) -> list[dict[str, str]]:
    said = CliRunner().invoke(cli, ["-w", str(root), "status", "--json"]).output
    found: list[dict[str, str]] = json.loads(said)["waiting"]
    return found


def reports(root: Path) -> list[dict[str, object]]:
    return [json.loads(p.read_text()) for p in sorted((root / REPORTS).glob("*.json"))]


def test_a_move_into_approved_runs_the_file_once(root: Path, daemon: subprocess.Popen[str], tmp_path: Path) -> None:
    file = draft(root, "stamp.md", f"echo ran >> {tmp_path}/stamp")
    file.rename(root / APPROVED / file.name)
    until(lambda: reports(root))
    assert [r["result"] for r in reports(root)] == ["succeeded"]
    assert (tmp_path / "stamp").read_text() == "ran\n"
    assert (root / APPROVED / "stamp.md").exists()


def test_systemd_hears_ready_the_watchdog_and_stopping(
    root: Path, manager: socket.socket, daemon: subprocess.Popen[str]
) -> None:
    assert manager.recv(64) == b"WATCHDOG=1"
    daemon.send_signal(signal.SIGTERM)
    heard = {manager.recv(64) for _ in range(1)}
    while b"STOPPING=1" not in heard:
        heard.add(manager.recv(64))
    assert daemon.wait(20) == 0


def test_invariant_10_while_pause_stands_nothing_starts(
    root: Path, daemon: subprocess.Popen[str], tmp_path: Path
) -> None:
    (root / PAUSE).touch()
    file = draft(root, "later.md", f"touch {tmp_path}/later")
    file.rename(root / APPROVED / file.name)
    until(lambda: any(w["state"] == "held" for w in waiting(root)))
    assert not (tmp_path / "later").exists()
    (root / PAUSE).unlink()
    until((tmp_path / "later").exists)


def test_a_second_daemon_on_the_same_workspace_is_refused(root: Path, daemon: subprocess.Popen[str]) -> None:
    second = subprocess.run([*REIFIERD, "-w", str(root), "run", "--once"], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"pid {daemon.pid}" in second.stderr
    assert "reifierd status" in second.stderr


def test_sigterm_ends_the_running_step_and_journals_it_as_stopped(
    root: Path, daemon: subprocess.Popen[str], tmp_path: Path
) -> None:
    file = draft(root, "long.md", f"touch {tmp_path}/began; sleep 60")
    file.rename(root / APPROVED / file.name)
    until((tmp_path / "began").exists)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(20) == 0
    assert [r["result"] for r in reports(root)] == ["stopped"]


def test_a_broken_configuration_names_every_problem_and_exits_with_2(root: Path, private_places: Path) -> None:
    config = private_places / ".config/reifierd/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[observer]\ngap = -1\nnoises = ["x"]\n[scribe]\ndraft = "some"\n')
    said = subprocess.run([*REIFIERD, "-w", str(root), "run", "--once"], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    for name in ("[observer] gap", "did you mean 'noise'", "[scribe] draft", str(config)):
        assert name in said.stderr
