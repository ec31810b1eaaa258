"""The operator: what stands under `approved/` and what a person said, against the ledger; then one run at a time.

Rules
- `tick` looks and decides; a thread of its own performs, one run after the other, so that looking goes on meanwhile
  (an edit voids, PAUSE holds, stop is heard).
- A run is claimed in the ledger before it is queued, and begins with the claim where it is next in turn. What is
  claimed and not begun when the daemon dies is *unknown* after the restart, as is what was running; nothing of it is
  started again by itself.
- Every wake-up, by an event, a timer or a word, does the same: look at the folders and at the words.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reifierd.errors import Refused, ReifierError
from reifierd.execution import process
from reifierd.execution.guard import Guard
from reifierd.ledger import Ledger
from reifierd.ledger.records import Approval, FileState, Hold, RunState, Word, key_of
from reifierd.loops.operator.house import House
from reifierd.loops.operator.job import KEPT, Job, do, end_bug, new_run_id, sweep, warm_up
from reifierd.loops.operator.notices import Notices
from reifierd.loops.operator.receipts import owed, write_late
from reifierd.loops.operator.recovery import recovered
from reifierd.loops.operator.settings import OperatorSettings
from reifierd.loops.operator.words import APPROVE, RESUME, STOP, bell, take, wish
from reifierd.redaction import Redactor
from reifierd.shell import Rules
from reifierd.workspace.consent import Busy, open_approved, ready_for_leases
from reifierd.workspace.generation import note
from reifierd.workspace.init import complete_workspace
from reifierd.workspace.layout import Layout
from reifierd.workspace.lifecycle import Limits
from reifierd.workspace.review import Reviewer, Ruling
from reifierd.workspace.root import Root, Vanished

AGAIN = 0.1  # seconds until a file that is being written is looked at again
LISTEN = 0.2  # seconds between looks for a stop while a step runs
REAP = 10.0
LATE = 5.0  # seconds between two attempts to write a report that could not be written


class Operator:
    """`tick(now)` from one thread or several; `start` once before it, `close` at the end."""

    def __init__(  # noqa: PLR0913, PLR0917 - everything it stands on
        self,
        layout: Layout,
        settings: OperatorSettings,
        ledger: Ledger,
        redactor: Redactor,
        rules: Rules,
        config_dir: Path,
        on_event: Callable[[str, Mapping[str, Any]], None] = lambda _kind, _fields: None,
    ) -> None:
        self._closing = threading.Event()
        guard = Guard(rules)
        self._house = House(layout, settings, ledger, redactor, guard, config_dir, on_event, self._closing.is_set)
        self._journal, self._say = ledger.journal, on_event
        self._limits = Limits(settings.many, settings.consent_age)
        self._lock = threading.RLock()
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._pending: dict[str, Job] = {}  # claimed and not ended, by run
        self._root: Root | None = None
        self._reviewer: Reviewer | None = None
        self._notices = Notices(self._house)
        self._vanished, self._progress_said = False, 0.0
        self._timer: threading.Timer | None = None
        self._worker: threading.Thread | None = None
        self._reaper, self._reaped, self._tried = process.Reaper(), 0.0, 0.0

    @property
    def busy(self) -> bool:
        """Whether a run is being performed or waits for its turn."""
        return bool(self._pending)

    def start(self) -> None:
        """Adopt orphans, settle what a dead daemon left in the middle, and begin to work. Call it in the main thread
        (a read lease needs a signal handler there)."""
        ready_for_leases()
        process.adopt_orphans()
        bell(self._house.layout).mkdir(mode=0o700, parents=True, exist_ok=True)
        for run in self._journal.recover(time.time()):
            recovered(run, self._house)
        with self._said():
            sweep(self._house)
            owed(self._house)
        self._worker = threading.Thread(target=self._work, name="operator", daemon=True)
        self._worker.start()

    def tick(self, now: float) -> bool:
        """Look once at words and folders; True when something was decided."""
        with self._lock:
            self._reap(now)
            there = not self._closing.is_set() and self._opened()  # first: it may make void what was said
            acted = self._listen(now)
            if not there:
                return acted
            try:
                self._write_late(now)
                return self._review(now) or acted
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
        job = self._pending.get(run_id)
        if job:
            job.stop.say()
        return job is not None

    def close(self) -> None:
        """Stop what runs (grace first), journal its end, and end the thread."""
        self._closing.set()
        with self._lock:
            if self._timer:
                self._timer.cancel()
            for job in self._pending.values():
                job.stop.say()
        if self._worker:
            self._jobs.put(None)
            self._worker.join()
        self._house.guard.close()
        if self._root:
            self._root.close()
            self._root = None

    # what stands

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
        self._reviewer = Reviewer(self._root, self._house.ledger, self._limits, self._told_progress)
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
            self._say("operator.problem", {"level": "warning", "problem": str(vanished)})
        self._vanished = True
        if self._root:
            self._root.close()
        self._root = self._reviewer = None

    def _review(self, now: float) -> bool:
        """Claim what is due and look again, until there is none left to claim: a copy is then known as a copy."""
        acted, tried = False, set[str]()
        while True:
            assert self._root is not None and self._reviewer is not None
            review = self._reviewer.review(now)
            self._notices.ruled(review.done, review.strangers, now)
            if review.again is not None:
                self._look_again(review.again)
            acted = acted or bool(review.done)
            due = [r for r in review.runs if r.name not in tried]
            if not due:
                return acted
            tried.update(r.name for r in due)
            for ruling in due:  # no two of the same bytes
                acted = self._claim(self._root, ruling, now) or acted
            if len(review.runs) == 1:
                return acted  # a copy that came with it is looked at when this run has ended

    def _claim(self, root: Root, ruling: Ruling, now: float) -> bool:
        assert self._reviewer is not None
        if ruling.word and not self._journal.waits(ruling.word.id):
            return False  # a run that began meanwhile has answered it
        try:
            file = open_approved(root, ruling.name)
        except (Busy, FileNotFoundError):
            self._look_again(AGAIN)
            return False
        except Refused as refused:
            return self._distrust(ruling, refused, now)
        self._notices.trusted(ruling.name)
        if file.sha256 != ruling.sha256:
            self._look_again(AGAIN)
            return False
        job = Job(ruling.name, file.data, file.sha256, new_run_id(now))
        if ruling.word:
            said = wish(self._house.layout, ruling.word)
            job.given, job.overrides = take(self._house.layout, said.box), frozenset(said.overrides)
            self._house.ledger.history.put(f"overrides {job.run_id}", " ".join(said.overrides))
        approval = Approval(ruling.name, file.sha256, FileState.RUNNING, now, job.run_id, ruling.decision.reason)
        job.began = None if self._pending else time.time()
        run = job.run(job.began) if job.began else None
        self._reviewer.claim(ruling, approval, run)
        self._queue(job)
        return True

    def _distrust(self, ruling: Ruling, refused: Refused, now: float) -> bool:
        """Who repairs it in place has not approved it: that takes a move, or `reifierd approve`."""
        approval = Approval(ruling.name, ruling.sha256, FileState.REFUSED, now, reason=refused.message)
        self._journal.claim(approval, ruling.word.id if ruling.word else None)
        self._notices.trusted(ruling.name)  # it was asked for anew, so it is said anew
        then = f"{refused.message} (repaired, it runs when it is moved in again or approved by `reifierd approve`)"
        return self._notices.unsafe(ruling.name, Refused(then, where=refused.where, hint=refused.hint), now)

    def _heard_with(self, job: Job) -> None:
        """What was said before a run began and asks for the same is answered by it."""
        for word in self._journal.words():
            if word.kind == APPROVE and word.key == key_of(job.name) and word.sha256 in ("", job.sha256):
                take(self._house.layout, wish(self._house.layout, word).box)
                self._journal.heard(word.id)

    def _look_again(self, seconds: float) -> None:
        waiting = self._timer is not None and self._timer.is_alive() and self._timer is not threading.current_thread()
        if self._closing.is_set() or waiting:
            return
        self._timer = threading.Timer(seconds + 0.01, self._tick_by_timer)
        self._timer.daemon = True
        self._timer.start()

    def _tick_by_timer(self) -> None:
        # it stays the timer while it looks, so that `wait` does not end before what it found is written
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
            elif word.kind == RESUME:
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

    def _resume(self, word: Word) -> None:
        """Asking for it is consent, for the same bytes, in a file that still is approved."""
        run = self._journal.run(word.subject)
        if run is None or run.state not in KEPT or run.run_id in self._pending:
            state = run.state.value if run else "not known"
            raise ReifierError(f"run {word.subject} is {state}: there is nothing to resume", hint="reifierd runs")
        if not self._opened() or self._root is None:
            raise ReifierError(
                "the workspace is not there now", hint=f"say it again later: reifierd resume {run.run_id}"
            )
        file = open_approved(self._root, run.runbook)
        approval = self._journal.approval(run.runbook)
        if file.sha256 != run.sha256 or (approval and approval.state is FileState.CHANGED):
            name = Path(run.runbook).stem
            raise Refused(
                "it was changed since it was approved, so its run cannot go on",
                where=run.runbook,
                hint=f"move it out and in again, or: reifierd approve {name}",
            )
        self._house.unwritten.pop(run.run_id, None)  # the report of an end that is none any more
        said = wish(self._house.layout, word)
        overrides = self._house.ledger.history.get(f"overrides {run.run_id}") or ""
        self._queue(
            Job(
                run.runbook,
                file.data,
                file.sha256,
                run.run_id,
                given=take(self._house.layout, said.box),
                overrides=frozenset(overrides.split()),
                resumed=run,
                fresh=said.fresh,
            )
        )

    # what is done

    def _queue(self, job: Job) -> None:
        self._pending[job.run_id] = job
        self._jobs.put(job)

    def _work(self) -> None:
        with self._said():
            warm_up(self._house)
        while (job := self._jobs.get()) is not None:
            listener = threading.Thread(target=self._hear_while, args=(job.run_id,), daemon=True)
            listener.start()
            try:
                with self._said():
                    self._put_back(job) if self._closing.is_set() and not job.began else self._do(job)
            finally:
                self._pending.pop(job.run_id, None)
            if not self._closing.is_set():
                with self._said():
                    self.tick(time.time())

    def _put_back(self, job: Job) -> None:
        """We end before its turn came: nothing of it was started, and a person releases it."""
        approval = self._journal.approval(job.name)
        if approval and not job.resumed and approval.run_id == job.run_id:
            reason = "the daemon ended before its turn came; nothing of it was started"
            self._journal.put_approval(
                replace(approval, state=FileState.HELD, hold=Hold.OLD, run_id=None, reason=reason)
            )

    def _still_claimed(self, job: Job) -> bool:
        approval = self._journal.approval(job.name)
        return approval is not None and approval.run_id == job.run_id and approval.state is FileState.RUNNING

    def _do(self, job: Job) -> None:
        if not (job.resumed or job.began or self._still_claimed(job)):
            self._say("not run", {"runbook": job.name, "reason": "edited or taken away while it waited for its turn"})
            return
        try:
            self._house.persist(self._noted)
            if not job.resumed:
                self._heard_with(job)
            do(job, self._house)
        except ReifierError:
            raise
        except Exception as error:
            # a bug in one run must neither leave it "running" nor end the thread: fail closed, and say so
            self._say("operator.bug", {"level": "warning", "run": job.run_id, "error": repr(error)})
            try:
                end_bug(job, self._house, error)
            except (ReifierError, OSError):
                raise
            except Exception as again:
                self._say("operator.bug", {"level": "warning", "run": job.run_id, "error": repr(again)})

    def _noted(self) -> None:
        """A claim that the workspace does not know of could be used again with an older ledger."""
        root = self._root
        if root is None:
            raise ReifierError("the workspace is not there now: a run waits for it", hint="reifierd doctor")
        note(root, self._house.ledger)

    def _hear_while(self, run_id: str) -> None:
        """A stop must be heard at once, whatever else wakes us."""
        while run_id in self._pending and not self._closing.is_set():
            time.sleep(LISTEN)
            with self._said():
                for word in self._journal.words():
                    if word.kind == STOP and word.subject == run_id and self.stop(run_id):
                        self._journal.heard(word.id)

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
            self._say("operator.problem", {"level": "warning", "problem": str(error)})
