"""Whose turn it is: jobs of one trade that wait, and the threads that do them.

Rules
- One lane, one run at a time; several lanes side by side, up to the trade's bound.
- A job waits for those that it comes after, as long as they are waiting or running. Were all to wait for each other,
  the first one begins and is told so by whoever does it.
- When we end, what runs is stopped by its own `stop`, and what has not begun is put back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from reifierd.runs.job import Job, Turn
from reifierd.runs.trade import Trade


class Lanes:
    """`do` gets each job in a thread of its own, `ended` is called there when it is none of ours any more, `put_back`
    gets what had not begun when we closed. None of them may raise."""

    def __init__(
        self, trade: Trade, do: Callable[[Job], None], ended: Callable[[], None], put_back: Callable[[Job], None]
    ) -> None:
        self._trade, self._do, self._ended, self._put_back = trade, do, ended, put_back
        self._lock = threading.RLock()
        self._pending: dict[str, tuple[Job, Turn]] = {}  # waiting or running, by run, in the order of their claims
        self._running: dict[str, threading.Thread] = {}
        self._closing = False

    @property
    def busy(self) -> bool:
        return bool(self._pending)

    def holds(self, run_id: str) -> bool:
        return run_id in self._pending

    def stop(self, run_id: str) -> bool:
        """End a run: the running step gets its grace. False where that run is not under way."""
        with self._lock:
            if run_id not in self._pending:
                return False
            self._pending[run_id][0].stop.say()
            return True

    def put(self, jobs: Sequence[Job]) -> None:
        """Queue what was claimed together: the order among them is that of their turns."""
        turns = [(job, self._turn(job)) for job in jobs]
        with self._lock:
            self._pending |= {job.run_id: (job, turn) for job, turn in turns}
            self._begin()

    def _turn(self, job: Job) -> Turn:
        """What was claimed has to come to an end: where no turn can be told, it runs, and says itself what is wrong."""
        try:
            return self._trade.turn(job)
        except Exception:
            return Turn()

    def close(self) -> None:
        """Stop what runs and wait for its end."""
        with self._lock:
            self._closing = True
            for job, _ in self._pending.values():
                job.stop.say()
            waiting = [job for run_id, (job, _) in self._pending.items() if run_id not in self._running]
            running = list(self._running.values())
        for job in waiting:
            self._put_back(job)
            self._pending.pop(job.run_id)
        for thread in running:
            thread.join()

    def _begin(self) -> None:
        while not self._closing and len(self._running) < self._trade.side_by_side:
            job = self._next()
            if job is None:
                return
            thread = threading.Thread(target=self._work, args=(job,), name=f"run {job.run_id}", daemon=True)
            self._running[job.run_id] = thread
            thread.start()

    def _next(self) -> Job | None:
        waiting = [(turn, job) for run_id, (job, turn) in self._pending.items() if run_id not in self._running]
        taken = {self._pending[run_id][1].lane for run_id in self._running}
        ids = {turn.id for _, turn in self._pending.values() if turn.id}
        waiting.sort(key=lambda pair: pair[0].rank)
        free = (job for turn, job in waiting if turn.lane not in taken and not turn.after & (ids - {turn.id}))
        return next(free, waiting[0][1] if waiting and not self._running else None)

    def _work(self, job: Job) -> None:
        try:
            self._do(job)
        finally:
            with self._lock:
                self._pending.pop(job.run_id, None)
                self._running.pop(job.run_id, None)
                self._begin()
        self._ended()
