"""A workspace, daemons that are killed in it, and what must hold afterwards whatever was killed when.

Every step of a runbook appends one line of its own to a proof outside the workspace: what stands there was executed.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import FileState, RunState, StepState
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, REPORTS, config_dir
from reifierd.workspace.review import introduce
from reifierd.workspace.root import Root

ENDED = {RunState.SUCCEEDED, RunState.FAILED, RunState.UNKNOWN, RunState.STOPPED, RunState.HEALTHY, RunState.REFUSED}
NURSERY = Path(__file__).with_name("nursery.py")


class Rack:
    """One workspace under torture. Call `close` at the end: it ends what is left."""

    def __init__(self, place: Path) -> None:
        self.layout = make_workspace(place / "workspace")
        self.proof, self.out = place / "proof", place / "out"
        self.proof.touch()
        self.started, self.sent = 0, 0
        with open_ledger(self.layout.ledger, Redactor()) as ledger, Root(self.layout) as root:
            introduce(root, ledger)
        config_dir().mkdir(parents=True, exist_ok=True)
        (config_dir() / "config.toml").write_text("[operator]\nmany = 100000\n")  # nobody approves as fast as this
        environment = {**os.environ, "REIFIERD_WORKSPACE": str(self.layout.root)}
        self._nursery = subprocess.Popen(
            [sys.executable, str(NURSERY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.pid = 0

    # daemons

    def start(self, *, ready: bool = True) -> int:
        """A daemon; with `ready` it has said so."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self.started += 1
        print(self._log, file=self._nursery.stdin, flush=True)
        self.pid = int(self._nursery.stdout.readline())
        if ready:
            self.until(lambda: b'"ready"' in self.output(), "it is ready")
        return self.pid

    def kill(self) -> None:
        if self.pid and self.alive():
            os.kill(self.pid, signal.SIGKILL)
        self.until(lambda: not self.alive(), "it is dead")
        self.pid = 0

    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def output(self) -> bytes:
        return self._log.read_bytes() if self._log.exists() else b""

    @property
    def _log(self) -> Path:
        return self.out.with_name(f"out-{self.started}")

    def close(self) -> None:
        if self.pid and self.alive():
            os.kill(self.pid, signal.SIGKILL)
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(20)

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not in {seconds} s: {what}\n{self.output().decode()[-3000:]}")
            time.sleep(0.005)

    # a person

    def write(self, steps: int = 3) -> Path:
        """A runbook under drafts/. What a daemon has not seen before a run began may be that run's own doing, and is
        held: so it is written before the daemon starts."""
        self.sent += 1
        text = f"# Runbook {self.sent}\n\n## Fix\n"
        text += "".join(f"\n```bash\necho r{self.sent}s{n} >> {self.proof}\n```\n" for n in range(steps))
        draft = self.layout.folder(DRAFTS) / f"r{self.sent}.md"
        draft.write_text(text)
        return draft

    def approve(self, draft: Path) -> None:
        draft.rename(self.layout.folder(APPROVED) / draft.name)

    def run_to_its_report(self, draft: Path) -> None:
        """Approve it and wait for its receipt, or for the daemon's death."""
        self.approve(draft)
        receipt = f"-{draft.stem}.md".encode()
        self.until(lambda: not self.alive() or receipt in self.output(), "it is killed, or the run has its report")

    def settle(self) -> None:
        """Let a daemon finish what there is to do, and end it as systemd would."""
        if not self.pid:
            self.start()
        self.until(lambda: not self._unsettled(), "every approval is settled, and reported")
        os.kill(self.pid, signal.SIGTERM)
        self.until(lambda: not self.alive(), "it has ended")
        self.pid = 0

    def ledger(self) -> Ledger:
        return open_ledger(self.layout.ledger, Redactor())

    def _unsettled(self) -> list[str]:
        standing = {f"{APPROVED}/{p.name}" for p in self.layout.folder(APPROVED).glob("r*.md")}
        with self.ledger() as ledger:
            approvals = {a.name: a for a in ledger.journal.approvals()}
            runs = ledger.journal.runs(100_000)
        unseen = [n for n in standing if n not in approvals or approvals[n].state is FileState.RUNNING]
        return unseen + [r.run_id for r in runs if r.state not in ENDED or r.report is None]

    # what must hold

    def judge(self) -> dict[str, int]:
        """Assert all of it; returns how the runs ended."""
        executed = Counter(self.proof.read_text().split())
        assert [line for line, times in executed.items() if times > 1] == [], "executed twice"
        check = sqlite3.connect(self.layout.ledger).execute("pragma integrity_check").fetchall()
        assert check == [("ok",)]
        with self.ledger() as ledger:
            runs = ledger.journal.runs(100_000)
            steps = [s for r in runs for s in ledger.journal.steps(r.run_id)]
            stuck = [a.name for a in ledger.journal.approvals() if a.state is FileState.RUNNING]
        assert stuck == []
        assert [r.run_id for r in runs if r.state not in ENDED] == []
        assert [s for s in steps if s.state is StepState.STARTED] == []
        journalled = Counter(s.command.split()[1] for s in steps)
        assert set(executed) <= set(journalled), "executed without its line in the journal"
        done = {s.command.split()[1] for s in steps if s.state is StepState.FINISHED}
        assert done <= set(executed), "finished in the journal, and never executed"
        self._acknowledged({(s.run_id, s.n) for s in steps if s.state is StepState.FINISHED})
        self._reports({r.run_id for r in runs})
        return dict(Counter(r.state.value for r in runs))

    def _acknowledged(self, finished: set[tuple[str, int]]) -> None:
        """What a daemon told of as ended is in the journal, however it died afterwards."""
        for path in self.out.parent.glob("out-*"):
            for line in path.read_bytes().splitlines():
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # the line that it was killed in
                if event.get("event") == "step ended" and event["state"] == "finished":
                    assert (event["run"], event["n"]) in finished

    def _reports(self, runs: set[str]) -> None:
        folder = self.layout.folder(REPORTS)
        reported = {json.loads(p.read_text())["run_id"] for p in folder.glob("*.json") if "not-run" not in p.name}
        assert (runs - reported, reported - runs) == (set(), set()), "no report, or one of no run"
        assert all(p.with_suffix(".md").exists() for p in folder.glob("*.json"))
        left = [p.name for p in folder.iterdir() if p.suffix not in {".md", ".json"} or p.name.startswith(".")]
        assert left == [], "half-written files"
