"""What was approved and what a person said, against the ledger: looked at, queued, performed.

Rules
- `tick` looks and decides; threads of their own perform, so that looking goes on meanwhile (an edit voids, PAUSE holds,
  stop is heard).
- Nothing that a dead daemon left claimed or running is started again by itself.
- Every wake-up, by an event, a timer or a word, does the same: look at the folders and at the words.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reifierd.errors import ReifierError
from reifierd.execution import process
from reifierd.ledger.records import FileState, Hold, Run, RunState, Word
from reifierd.runs.house import House
from reifierd.runs.intake import Intake
from reifierd.runs.job import KEPT, Job
from reifierd.runs.lanes import Lanes
from reifierd.runs.receipts import owed, write_late
from reifierd.runs.recovery import end_bug, recovered, sweep
from reifierd.runs.saved import STATE
from reifierd.runs.trade import Trade
from reifierd.runs.words import RESUME, STOP, bell
from reifierd.workspace.consent import ready_for_leases
from reifierd.workspace.generation import note
from reifierd.workspace.init import complete_workspace
from reifierd.workspace.library import folder_of
from reifierd.workspace.root import Root, Vanished

LISTEN = 0.2  # seconds between looks for a stop while a step runs
REAP = 10.0
LATE = 5.0  # seconds between two attempts to write a report that could not be written


class Runner:
    """`tick(now)` from one thread or several; `start` once before it, `close` at the end. There is a trade for every
    folder of consent. With `only`, the name of a file, nothing else is begun."""

    def __init__(self, house: House, trades: Sequence[Trade], only: str = "") -> None:
        self._only = only
        self._house, self._journal, self._say = house, house.ledger.journal, house.on_event
        self._lock = threading.RLock()
        self._intakes = {trade.library.folder: self._intake(trade, only) for trade in trades}
        self._root: Root | None = None
        self._vanished, self._progress_said = False, 0.0
        self._timer: threading.Timer | None = None
        self._warm: threading.Thread | None = None
        self._reaper, self._reaped, self._tried = process.Reaper(), 0.0, 0.0

    def _intake(self, trade: Trade, only: str) -> Intake:
        lanes = Lanes(trade, lambda job: self._do(trade, job), self._look_on, self._put_back)
        return Intake(self._house, trade, lanes, self._look_again, only)

    @property
    def busy(self) -> bool:
        """Whether a run is being performed or waits for its turn."""
        return any(intake.lanes.busy for intake in self._intakes.values())

    def start(self) -> None:
        """Adopt orphans, settle what a dead daemon left in the middle, and begin to work. Call it in the main thread
        (a read lease needs a signal handler there)."""
        ready_for_leases()
        process.adopt_orphans()
        bell(self._house.layout).mkdir(mode=0o700, parents=True, exist_ok=True)
        for run in self._journal.recover(time.time()):
            recovered(run, self._house, self._of(run).trade)
        with self._said():
            sweep(self._house, STATE)
            owed(self._house, lambda run: self._of(run).trade.paper(run))
        self._warm = threading.Thread(target=self._warm_up, name="warm-up", daemon=True)
        self._warm.start()
        threading.Thread(target=self._hear_stops, name="stops", daemon=True).start()

    def tick(self, now: float) -> bool:
        """Look once at words and folders; True when something was decided."""
        with self._lock:
            self._reap(now)
            there = not self._house.ending.is_set() and self._opened()  # first: it may make void what was said
            acted = self._listen(now)
            if not there:
                return acted
            try:
                self._write_late(now)
                for intake in self._intakes.values():
                    acted = intake.review(now) or acted
            except Vanished as vanished:
                self._lose(vanished)
            return acted

    def wait(self, timeout: float | None = None) -> bool:
        """Block until no run is under way or queued and nothing is to be looked at again soon; False at the timeout."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.busy or (self._timer and self._timer.is_alive()):
            if until is not None and time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def stop(self, run_id: str) -> bool:
        """End a run: the running step gets its grace. False where that run is not under way."""
        return any(intake.lanes.stop(run_id) for intake in self._intakes.values())

    def close(self) -> None:
        """Stop what runs (grace first), journal its end, and end the threads."""
        self._house.ending.set()
        with self._lock:
            if self._timer:
                self._timer.cancel()
        for intake in self._intakes.values():
            intake.lanes.close()
        if self._warm:
            self._warm.join()
        self._house.guard.close()
        if self._root:
            self._root.close()
            self._root = None

    def _of(self, run: Run) -> Intake:
        return self._intakes[folder_of(run.runbook)]

    # the workspace

    def _opened(self) -> bool:
        if self._root is not None:
            return True
        try:
            self._root = Root(self._house.layout)
            complete_workspace(self._root, self._house.ledger)
        except Vanished as vanished:
            self._lose(vanished)
            return False
        if self._vanished:
            self._say("workspace", {"state": "back"})
        self._vanished = False
        self._progress_said = time.monotonic()
        for intake in self._intakes.values():
            intake.opened(self._root, self._told_progress)
        return True

    def _told_progress(self, what: str, done: int, total: int) -> None:
        """Of a long look, every second."""
        now = time.monotonic()
        if now - self._progress_said >= 1.0:
            self._progress_said = now
            self._say("library", {"state": what, "files": done, "of": total})

    def _lose(self, vanished: Vanished) -> None:
        """Wait for it; conclude nothing."""
        if not self._vanished:
            self._say("runner.problem", {"level": "warning", "problem": str(vanished)})
        self._vanished = True
        if self._root:
            self._root.close()
        self._root = None

    def _look_again(self, seconds: float) -> None:
        waiting = self._timer is not None and self._timer.is_alive() and self._timer is not threading.current_thread()
        if self._house.ending.is_set() or waiting:
            return
        self._timer = threading.Timer(seconds + 0.01, self._tick_by_timer)
        self._timer.daemon = True
        self._timer.start()

    def _tick_by_timer(self) -> None:
        # it stays the timer while it looks, so that `wait` does not end before what it found is written
        with self._said():
            self.tick(time.time())

    def _look_on(self) -> None:
        """A run has ended: what came meanwhile is due."""
        if not self._house.ending.is_set():
            with self._said():
                self.tick(time.time())

    # what was said

    def _listen(self, now: float) -> bool:
        acted = False
        for word in self._journal.words():
            if word.kind == STOP:
                self._journal.heard(word.id)
                self._hear_stop(word, now)
                acted = True
            elif word.kind == RESUME and not self._only:
                self._journal.heard(word.id)
                with self._said():
                    self._resume(word)
                acted = True
        return acted

    def _hear_stop(self, word: Word, now: float) -> None:
        if self.stop(word.subject):
            return
        run = self._journal.run(word.subject)
        if run and run.state is RunState.WAITING:
            self._journal.end_run(run.run_id, RunState.STOPPED, now, "stopped while it waited")
            self._say("run ended", {"run": run.run_id, "runbook": run.runbook, "result": "stopped"})

    def _hear_stops(self) -> None:
        """A stop must be heard at once, whatever else wakes us."""
        while not self._house.ending.wait(LISTEN):
            with self._said():
                for word in self._journal.words() if self.busy else ():
                    if word.kind == STOP and self.stop(word.subject):
                        self._journal.heard(word.id)

    def _resume(self, word: Word) -> None:
        run = self._journal.run(word.subject)
        under_way = any(intake.lanes.holds(word.subject) for intake in self._intakes.values())
        if run is None or run.state not in KEPT or under_way:
            state = run.state.value if run else "not known"
            raise ReifierError(f"run {word.subject} is {state}: there is nothing to resume", hint="reifierd runs")
        if not self._opened():
            hint = f"say it again later: reifierd resume {run.run_id}"
            raise ReifierError("the workspace is not there now", hint=hint)
        self._of(run).resume(run, word)

    # what is done

    def _warm_up(self) -> None:
        for intake in self._intakes.values():
            with self._said():
                intake.trade.warm_up()

    def _put_back(self, job: Job) -> None:
        """We end before its turn came: nothing of it was started, and a person releases it."""
        with self._said():
            approval = self._journal.approval(job.name)
            if approval and not job.resumed and approval.run_id == job.run_id:
                reason = "the daemon ended before its turn came; nothing of it was started"
                held = replace(approval, state=FileState.HELD, hold=Hold.OLD, run_id=None, reason=reason)
                self._journal.put_approval(held)

    def _still_claimed(self, job: Job) -> bool:
        approval = self._journal.approval(job.name)
        return approval is not None and approval.run_id == job.run_id and approval.state is FileState.RUNNING

    def _do(self, trade: Trade, job: Job) -> None:
        with self._said():
            if not (job.resumed or job.began or self._still_claimed(job)):
                reason = "edited or taken away while it waited for its turn"
                return self._say("not run", {"runbook": job.name, "reason": reason})
            self._house.persist(self._noted)
            if not job.resumed:
                self._intakes[trade.library.folder].answered(job)
            self._done(trade, job)
        return None

    def _done(self, trade: Trade, job: Job) -> None:
        try:
            trade.do(job)
        except ReifierError:
            raise
        except Exception as error:
            # a bug in one run must neither leave it "running" nor end the thread: fail closed, and say so
            if isinstance(error, OSError):
                self._say("runner.problem", {"level": "warning", "run": job.run_id, "problem": str(error)})
            else:
                self._say("runner.bug", {"level": "warning", "run": job.run_id, "error": repr(error)})
            try:
                end_bug(job, self._house, trade, error)
            except (ReifierError, OSError):
                raise
            except Exception as again:
                self._say("runner.bug", {"level": "warning", "run": job.run_id, "error": repr(again)})

    def _noted(self) -> None:
        """A claim that the workspace does not know of could be used again with an older ledger."""
        root = self._root
        if root is None:
            raise ReifierError("the workspace is not there now: a run waits for it", hint="reifierd doctor")
        note(root, self._house.ledger)

    def _write_late(self, now: float) -> None:
        if now - self._tried >= LATE:
            self._tried = now
            with self._said():
                write_late(self._house)

    def _reap(self, now: float) -> None:
        if now - self._reaped >= REAP:
            self._reaped = now
            self._reaper.reap(now)

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """An error of one run or word is told, and the daemon goes on."""
        try:
            yield
        except (ReifierError, OSError) as error:
            self._say("runner.problem", {"level": "warning", "problem": str(error)})
