"""A workspace with tasks under torture: a person's repository of their own, tasks that are killed and gone on with, and
what must hold whatever was killed when.

Every block of a task appends one line of its own to a proof outside the workspace, and one to a file of that task in
the project. A line of the proof also names the blocks whose variables its shell had: `t1c2b3: b1 b2`.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import jsonschema
from tests.torture.rack import Rack

from reifierd.documents.task import consent_digest, parse_task
from reifierd.documents.task_result import schema
from reifierd.ledger.records import FileState, Run, RunState, StepRun, StepState
from reifierd.loops.tasks.verification import SECTION
from reifierd.runs.words import APPROVE, RESUME, Wish, speak
from reifierd.workspace.files import TEMP
from reifierd.workspace.layout import FOLDERS, REPORTS, TASK_APPROVED, TASK_DONE, TASK_DRAFTS, config_dir

GONE_ON_WITH = {RunState.FAILED, RunState.UNKNOWN, RunState.STOPPED}
SCHEMA = jsonschema.Draft202012Validator(schema())
_LOCK = re.compile(r"rm '([^']+index\.lock)'")


class Bench(Rack):
    """A rack whose person has a repository with work of their own in it."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        with (config_dir() / "config.toml").open("a") as file:
            file.write("[tasks]\nbackoff = 0\n")
        self.project = place / "project"
        self.blocks: dict[str, list[int]] = {}  # how many blocks each criterion of a task has
        self.digests: dict[str, str] = {}  # what consent for a task covers
        self.again: Counter[str] = Counter()  # a second yes, by name
        self.resumed: list[tuple[str, float, bool]] = []
        self._made_project()

    def _made_project(self) -> None:
        self.project.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "--global", "user.name", "A Person")
        self.git("config", "--global", "user.email", "person@example.org")
        for name in ("edited", "staged", "clean"):
            (self.project / name).write_text("as committed\n")
        self.git("add", "-A")
        self.git("commit", "-qm", "before")
        for name in ("edited", "staged", "untracked"):
            (self.project / name).write_text("the person's\n")
        self.git("add", "staged")
        self.theirs = self.git("status", "--porcelain")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # a person

    def task(self, *blocks: int) -> Path:
        """A task under drafts/, with so many blocks in each of its criteria."""
        self.sent += 1
        name = f"t{self.sent}"
        self.blocks[name] = list(blocks)
        lines = ["---", f"id: {name}", f"title: Task {name}", "status: open", "updated: 2026-01-02"]
        lines += [f"project: {self.project}", "---", "## Acceptance Criteria", ""]
        for c, count in enumerate(blocks, 1):
            lines += [f"- [ ] Criterion {c} of {name}"]
            for b in range(1, count + 1):
                does = (f"echo {name}c{c}b{b}: $seen >> {self.proof}", f"echo {c} {b} >> {name}.out")
                lines += ["", "  ```bash", *(f"  {line}" for line in (*does, f'seen="$seen b{b}"')), "  ```"]
        lines += ["", "## Verification", "", "```bash", f"test -s {name}.out", "```", "", "## Progress Log", ""]
        draft = self.layout.folder(TASK_DRAFTS) / f"{name}.md"
        draft.write_text("\n".join(lines))
        self.digests[name] = consent_digest(draft.read_bytes())
        return draft

    def approve(self, draft: Path) -> None:
        draft.rename(self.layout.folder(TASK_APPROVED) / draft.name)

    def kill_all(self) -> None:
        """The daemon and what it runs in its own session, git for one; steps have sessions of their own."""
        if self.pid and self.alive():
            os.killpg(self.pid, signal.SIGKILL)
        self.kill()

    def go_on(self) -> list[str]:
        """Look, and say yes to all that did not come to its end; returns the runs that go on."""
        with self.ledger() as ledger:
            journal = ledger.journal
            words = {word.subject for word in journal.words()}
            runs = [r for r in journal.runs(100_000) if r.state in GONE_ON_WITH and r.run_id not in words]
            latest = {run.runbook: run for run in sorted(runs, key=lambda run: run.started)}
            mine = [run for run in latest.values() if (self.layout.root / run.runbook).exists()]
            for run in mine:
                fresh = "--fresh" in run.reason
                now = time.time()
                self.resumed.append((run.run_id, now, fresh))
                speak(self.layout, journal, RESUME, run.run_id, now, wish=Wish(fresh=fresh))
            known = {run.runbook for run in journal.runs(100_000)}
            for approval in journal.approvals():  # claimed, and never begun
                lost = approval.state in {FileState.UNKNOWN, FileState.HELD} and approval.name not in known | words
                if lost and (self.layout.root / approval.name).exists():
                    self.again[approval.name] += 1
                    speak(self.layout, journal, APPROVE, approval.name, time.time())
            for run in journal.runs(100_000):  # what was judged to be nothing to run went back
                draft = self.layout.folder(TASK_DRAFTS) / Path(run.runbook).name
                if run.state is RunState.REFUSED and draft.exists():
                    self.again[run.runbook] += 1
                    self.approve(draft)
        return [run.run_id for run in mine]

    def said(self, event: str) -> bool:
        return f'"{event}"'.encode() in self.output()

    def unlock(self) -> None:
        """Do what a report says about a lock that a dead git left."""
        for report in self.layout.folder(REPORTS).glob("*.md"):
            for path in _LOCK.findall(report.read_text()):
                Path(path).unlink(missing_ok=True)

    # to the end

    def unsettled(self) -> list[str]:
        """What is to be done still, as the daemon sees it: nothing that waits for a person."""
        standing = {f"{TASK_APPROVED}/{p.name}" for p in self.layout.folder(TASK_APPROVED).glob("t*.md")}
        with self.ledger() as ledger:
            approvals = {a.name: a for a in ledger.journal.approvals()}
            runs = ledger.journal.runs(100_000)
            said = [word.subject for word in ledger.journal.words()]
        unseen = [n for n in standing if n not in approvals or approvals[n].state is FileState.RUNNING]
        return [*unseen, *said, *(r.run_id for r in runs if r.state is RunState.RUNNING or r.report is None)]

    def settle(self, rounds: int = 12) -> None:
        """A person goes on with everything until every task is done."""
        for _ in range(rounds):
            if not self.pid or not self.alive():
                self.start()
            self.until(lambda: not self.unsettled(), "nothing waits for the daemon")
            if len(list(self.layout.folder(TASK_DONE).glob("t*.md"))) == self.sent:
                break
            self.unlock()
            self.go_on()
        os.kill(self.pid, signal.SIGTERM)
        self.until(lambda: not self.alive(), "it has ended")
        self.pid = 0
        left = [p.name for p in self.layout.folder(TASK_APPROVED).glob("t*.md")]
        assert left == [], self._why(left)

    def _why(self, names: Iterable[str]) -> str:
        with self.ledger() as ledger:
            runs = [r for r in ledger.journal.runs(100_000) if Path(r.runbook).name in names]
        return "\n".join(f"{r.runbook} {r.run_id} {r.state}: {r.reason}" for r in runs)

    # what must hold

    def whole(self) -> None:
        """At any moment, also between a kill and a restart: each task stands once, whole, with the consent's bytes."""
        for name, digest in self.digests.items():
            places = [self.layout.folder(f) / f"{name}.md" for f in (TASK_DRAFTS, TASK_APPROVED, TASK_DONE)]
            [path] = [p for p in places if p.exists()]
            data = path.read_bytes()
            assert consent_digest(data) == digest, f"torn: {data!r}"
            assert len(parse_task(data, path.name).criteria) == len(self.blocks[name])

    def swept(self) -> None:
        """After a start nothing is left that a dead daemon had half-written."""
        left = [p for name in FOLDERS for p in self.layout.folder(name).glob(f"{TEMP}*")]
        assert left == []

    def judge(self) -> dict[str, int]:
        """Assert all of it; returns how the runs ended."""
        self.whole()
        self.swept()
        with self.ledger() as ledger:
            runs = ledger.journal.runs(100_000)
            steps = {r.run_id: ledger.journal.steps(r.run_id) for r in runs}
            assert [a.name for a in ledger.journal.approvals() if a.state is FileState.RUNNING] == []
        assert [r.run_id for r in runs if r.state is RunState.RUNNING or r.report is None] == []
        consents = Counter(f"{TASK_APPROVED}/{name}.md" for name in self.blocks) + self.again
        assert Counter(r.runbook for r in runs) <= consents, "more runs than times that somebody said yes"
        self._executed(runs, steps)
        for run in runs:
            self._told_to(run, steps[run.run_id])
        for name in self.blocks:
            self._ticked(name)
        self._committed()
        self._receipts(runs)
        return dict(Counter(r.state.value for r in runs))

    def _executed(self, runs: list[Run], steps: dict[str, list[StepRun]]) -> None:
        executed = Counter(line.partition(":")[0] for line in self.proof.read_text().splitlines())
        begun: Counter[str] = Counter()
        finished: Counter[str] = Counter()
        for run in runs:
            mine = [s for s in steps[run.run_id] if s.section != SECTION]
            assert [s for s in mine if s.state is StepState.STARTED] == []
            done = Counter(_id(s) for s in mine if s.state is StepState.FINISHED and s.exit == 0)
            assert [n for n, times in done.items() if times > 1] == [], "finished, and run again"
            for one in mine:
                later = [s for s in mine if s.n == one.n and s.attempt > one.attempt]
                assert not (later and one.state is StepState.FINISHED and one.exit == 0), "finished, and started again"
            begun.update(_id(s) for s in mine)
            finished += done
        assert {i: n for i, n in executed.items() if n > begun[i]} == {}, "executed without its line in the journal"
        assert {i: n for i, n in finished.items() if executed[i] < n} == {}, "finished, and never executed"

    def _told_to(self, run: Run, steps: list[StepRun]) -> None:
        """Nothing follows an unknown outcome but by a person's word."""
        words = [at for run_id, at, _ in self.resumed if run_id == run.run_id]
        ordered = sorted(steps, key=lambda s: s.started)
        for one, following in itertools.pairwise(ordered):
            if one.state is StepState.UNKNOWN:
                assert any(one.started < at < following.started for at in words), f"{run.run_id}: nobody said go on"

    def _ticked(self, name: str) -> None:
        """Every box that is ticked has its proof, each block with the state that the ones before it left."""
        task = parse_task((self.layout.folder(TASK_DONE) / f"{name}.md").read_bytes())
        proof = self.proof.read_text().splitlines()
        fresh = any(f for _, _, f in self.resumed)
        for criterion, count in zip(task.criteria, self.blocks[name], strict=True):
            assert criterion.checked
            for b in range(1, count + 1):
                lines = [line for line in proof if line.startswith(f"{name}c{criterion.n}b{b}:")]
                assert lines, f"ticked without its proof: {name}c{criterion.n}b{b}"
                before = [f"b{n}" for n in range(1, b)]
                for line in lines:
                    seen = line.partition(":")[2].split()
                    assert seen == before or (fresh and seen == before[len(before) - len(seen) :]), line

    def _receipts(self, runs: list[Run]) -> None:
        """Every run has both forms of its last report; a result says what its schema allows."""
        for run in runs:
            markdown = self.layout.root / (run.report or "")
            assert markdown.is_file()
            SCHEMA.validate(json.loads(markdown.with_suffix(".json").read_text()))
        assert all(p.with_suffix(".md").exists() for p in self.layout.folder(REPORTS).glob("*.json"))

    def _committed(self) -> None:
        self.git("fsck", "--strict")
        assert not (self.project / ".git" / "index.lock").exists()
        assert self.git("status", "--porcelain") == self.theirs, "the person's own changes are as they were"
        assert [p.name for p in (self.project / ".git").glob("reifierd-*")] == []
        for name in self.blocks:
            made = self.git("log", "--format=%H", f"--grep=^Task: {name}$").split()
            assert len(made) == 1, f"{name} is in {len(made)} commits"
            assert self.git("show", "--format=", "--name-only", made[0]).split() == [f"{name}.out"]
        assert self.git("rev-list", "--count", "HEAD").strip() == str(1 + len(self.blocks))
        for name in self.blocks:
            assert self.git("show", f"HEAD:{name}.out") == (self.project / f"{name}.out").read_text()


def _id(step: StepRun) -> str:
    found = re.search(r"echo (t\d+c\d+b\d+):", step.command)
    assert found, step.command
    return found[1]
