"""Hints arrive, whatever happens to the folders; where they cannot, the folders are polled and the reason is said."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyFD

from reifierd.ledger import disk
from reifierd.workspace import watch
from reifierd.workspace.watch import Watcher


class Woken:
    """Which folders were hinted at; `wait` until one is."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.folders: list[str] = []

    def __call__(self, folder: str) -> None:
        self.folders.append(folder)
        self._event.set()

    def after(self, action: Callable[[], object], seconds: float = 5) -> bool:
        self._event.clear()
        action()
        return self._event.wait(seconds)


@contextmanager
def watching(*folders: Path) -> Iterator[tuple[Watcher, Woken]]:
    woken = Woken()
    watcher = Watcher(folders, woken)
    watcher.start()
    try:
        yield watcher, woken
    finally:
        watcher.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "approved"
    place.mkdir()
    return place


def test_a_file_that_is_moved_in_written_or_taken_away_is_a_hint(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("x")
    with watching(folder) as (watcher, woken):
        assert woken.after(lambda: (tmp_path / "x.md").rename(folder / "x.md"))
        assert set(woken.folders) == {str(folder)}
        assert woken.after(lambda: (folder / "x.md").write_text("y"))
        assert woken.after(lambda: (folder / "x.md").rename(tmp_path / "x.md"))
        assert watcher.degraded == {}


def test_reading_is_no_hint(folder: Path) -> None:
    (folder / "x.md").write_text("x")
    with watching(folder) as (_, woken):
        woken.after(lambda: None, watch.CHECK * 2)
        assert not woken.after(lambda: [(folder / "x.md").read_text(), list(folder.iterdir())], watch.CHECK * 3)


@pytest.mark.parametrize("how", ["deleted", "replaced", "missing at first"])
def test_a_folder_that_is_made_again_is_watched_again(folder: Path, tmp_path: Path, how: str) -> None:
    if how == "missing at first":
        folder.rmdir()
    with watching(folder) as (_, woken):
        if how == "deleted":
            shutil.rmtree(folder)
        elif how == "replaced":
            folder.rename(tmp_path / "away")
        assert woken.after(folder.mkdir)
        woken.after(lambda: None, watch.CHECK * 3)
        assert woken.after(lambda: (folder / "x.md").write_text("x"), watch.CHECK * 0.8)


def test_the_limit_of_inotify_is_said_and_the_folder_polled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit belongs to the whole machine, so its answer is replaced here."""

    def full(*args: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(InotifyFD, "add_callback", full)
    with watching(folder) as (watcher, woken):
        assert "sysctl fs.inotify.max_user_watches" in watcher.degraded[folder]
        assert woken.after(lambda: (folder / "x.md").write_text("x"))


def test_a_network_file_system_is_polled_and_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_magic", lambda path: 0x6969)
    with watching(folder) as (watcher, woken):
        assert "network file system (nfs)" in watcher.degraded[folder]
        assert woken.after(lambda: (folder / "x.md").write_text("x"))


def test_stopping_leaves_no_thread(folder: Path) -> None:
    with watching(folder):
        pass
    with watching(folder) as (_, woken):
        assert woken.after(lambda: (folder / "x.md").write_text("x"))
    assert not [t for t in threading.enumerate() if t.name == "watch"]


def test_incident_buck2_1131_an_overflow_of_the_queue_leaves_nothing_stale(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that the kernel dropped left a build with stale files for ever: here the folder itself is looked at again.

    The queue is read so slowly that it overflows; what comes afterwards is still hinted at."""
    slow = threading.Event()
    read = InotifyFD.read_events

    def reluctant(self: InotifyFD, *args: object, **how: object) -> object:
        slow.wait(20)
        return read(self, *args, **how)  # type: ignore[arg-type] # whatever it is given is passed on

    monkeypatch.setattr(InotifyFD, "read_events", reluctant)
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    with watching(folder) as (_, woken):
        for n in range(min(limit, 40_000) // 2 + 500):  # a move away and back is two events
            (tmp_path / "x.md").write_text("x") if n == 0 else None
            (tmp_path / "x.md").rename(folder / "x.md")
            (folder / "x.md").rename(tmp_path / "x.md")
        slow.set()
        assert woken.after(lambda: (tmp_path / "x.md").rename(folder / "y.md"), seconds=20)
