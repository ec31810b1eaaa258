"""Hints that something changed in the folders. They only wake a look; lost, doubled or reordered ones change nothing
but latency.

watchdog's thread calls `wake(folder)` and does nothing else. Three things are found every `CHECK` seconds by
looking instead:
- A watched folder that was deleted or replaced, which leaves inotify blind: the watch is set again.
- Departures. watchdog keeps a move out of a folder back for half a second, in case that a move into it belongs to
  it, and every event that comes after it as well; an arrival must not wait for that, so moves out are not asked
  for.
- Everything, where events cannot be had: a network file system tells only of this machine's changes, and inotify
  has limits. `degraded` then says why. (An edit in place shows in no folder's time: the rescan finds it.)
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import InotifyConstants, Mask

from reifierd.ledger.disk import network_filesystem

CHECK = 0.5
# Not the events of reading: our own looks would wake us for ever.
_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
_LIMITS = {
    errno.ENOSPC: "fs.inotify.max_user_watches is reached: sudo sysctl fs.inotify.max_user_watches=524288",
    errno.EMFILE: "fs.inotify.max_user_instances is reached: sudo sysctl fs.inotify.max_user_instances=512",
}


class Watcher:
    """Watches folders, not what is below them. `wake` gets the folder as it was given, from another thread."""

    def __init__(self, folders: Iterable[Path], wake: Callable[[str], object]) -> None:
        self._observer = BaseObserver(_Emitter)
        self._watched = [_Watched(folder, wake, self._observer) for folder in folders]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tend, name="watch", daemon=True)

    @property
    def degraded(self) -> dict[Path, str]:
        """The folders that are polled, and why; for `status` and `doctor`."""
        return {w.folder: w.why_polled for w in self._watched if w.why_polled}

    def start(self) -> None:
        """Returns when everything that can be watched is."""
        self._observer.start()
        for watched in self._watched:
            watched.arm()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def _tend(self) -> None:
        while not self._stop.wait(CHECK):
            for watched in self._watched:
                watched.tend()


class _Emitter(InotifyEmitter):
    def get_event_mask_from_filter(self) -> Mask:
        return Mask(super().get_event_mask_from_filter() & ~InotifyConstants.IN_MOVED_FROM)


class _Watched(FileSystemEventHandler):
    """One folder: its watch, or the reason why it is polled, and what it looked like when that was decided."""

    def __init__(self, folder: Path, wake: Callable[[str], object], observer: BaseObserver) -> None:
        self.folder, self.why_polled = folder, ""
        self._wake, self._observer = wake, observer
        self._watch: ObservedWatch | None = None
        self._inode: tuple[int, int] | None = None
        self._mtime = 0

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._wake(str(self.folder))

    def arm(self) -> None:
        """Watch the folder that stands there now. One that does not is looked for at each `tend`."""
        self._inode, self._mtime = self._look()
        if self._inode is None:
            return
        self.why_polled = self._schedule()

    def tend(self) -> None:
        inode, mtime = self._look()
        if inode != self._inode or (self._watch is not None and not self._alive()):
            self._disarm()
            self.arm()
            self._wake(str(self.folder))
        elif mtime != self._mtime:
            self._mtime = mtime
            self._wake(str(self.folder))

    def _look(self) -> tuple[tuple[int, int] | None, int]:
        try:
            info = self.folder.stat()
        except OSError:
            return None, 0
        return (info.st_dev, info.st_ino), info.st_mtime_ns

    def _schedule(self) -> str:
        """Set the watch; the reason where that cannot be."""
        if kind := network_filesystem(self.folder):
            return f"{self.folder} is on a network file system ({kind}), which tells only of this machine's changes"
        try:
            self._watch = self._observer.schedule(self, str(self.folder), event_filter=_EVENTS)
        except FileNotFoundError:
            self._inode = None
        except OSError as error:
            return _LIMITS.get(error.errno or 0, f"{self.folder} cannot be watched: {error.strerror}")
        return ""

    def _disarm(self) -> None:
        if self._watch is not None:
            self._observer.unschedule(self._watch)
        self._watch = None

    def _alive(self) -> bool:
        """watchdog ends a watch whose folder was deleted; a new folder may have got the same inode."""
        return any(e.watch == self._watch and e.is_alive() for e in self._observer.emitters)
