"""Tasks as a trade: one approved task, from its bytes to its receipt; several side by side, one in each project.

Rules
- The run is in the journal before anything of it starts, and its end before its report is written.
- Refused, or parameters missing: the file goes back to `drafts/`, its bytes unchanged. Blocked: it stays, and the run
  can go on.
- After a restart nothing runs by itself; a criterion that the journal proves is ticked all the same.
"""

from __future__ import annotations

import time
from pathlib import PurePath

from reifierd.documents.task import consent_digest, parse_task
from reifierd.documents.task_model import Task
from reifierd.documents.task_result import Failure, Status, Success, as_json
from reifierd.errors import ReifierError
from reifierd.ledger.records import Run, RunState, StepRun
from reifierd.loops.tasks.attempt import Attempt
from reifierd.loops.tasks.carry import proved
from reifierd.loops.tasks.extensions import load_extensions
from reifierd.loops.tasks.kinds import kind_of
from reifierd.loops.tasks.outcome import Tally
from reifierd.loops.tasks.pieces import Blocks, blocks_of
from reifierd.loops.tasks.report import TaskReceipt, as_markdown
from reifierd.loops.tasks.safety import Project, project_of
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.taskfile import TaskFile
from reifierd.loops.tasks.trees import Trees
from reifierd.runs.back import send_back
from reifierd.runs.carried import carry_through
from reifierd.runs.house import House, Paper
from reifierd.runs.job import KEPT, Job, Turn
from reifierd.runs.receipts import file_paper
from reifierd.workspace.layout import TASK_APPROVED, TASK_DONE, TASK_DRAFTS
from reifierd.workspace.library import Library

TASKS = Library(TASK_APPROVED, (TASK_DRAFTS, TASK_DONE), consent_digest)


class Tasks:
    """The trade of tasks. Raises UsageError for a type, a handler or a check that cannot be loaded."""

    noun = "task"
    library = TASKS

    def __init__(self, house: House, settings: TasksSettings) -> None:
        self._house, self._settings = house, settings
        self._extensions = load_extensions(settings)
        self.side_by_side = settings.side_by_side

    def attempt(self, job: Job) -> Attempt:
        """For a run, and for whoever only wants to know what it would do."""
        return Attempt(job, self._house, self._settings, self._extensions)

    def turn(self, job: Job) -> Turn:
        """By priority, behind the tasks that it depends on; one project after the other's run."""
        task = parse_task(job.data, PurePath(job.name).name)
        project, _ = project_of(task, self._house.layout.root)
        lane = project.key if project else ""
        after = frozenset(name.lower() for name in (*task.dependencies, *task.programs))  # which are tasks, the ids say
        return Turn(lane, (task.rank, task.id), task.id.lower(), after)

    def do(self, job: Job) -> None:
        house = self._house
        attempt = self.attempt(job)
        outcome, started, ended = carry_through(job, house, attempt)
        tally = attempt.tally
        notes = [*tally.notes]
        if outcome.state is RunState.REFUSED and (back := send_back(job, house, TASK_DRAFTS)):
            notes.append(back)
        receipt = TaskReceipt(
            job.run_id, job.name, f"{tally.task.id}: {tally.task.title}", outcome.state, started, ended,
            outcome.reason, outcome.result, tuple(house.ledger.journal.steps(job.run_id)), outcome.refusals,
            outcome.override, tuple(dict.fromkeys(notes)), tally.left,
        )  # fmt: skip
        file_paper(_paper(receipt, outcome.reason), house)

    def paper(self, run: Run, found: str = "") -> Paper:
        rows = self._house.ledger.journal.steps(run.run_id)
        name = PurePath(run.runbook).stem
        result = self._ended_well(run) if run.state is RunState.SUCCEEDED else _cut_short(run, found)
        ended = run.ended or time.time()
        receipt = TaskReceipt(
            run.run_id, run.runbook, name, run.state, run.started, ended, found or run.reason, result, tuple(rows)
        )
        return _paper(receipt, run.reason)

    def _ended_well(self, run: Run) -> Success | Failure:
        """What the file and the journal tell of a run whose own report was lost with the daemon."""
        name = PurePath(run.runbook).name
        paths = [self._house.layout.folder(folder) / name for folder in (TASK_DONE, TASK_APPROVED)]
        data = next((path.read_bytes() for path in paths if path.is_file()), None)
        if data is None:
            return _cut_short(run, "")
        task = parse_task(data, name)
        steps = self._house.ledger.journal.steps(run.run_id)
        tally = Tally(task, kind_of(task.labels, self._extensions.kinds).name, executed=[s.command for s in steps])
        tally.entry = task.log_lines[-1] if task.log_lines else ""
        return tally.result(run.state, Status.VERIFIED, run.reason).result

    def recover(self, run: Run) -> None:
        """Tick what was proved before the daemon died, say in the file that it was interrupted, and stage what was
        changed."""
        try:
            data = (self._house.layout.root / run.runbook).read_bytes()
            if consent_digest(data) == run.sha256:
                self._recovered(data, run)
        except (OSError, ReifierError) as error:
            self._house.on_event("runner.problem", {"level": "warning", "problem": f"{run.runbook}: {error}"})

    def _recovered(self, data: bytes, run: Run) -> None:
        house, task = self._house, parse_task(data, PurePath(run.runbook).name)
        project, _ = project_of(task, house.layout.root)
        file = TaskFile(house, run.runbook, data, run.sha256)
        proven = self._proved(task, project, run) if project else []
        lines = [f"Completed: {b.criterion.called} (before the interruption)" for b in proven]
        file.write([b.criterion.n for b in proven], [*lines, f"Interrupted: {run.reason}"])
        file.spend()
        if project:
            Trees(house.layout, house.ledger, run.run_id, run.runbook, project).stage_after_death()

    def warm_up(self) -> None:
        """A task's first command waits for nothing that counts."""

    def _proved(self, task: Task, project: Project, run: Run) -> list[Blocks]:
        kind = kind_of(task.labels, self._extensions.kinds)
        rows: dict[int, list[StepRun]] = {}
        for row in self._house.ledger.journal.steps(run.run_id):
            rows.setdefault(row.n, []).append(row)
        clean = self._house.redactor.text
        every, _ = blocks_of(task, kind.name, project.folder, self._extensions.handlers)
        return [
            blocks
            for blocks in every
            if blocks.steps
            and not blocks.criterion.checked
            and all(proved(step, rows.get(step.n, ()), clean) for step in blocks.steps)
        ]


def _paper(receipt: TaskReceipt, reason: str) -> Paper:
    data = as_json(receipt.result)
    return Paper(receipt.run_id, receipt.name, receipt.state, receipt.ended, reason, as_markdown(receipt), data)


def _cut_short(run: Run, found: str) -> Failure:
    code = "interrupted" if run.state is RunState.UNKNOWN else run.state.value.replace(" ", "_")
    hints = (f"look at what the last command did; then go on: reifierd resume {run.run_id}",) * (run.state in KEPT)
    return Failure(PurePath(run.runbook).stem, code, found or run.reason, recovery_suggestions=hints)
