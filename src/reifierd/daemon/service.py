"""One asyncio loop: wake-ups and timers set events, each loop's `tick` runs in a thread until it finds nothing to do.

Watch events are hints (they only set an event); the folders and the ledger are the truth that a tick reads. The loops
do not know of each other: what one wrote is found by the next because it is woken, not because it is called.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from reifierd.daemon.events import OnEvent
from reifierd.daemon.memory import keep_what_was_made
from reifierd.daemon.notify import notify, watchdog_interval
from reifierd.errors import ReifierError
from reifierd.workspace.watch import Watcher

RESCAN = 15.0  # seconds; whatever the watcher lost is seen by then
SETTLE = 0.004  # seconds of quiet in a folder before it is read: files that arrive together are judged together
SETTLE_AT_MOST = 0.25
SWITCH = 0.0005  # seconds for which one thread may keep the interpreter from another: an approval waits for no scribe
BETWEEN = 0.05  # seconds between two looks of a loop that has found something: what it began may use the processor


class Loop(Protocol):
    def tick(self, now: float) -> bool:
        """Do what is due; True when anything was done, so that it is asked again."""


class Service:
    """Runs `loops` (in the order in which one's work wakes the next) until SIGTERM or SIGINT.

    `watched` maps a folder to the name of the loop that an event there wakes.
    """

    def __init__(self, loops: Mapping[str, Loop], watched: Mapping[Path, str], say: OnEvent) -> None:
        self.loops, self.watched, self.say = dict(loops), dict(watched), say
        self.wakes = {name: asyncio.Event() for name in self.loops}
        self.events_seen = dict.fromkeys(self.loops, 0)
        self.stopping = asyncio.Event()

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until told to stop. READY is said after every loop has looked once."""
        sys.setswitchinterval(SWITCH)
        main = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            main.add_signal_handler(signum, self.stopping.set)
        watcher = Watcher(list(self.watched), lambda folder: main.call_soon_threadsafe(self._hint, Path(folder)))
        watcher.start()
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.add_job(self.wake_all, "interval", seconds=RESCAN, id="rescan", coalesce=True, max_instances=1)
        if (ping := watchdog_interval()) is not None:
            scheduler.add_job(notify, "interval", seconds=ping, args=["WATCHDOG=1"], id="watchdog", coalesce=True)
        scheduler.start()
        try:
            gc.disable()  # what is made by the first looks stays; it need not be looked through again and again
            for name in self.loops:
                await self._work(name)
            keep_what_was_made()
            gc.enable()
            notify("READY=1")
            on_ready()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._serve(name), name=name) for name in self.loops]
                await self.stopping.wait()
                notify("STOPPING=1")
                for task in tasks:
                    task.cancel()
        finally:
            scheduler.shutdown(wait=False)
            watcher.stop()

    def wake_all(self) -> None:
        for wake in self.wakes.values():
            wake.set()

    def _hint(self, folder: Path) -> None:
        name = self.watched[folder]
        self.events_seen[name] += 1
        self.wakes[name].set()

    async def _serve(self, name: str) -> None:
        while True:
            await self.wakes[name].wait()
            await self._settle(name)
            self.wakes[name].clear()
            await self._work(name)

    async def _settle(self, name: str) -> None:
        deadline = time.monotonic() + SETTLE_AT_MOST
        while time.monotonic() < deadline:
            seen = self.events_seen[name]
            if seen == 0:
                return  # woken by a timer or another loop: nothing is arriving
            await asyncio.sleep(SETTLE)
            if seen == self.events_seen[name]:
                break
        self.events_seen[name] = 0

    async def _work(self, name: str) -> None:
        names = list(self.loops)
        following = names[names.index(name) + 1 :]
        try:
            while await asyncio.shield(asyncio.to_thread(self.loops[name].tick, time.time())):
                for other in following:
                    self.wakes[other].set()
                await asyncio.sleep(BETWEEN)
        except ReifierError as error:
            self.say(f"{name}.problem", {"level": "warning", "problem": str(error)})
        except Exception as error:
            # one loop's bug must not end the others; the journal has the whole story, the next wake-up tries again
            self.say(f"{name}.bug", {"level": "warning", "error": repr(error), "log": str(_crash(error))})


def _crash(error: Exception) -> Path | str:
    with contextlib.suppress(OSError):
        from reifierd.daemon.crash import write_crash  # noqa: PLC0415 - only when it is needed

        return write_crash(error)
    return "no log file could be written"
