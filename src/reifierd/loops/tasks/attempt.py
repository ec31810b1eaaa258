"""One attempt at an approved task: planned as a whole, then carried out, verified, committed, and told.

Rules
- The bytes that were read with the consent decide what runs. Refused, nothing ran, and the file goes back.
- Whatever was done is staged at the end, also of an attempt that failed; it is committed after the verification only.
- The verification is asked when every box is ticked, whoever ticked it: so a task whose verification failed is taken up
  there.
"""

from __future__ import annotations

import os

from reifierd.documents.task import parse_task
from reifierd.documents.task_model import Task
from reifierd.documents.task_select import select
from reifierd.errors import ReifierError
from reifierd.ledger.records import RunState
from reifierd.loops.tasks.blockers import Blocker
from reifierd.loops.tasks.carry import Came, Carrier, Fate, Performer
from reifierd.loops.tasks.closing import close
from reifierd.loops.tasks.dependencies import with_named
from reifierd.loops.tasks.extensions import Extensions
from reifierd.loops.tasks.git import RepositoryProblem
from reifierd.loops.tasks.kinds import Kind, kind_of
from reifierd.loops.tasks.others import known_tasks
from reifierd.loops.tasks.outcome import Outcome, Tally, error_code
from reifierd.loops.tasks.plan import Basis, Piece, TaskPlan, make_plan
from reifierd.loops.tasks.safety import Project, project_of
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.taskfile import TaskFile, Void, cannot_take
from reifierd.loops.tasks.trees import Trees
from reifierd.loops.tasks.verification import verify
from reifierd.runs.carried import Beginning
from reifierd.runs.ground import Ground, ground_of, stepper_of
from reifierd.runs.house import House
from reifierd.runs.job import Job
from reifierd.runs.planned import Refusal
from reifierd.runs.stepping import Stopped


class Attempt:
    """The parts of one run that its result needs. A dry run uses what `prepare` leaves behind."""

    def __init__(self, job: Job, house: House, settings: TasksSettings, extensions: Extensions) -> None:
        self.job, self.house, self.settings, self.extensions = job, house, settings, extensions
        self.task: Task = parse_task(job.data, job.name.rpartition("/")[2])
        self.kind: Kind = kind_of(self.task.labels, extensions.kinds)
        self.plan = TaskPlan()
        self.project: Project | None = None
        self.basis: Basis | None = None
        self.tally = Tally(self.task, self.kind.name)
        self.tell = Beginning(job, house).tell

    def outcome(self) -> Outcome:
        try:
            against = self.prepare()
            return self._told_in_file(against) if against else self._carried_out()
        except ReifierError as error:  # of the ledger, the private folder or git: nothing more was started
            return self.tally.failure(RunState.FAILED, "failed", str(error), hints=(error.hint,) if error.hint else ())

    def prepare(self) -> Outcome | None:
        """Everything that is decided before the first command; or why nothing runs."""
        task, job = self.task, self.job
        if task.fatal:
            found = [Refusal(p.line, p.message, p.hint) for p in task.fatal]
            return self.tally.refused("not_readable", found, self.job)
        if unwritable := cannot_take(job.data):
            if job.resumed:  # what it has done already is owed to the file, which stays
                return self._not_now("not_writable", unwritable.message, unwritable.hint)
            return self.tally.refused("not_writable", [Refusal(1, unwritable.message, unwritable.hint)], job)
        try:
            selected = select(task, job.wish.criteria) if job.wish.criteria else [c.n for c in task.criteria]
            ground = ground_of(task.front, task.params, task.sha256_bare, job, self.house)
        except ReifierError as error:
            return self.tally.refused("not_usable", [Refusal(1, error.message, error.hint)], job)
        self.tally.selected = frozenset(selected)
        if ground.values.missing:
            return self.tally.without_values(ground.values.missing, job)
        return self._planned(ground)

    def _planned(self, ground: Ground) -> Outcome | None:
        task, job, house = self.task, self.job, self.house
        self.project, wrong = project_of(task, house.layout.root)
        if self.project is None:
            return self._blocked(wrong)
        known = tuple(known_tasks(house.layout, job.name)) if task.dependencies or task.programs else ()
        task = with_named(task, known)
        self.basis = Basis(
            house, self.settings, self.extensions, task, self.kind, self.project, ground, self.tally.selected, known,
            dict(os.environ),
        )  # fmt: skip
        self.plan = make_plan(self.basis)
        self.tally.notes += self.plan.notes
        if self.plan.refusals:
            return self.tally.refused("refused", self.plan.refusals, job, ground)
        return self._blocked(self.plan.blockers) if self.plan.blockers else None

    def _not_now(self, code: str, reason: str, *hints: str) -> Outcome:
        return self.tally.failure(RunState.FAILED, code, reason, hints=filter(None, hints), job=self.job)

    def _blocked(self, blockers: tuple[Blocker, ...]) -> Outcome:
        """Nothing can run now; the file stays, and the run can go on when a person has done something about it."""
        reason = "; ".join(dict.fromkeys(b.reason for b in blockers))
        hints = tuple(dict.fromkeys(b.remedy for b in blockers if b.remedy))
        return self._not_now(error_code(blockers[0]), reason, *hints)

    def _told_in_file(self, against: Outcome) -> Outcome:
        """What is blocked is told in its Progress Log too; what goes back is not touched."""
        if against.state is not RunState.REFUSED:
            file = TaskFile(self.house, self.job.name, self.job.data, self.job.sha256)
            file.write(log=[f"Blocked: {against.reason}"])
            file.spend()
        return against

    def dry(self) -> Outcome:
        """What it would do, or why nothing; nothing is run or written."""
        against = self.prepare()
        if against:
            return against.without_run(self.job.run_id)
        for piece in self.plan.pieces:
            reason = "; ".join(b.reason for b in piece.blockers) or _would(piece)
            fate, remedies = Fate.BLOCKED, tuple(b.remedy for b in piece.blockers if b.remedy)
            self.tally.came[piece.criterion.n] = Came(piece.criterion, fate, reason, remedies=remedies)
        return self.tally.dry(self.plan.notes, any(piece.blockers for piece in self.plan.pieces))

    # what is done

    def _carried_out(self) -> Outcome:
        assert self.basis is not None and self.project is not None
        job, house = self.job, self.house
        stepper, live = stepper_of(job, house, self.basis.ground, self.tell)
        stepper.start = str(self.project.folder)
        stepper.settings = house.settings.model_copy(update={"timeout": self.settings.timeout})
        file = TaskFile(house, job.name, job.data, job.sha256)
        trees = Trees(house.layout, house.ledger, job.run_id, job.name, self.project)
        earlier = house.ledger.journal.steps(job.run_id) if job.resumed else []
        performer = Performer(stepper, file, self.settings, earlier, len(self.plan.steps))
        try:
            problem = trees.take()
            if problem is None:
                trees.begin()
        except RepositoryProblem as found:
            problem = found
        if problem is not None:
            trees.release()
            return self._told_in_file(self._blocked((Blocker("repository", problem.message, problem.hint),)))
        try:
            return self._steps(performer, trees)
        except (Stopped, Void) as ended:
            return self._ended(ended, trees, file)
        finally:
            trees.release()
            live.flush()
            file.finish()
            file.spend()
            self.tally.notes += [*stepper.notes, *trees.notes, *filter(None, [file.problem])]
            self.tally.notes += trees.by_hand
            self.tally.left = tuple(stepper.left.values())

    def _steps(self, performer: Performer, trees: Trees) -> Outcome:
        assert self.basis is not None
        file = performer.file
        carrier = Carrier(self.plan, self.task.criteria, performer, fresh=self.job.wish.fresh)
        self.tally.came, self.tally.executed = carrier.came, performer.executed
        try:
            carrier.run()
        finally:
            self.tally.checked = carrier.checked
        self._stage(trees)
        if len(self.tally.checked) < len(self.task.criteria):
            return self._partial(file)
        if self.job.wish.skip_verification:
            file.write(log=["Every criterion is complete; the verification was skipped"])
            self.tally.entry = file.last_line
            return self.tally.unverified("the verification was skipped", self.job)
        self.house.on_event("verification", {"run": self.job.run_id, "runbook": self.job.name})
        found = verify(self.basis, self.plan, performer, trees)
        self.tally.notes += found.proofs
        if not found.holds:
            file.write(log=[f"Verification failed: {found.reason}; staged, not committed"])
            self.tally.entry = file.last_line
            return self.tally.unverified(found.reason, self.job, found)
        return close(self.task, self.settings, file, trees, self.tally)

    def _partial(self, file: TaskFile) -> Outcome:
        file.write(log=[self.tally.summary])
        self.tally.entry = file.last_line
        return self.tally.partial(self.job)

    def _stage(self, trees: Trees) -> None:
        trees.stage()
        self.tally.files = trees.files

    def _ended(self, why: Exception, trees: Trees, file: TaskFile) -> Outcome:
        """A stop, PAUSE, or the end of the consent: what was done is kept, nothing more is."""
        self._stage(trees)
        if not isinstance(why, Void):
            file.write(log=[f"Stopped: {why}"])
        code = "consent_void" if isinstance(why, Void) else "stopped"
        hints = self.tally.after_stop(self.job, void=isinstance(why, Void))
        return self.tally.failure(RunState.STOPPED, code, str(why), hints=hints)


def _would(piece: Piece) -> str:
    if not piece.steps:
        return "it names no command: a person's, or complete with its parts"
    return "would run: " + "; ".join(planned.step.command for planned in piece.steps)
