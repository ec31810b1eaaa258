"""One library's way in: what stands under its `approved/` is looked at, decided about and claimed.

A run is claimed in the ledger before it is queued, and begins with the claim where it is next in turn. What is claimed
and not begun when the daemon dies is held after the restart; what was running is *unknown*.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from reifierd.errors import Refused, ReifierError
from reifierd.ledger.records import Approval, FileState, Run, Word, key_of
from reifierd.runs.house import House
from reifierd.runs.job import Job, new_run_id
from reifierd.runs.lanes import Lanes
from reifierd.runs.notices import Notices
from reifierd.runs.trade import Trade
from reifierd.runs.words import APPROVE, WISH, take, wish_in
from reifierd.workspace.consent import Busy, open_approved
from reifierd.workspace.lifecycle import Limits
from reifierd.workspace.review import Reviewer, Ruling
from reifierd.workspace.root import Root

AGAIN = 0.1  # seconds until a file that is being written is looked at again


@dataclass
class Intake:
    """Of one trade. `again` is called with the seconds until another look is due. `only` names the one file that may
    be run, where not all may."""

    house: House
    trade: Trade
    lanes: Lanes
    again: Callable[[float], None]
    only: str = ""

    def __post_init__(self) -> None:
        self._journal = self.house.ledger.journal
        self._limits = Limits(self.house.settings.many, self.house.settings.consent_age)
        self._notices = Notices(self.house, self.trade.noun)
        self._root: Root | None = None
        self._reviewer: Reviewer | None = None

    def opened(self, root: Root, progress: Callable[[str, int, int], None]) -> None:
        """The workspace is there, for the first time or again."""
        self._root = root
        self._reviewer = Reviewer(root, self.house.ledger, self._limits, progress, self.trade.library)

    def review(self, now: float) -> bool:
        """Claim what is due and look again, until there is none left to claim: a copy is then known as a copy.

        True when something was decided. Raises Vanished.
        """
        acted, tried = False, set[str]()
        while True:
            assert self._reviewer is not None
            review = self._reviewer.review(now)
            self._notices.ruled(review.done, review.strangers, now)
            if review.again is not None:
                self.again(review.again)
            acted = acted or bool(review.done)
            due = [r for r in review.runs if r.name not in tried and self.only in ("", r.name)]
            if not due:
                return acted
            tried.update(r.name for r in due)
            begins = len(due) == 1 and not self.lanes.busy
            jobs = list[Job]()
            try:
                for ruling in due:
                    jobs += filter(None, [self._claim(ruling, now, begins)])
            finally:
                self.lanes.put(jobs)  # what is claimed runs, also where the next could not be (a full disk)
            acted = acted or bool(jobs)
            if len(review.runs) == 1:
                return acted  # a copy that came with it is looked at when this run has ended

    def _claim(self, ruling: Ruling, now: float, begins: bool) -> Job | None:
        assert self._root is not None and self._reviewer is not None
        if ruling.word and not self._journal.waits(ruling.word.id):
            return None  # a run that began meanwhile has answered it
        try:
            file = open_approved(self._root, ruling.name, digest=self.trade.library.digest)
        except (Busy, FileNotFoundError):
            self.again(AGAIN)
            return None
        except Refused as refused:
            self._distrust(ruling, refused, now)
            return None
        self._notices.trusted(ruling.name)
        if file.sha256 != ruling.sha256:
            self.again(AGAIN)
            return None
        job = Job(ruling.name, file.data, file.sha256, new_run_id(now))
        for word in filter(None, (ruling.word, self._wished(job))):
            job.given |= take(self.house.layout, word)
            job.wish = job.wish.with_more(wish_in(word.detail))
        self.house.ledger.history.put(f"wish {job.run_id}", job.wish.as_text())
        approval = Approval(ruling.name, file.sha256, FileState.RUNNING, now, job.run_id, ruling.decision.reason)
        job.began = time.time() if begins else None
        self._reviewer.claim(ruling, approval, job.run(job.began) if job.began else None)
        return job

    def _wished(self, job: Job) -> Word | None:
        """How a person wants to have done what a move has approved; it is heard by this."""
        for word in self._journal.words():
            if word.kind == WISH and word.key == key_of(job.name) and word.sha256 in ("", job.sha256):
                self._journal.heard(word.id)
                return word
        return None

    def _distrust(self, ruling: Ruling, refused: Refused, now: float) -> None:
        """Who repairs it in place has not approved it: that takes a move, or `reifierd approve`."""
        approval = Approval(ruling.name, ruling.sha256, FileState.REFUSED, now, reason=refused.message)
        self._journal.claim(approval, ruling.word.id if ruling.word else None)
        self._notices.trusted(ruling.name)  # it was asked for anew, so it is said anew
        then = f"{refused.message} (repaired, it runs when it is moved in again or approved by `reifierd approve`)"
        self._notices.unsafe(ruling.name, Refused(then, where=refused.where, hint=refused.hint), now)

    def resume(self, run: Run, word: Word) -> None:
        """Asking for it is consent, for the same bytes, in a file that still is approved."""
        if self._root is None:
            hint = f"say it again later: reifierd resume {run.run_id}"
            raise ReifierError("the workspace is not there now", hint=hint)
        file = open_approved(self._root, run.runbook, digest=self.trade.library.digest)
        approval = self._journal.approval(run.runbook)
        if file.sha256 != run.sha256 or (approval and approval.state is FileState.CHANGED):
            name = Path(run.runbook).stem
            raise Refused(
                "it was changed since it was approved, so its run cannot go on",
                where=run.runbook,
                hint=f"move it out and in again, or: reifierd approve {name}",
            )
        self.house.unwritten.pop(run.run_id, None)  # the report of an end that is none any more
        said, first = wish_in(word.detail), wish_in(self.house.ledger.history.get(f"wish {run.run_id}") or "")
        wish = replace(first, fresh=said.fresh)
        job = Job(run.runbook, file.data, file.sha256, run.run_id, take(self.house.layout, word), wish, resumed=run)
        self.lanes.put([job])

    def answered(self, job: Job) -> None:
        """What was said before a run began and asks for the same is answered by it."""
        for word in self._journal.words():
            if word.kind in (APPROVE, WISH) and word.key == key_of(job.name) and word.sha256 in ("", job.sha256):
                take(self.house.layout, word)
                self._journal.heard(word.id)
