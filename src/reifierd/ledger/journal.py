"""What was approved and what was run: durable before it happens, never twice.

- `start_step` has committed when it returns, and only then may the step's process be started. A second start of
  the same attempt is a clash of the primary key: at most once is in the schema.
- What became of a step survives our death at once, that of the machine with the next step's start, the run's end or
  `settle`: until then it counts as unknown.
- The approval of a file and the run of it change together (`start_run`, `end_run`, `recover`), in one transaction.
- Of each file the bytes that ever had consent are kept (`by_sha`); `approval` is the latest. A file that a scan
  saw gone takes all of them with it.
- `recover` is for the start of a daemon that holds the workspace's lock: what still says "running" belongs to a
  dead one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from reifierd.errors import ReifierError
from reifierd.ledger.db import Database
from reifierd.ledger.records import Approval, FileState, Hold, Line, Run, RunState, StepRun, StepState, Word, key_of

# What a run's end means for the file that was run. A waiting run goes on holding its file as running.
_FILE_AFTER = {
    RunState.SUCCEEDED: FileState.SUCCEEDED,
    RunState.HEALTHY: FileState.HEALTHY,
    RunState.NOT_NEEDED: FileState.FILED,
    RunState.FILED: FileState.FILED,
    RunState.FAILED: FileState.FAILED,
    RunState.STOPPED: FileState.STOPPED,
    RunState.REFUSED: FileState.REFUSED,
    RunState.HELD: FileState.HELD,
    RunState.UNKNOWN: FileState.UNKNOWN,
}
_LATEST = "SELECT * FROM approvals AS a WHERE turn = (SELECT max(turn) FROM approvals WHERE key = a.key)"

_ORPHANS = """SELECT key, sha256, EXISTS (SELECT 1 FROM runs WHERE run_id = a.run_id) AS began
  FROM approvals AS a WHERE state = ?
  AND NOT EXISTS (SELECT 1 FROM runs WHERE run_id = a.run_id AND state = ?)"""  # also those whose run never began

_NEVER_BEGAN = {
    "state": FileState.HELD, "hold": Hold.OLD, "run_id": None,
    "reason": "the daemon ended before its turn came; nothing of it was started",
}  # fmt: skip


class Origin(NamedTuple):
    """Which file it is, whatever it is called: device, inode, and time of birth in ns (0: not known)."""

    dev: int
    ino: int
    born: int


class Window(NamedTuple):
    """When a run was under way; `ended` is None while it is."""

    run_id: str
    started: float
    ended: float | None


class Journal:
    """The operator's and the lifecycle's part of the ledger."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def approval(self, name: str) -> Approval | None:
        """What is known of the file of this name (relative to the workspace): the latest bytes that had consent."""
        return self.approval_by_key(key_of(name))

    def approval_by_key(self, key: str) -> Approval | None:
        row = self._db.row(f"{_LATEST} AND a.key = ?", key)
        return _approval(row) if row else None

    def approvals(self, folder: str | None = None) -> list[Approval]:
        """The latest of every name (in that folder of consent), those that are gone included."""
        rows = self._db.rows(f"{_LATEST} AND (?1 IS NULL OR a.folder = ?1) ORDER BY a.turn", folder)
        return [_approval(r) for r in rows]

    def consents(self) -> list[Approval]:
        """Every name with all the bytes that had consent under it, oldest first: the last of a name is its latest."""
        return [_approval(r) for r in self._db.rows("SELECT * FROM approvals ORDER BY turn")]

    def by_sha(self, sha256: str) -> list[Approval]:
        """Every name under which these bytes had consent, oldest first."""
        return [_approval(r) for r in self._db.rows("SELECT * FROM approvals WHERE sha256 = ? ORDER BY turn", sha256)]

    def put_approval(self, approval: Approval) -> None:
        """Record what stands under a name. GONE holds for all the bytes that the name ever had."""
        key = approval.key or key_of(approval.name)
        values = {**vars(approval), "key": key, "folder": approval.folder or approval.name.rpartition("/")[0]}
        with self._db.transaction():
            values["turn"] = self._turn(key, approval.sha256)
            self._db.insert("approvals", values, replace=("key", "sha256"))
            if approval.state is FileState.GONE:
                self._db.update("approvals", {"key": key}, {"state": FileState.GONE, "hold": None})

    def claim(
        self, approval: Approval, word: int | None = None, run: Run | None = None, origin: Origin | None = None
    ) -> None:
        """`put_approval`, and the person's word that led to it is heard, together: a word is acted on once. With `run`,
        one that begins at once, `start_run` too. What is claimed to run, from the file `origin`, is spent."""
        with self._db.transaction():
            self.put_approval(approval)
            if approval.state is FileState.RUNNING:
                self.spend(
                    approval.folder or approval.name.rpartition("/")[0], approval.sha256, origin or Origin(0, 0, 0)
                )
                self._db.update("generation", {"id": 1}, {"value": self.generation() + 1})
            if word is not None:
                self.heard(word)
            if run is not None:
                self.start_run(run)

    def spend(self, folder: str, sha256: str, origin: Origin) -> None:
        """The consent to these bytes, in this file, was used (or was not given, with a lost ledger)."""
        with self._db.transaction():
            if origin not in self.spent(folder, sha256):
                self._db.insert("spent", {"folder": folder, "sha256": sha256, **origin._asdict()})

    def spent(self, folder: str, sha256: str) -> Set[Origin]:
        """The files in which these bytes used a consent; none where they never did."""
        sql = "SELECT dev, ino, born FROM spent WHERE folder = ? AND sha256 = ?"
        return {Origin(*tuple(row)) for row in self._db.rows(sql, folder, sha256)}

    def all_spent(self, folder: str) -> dict[str, set[Origin]]:
        found: dict[str, set[Origin]] = {}
        for row in self._db.rows("SELECT sha256, dev, ino, born FROM spent WHERE folder = ?", folder):
            found.setdefault(row["sha256"], set()).add(Origin(*tuple(row)[1:]))
        return found

    def generation(self) -> int:
        """How many consents were used, ever; see `workspace/generation.py`."""
        row = self._db.row("SELECT value FROM generation")
        return int(row["value"]) if row else 0

    def outdated(self, generation: int) -> None:
        """This ledger is an older one than the workspace's: it knows no folder, and what was said to it is void."""
        with self._db.transaction():
            self._db.update("generation", {"id": 1}, {"value": generation})
            for row in self._db.rows("SELECT id FROM met"):
                self._db.delete("met", {"id": row["id"]})
            self._db.update("words", {"heard": 0}, {"heard": 1})

    def windows(self, since: float) -> list[Window]:
        """The runs that were under way at that time or later."""
        sql = "SELECT run_id, started, ended FROM runs WHERE ended IS NULL OR ended >= ? ORDER BY started"
        return [Window(*tuple(row)) for row in self._db.rows(sql, since)]

    def start_run(self, run: Run) -> None:
        """Durable when it returns. An approval of the same file and bytes becomes RUNNING with it."""
        with self._db.transaction():
            try:
                self._db.insert("runs", {**vars(run), "key": key_of(run.runbook)})
            except sqlite3.IntegrityError as error:
                raise ReifierError(f"run {run.run_id} was started before", hint="reifierd runs") from error
            self._db.update(
                "approvals",
                {"key": key_of(run.runbook), "sha256": run.sha256},
                {"state": _FILE_AFTER.get(run.state, FileState.RUNNING), "run_id": run.run_id, "hold": None},
            )

    def end_run(self, run_id: str, state: RunState, ended: float, reason: str = "", report: str | None = None) -> None:
        """The end of a run; the file that it ran changes with it (also WAITING, which is an end only for now)."""
        with self._db.transaction():
            values = {"state": state, "ended": ended, "reason": reason, "report": report}
            if not self._db.update("runs", {"run_id": run_id}, values):
                raise ReifierError(f"there is no run {run_id}", hint="reifierd runs")
            file_state = _FILE_AFTER.get(state, FileState.RUNNING)
            self._db.update(
                "approvals", {"run_id": run_id, "state": FileState.RUNNING}, {"state": file_state, "reason": reason}
            )

    def forget_runs(self, run_ids: Iterable[str]) -> None:
        """Take runs that are over out for good, with their steps and lines. That their files had consent stays."""
        with self._db.transaction():
            for run_id in run_ids:
                for table in ("lines", "steps", "runs"):
                    self._db.delete(table, {"run_id": run_id})
        self._db.tidy()

    def resume_run(self, run_id: str) -> None:
        """A person said to go on: the run, and the file if it still is that run's, are running again."""
        with self._db.transaction():
            if not self._db.update(
                "runs", {"run_id": run_id}, {"state": RunState.RUNNING, "ended": None, "reason": ""}
            ):
                raise ReifierError(f"there is no run {run_id}", hint="reifierd runs")
            self._db.update("approvals", {"run_id": run_id}, {"state": FileState.RUNNING, "reason": ""})

    def run(self, run_id: str) -> Run | None:
        row = self._db.row("SELECT * FROM runs WHERE run_id = ?", run_id)
        return _run(row) if row else None

    def runs(self, limit: int = 20) -> list[Run]:
        """The latest runs, newest first."""
        return [_run(r) for r in self._db.rows("SELECT * FROM runs ORDER BY started DESC, rowid DESC LIMIT ?", limit)]

    def start_step(self, step: StepRun) -> None:
        """Durable when it returns: start the process after it, never before. ReifierError: this attempt was started."""
        try:
            self._db.insert("steps", vars(step))
        except sqlite3.IntegrityError as error:
            raise ReifierError(
                f"run {step.run_id} is not there, or its step {step.n} (attempt {step.attempt}) was started before",
                hint=f"reifierd runs {step.run_id}",
            ) from error

    def settle(self) -> None:
        """What the steps came to is durable when this returns."""
        self._db.settle()

    def step_process(self, run_id: str, n: int, attempt: int, pid: int, pid_start: int | None) -> None:
        """Which process a started step became, so that a later daemon can end what a dead one left running."""
        self._change_step(run_id, n, attempt, {"pid": pid, "pid_start": pid_start})

    def end_step(  # noqa: PLR0913 - the key of a step and what it came to
        self, run_id: str, n: int, attempt: int, state: StepState, *, exit: int | None, duration: float, output: str
    ) -> None:
        values = {"state": state, "exit": exit, "duration": duration, "output": output}
        self._change_step(run_id, n, attempt, values)

    def steps(self, run_id: str) -> list[StepRun]:
        """A run's steps in the order in which they were started, every attempt."""
        rows = self._db.rows("SELECT * FROM steps WHERE run_id = ? ORDER BY rowid", run_id)
        return [StepRun(**{**dict(r), "state": StepState(r["state"])}) for r in rows]

    def add_line(self, run_id: str, at: float, text: str) -> int:
        """One line for those who follow the run; they need it now, not after the machine's death."""
        with self._db.transaction(durable=False):
            return self._db.insert("lines", {"run_id": run_id, "at": at, "text": text})

    def lines(self, run_id: str, after: int = 0) -> list[Line]:
        """The lines since the one with the id `after`."""
        rows = self._db.rows("SELECT * FROM lines WHERE run_id = ? AND id > ? ORDER BY id", run_id, after)
        return [Line(**dict(r)) for r in rows]

    def say(self, kind: str, subject: str, detail: str, at: float, sha256: str = "") -> int:
        """A person's word to the daemon: approve, resume, stop. Durable when it returns.

        For an approve, `at` is a time from before the file was moved, if it was: a consent that is not older than
        the word is the answer to it.
        """
        values = {"kind": kind, "subject": subject, "detail": detail, "at": at, "sha256": sha256}
        return self._db.insert("words", {**values, "key": key_of(subject), "heard": 0})

    def words(self) -> list[Word]:
        """The words that have not been heard, in the order in which they were said."""
        rows = self._db.rows("SELECT id, kind, subject, detail, at, sha256, key FROM words WHERE heard = 0 ORDER BY id")
        return [Word(**dict(r)) for r in rows]

    def waits(self, word_id: int) -> bool:
        """Whether that word has not been heard yet."""
        return self._db.row("SELECT 1 FROM words WHERE id = ? AND heard = 0", word_id) is not None

    def heard(self, word_id: int) -> None:
        self._db.update("words", {"id": word_id}, {"heard": 1})

    def recover(self, now: float) -> list[Run]:
        """Everything that a dead daemon left in the middle becomes UNKNOWN, at once; returns those runs. What it had
        only claimed is held: no run of it began, so there is none to go on with."""
        with self._db.transaction():
            left = self._db.rows("SELECT * FROM runs WHERE state = ? ORDER BY started", RunState.RUNNING)
            reason = "the daemon ended while this was running: what it had done by then is not known"
            self._db.update("steps", {"state": StepState.STARTED}, {"state": StepState.UNKNOWN})
            self._db.update(
                "runs", {"state": RunState.RUNNING}, {"state": RunState.UNKNOWN, "ended": now, "reason": reason}
            )
            for row in self._db.rows(_ORPHANS, FileState.RUNNING, RunState.WAITING):
                where = {"key": row["key"], "sha256": row["sha256"]}
                unknown = {"state": FileState.UNKNOWN, "reason": reason}
                self._db.update("approvals", where, unknown if row["began"] else _NEVER_BEGAN)
        return [run for row in left if (run := self.run(row["run_id"])) is not None]

    def familiar(self, identity: str, folder: str) -> bool:
        """Whether the folder of consent of this very workspace is the one that the ledger met last (not a new one, not
        a copy of it)."""
        return self._db.row("SELECT 1 FROM met WHERE id = ? AND key = ?", folder, key_of(identity)) is not None

    def meet(self, identity: str, folder: str) -> None:
        self._db.insert("met", {"id": folder, "key": key_of(identity)}, replace=["id"])

    def met(self, folder: str) -> bool:
        """Whether the ledger ever met such a folder, in whatever workspace."""
        return self._db.row("SELECT 1 FROM met WHERE id = ?", folder) is not None

    def _turn(self, key: str, sha256: str) -> int:
        """Its own turn for the latest bytes of a name, else the next one."""
        latest = self._db.row(f"{_LATEST} AND a.key = ?", key)
        if latest is not None and latest["sha256"] == sha256:
            return int(latest["turn"])
        row = self._db.row("SELECT coalesce(max(turn), 0) + 1 AS turn FROM approvals")
        return int(row["turn"]) if row else 1

    def _change_step(self, run_id: str, n: int, attempt: int, values: Mapping[str, object]) -> None:
        with self._db.transaction(durable=False):
            known = self._db.update("steps", {"run_id": run_id, "n": n, "attempt": attempt}, values)
        if not known:
            raise ReifierError(f"step {n} (attempt {attempt}) of run {run_id} was never started")


def _approval(row: sqlite3.Row) -> Approval:
    hold = None if row["hold"] is None else Hold(row["hold"])
    state = FileState(row["state"])
    reason, run_id = row["reason"], row["run_id"]
    return Approval(row["name"], row["sha256"], state, row["seen"], run_id, reason, row["key"], hold, row["folder"])


def _run(row: sqlite3.Row) -> Run:
    values = {c: row[c] for c in Run.__dataclass_fields__}
    return Run(**{**values, "state": RunState(values["state"])})
