"""What a service manager hears, on a real socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from reifierd.daemon.notify import notify, watchdog_interval


def test_a_state_line_reaches_the_socket_that_systemd_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")
        assert manager.recv(64) == b"READY=1"


def test_an_abstract_socket_is_reached_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"reifierd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("STOPPING=1")
        assert manager.recv(64) == b"STOPPING=1"


def test_without_a_manager_or_with_a_dead_one_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify("READY=1")
    assert list(tmp_path.glob("gone")) == []


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [("60000000", None, 30.0), ("60000000", "1", None), ("", None, None), ("soon", None, None)],
)
def test_pings_come_twice_as_often_as_asked_and_only_from_the_watched_process(
    usec: str, pid: str | None, expected: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_interval() == expected


def test_a_manager_that_does_not_read_cannot_block_the_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        for _ in range(2000):  # far more than a socket's queue holds
            notify("WATCHDOG=1")
        assert manager.recv(64) == b"WATCHDOG=1"
