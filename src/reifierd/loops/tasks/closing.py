"""A verified task: committed, its file moved to `tasks/done/`, and that committed too where the file lies in a
repository."""

from __future__ import annotations

from reifierd.documents.task_model import Task
from reifierd.documents.task_result import Status
from reifierd.errors import ReifierError
from reifierd.ledger.records import RunState
from reifierd.loops.tasks.commits import message_for
from reifierd.loops.tasks.git import RepositoryProblem
from reifierd.loops.tasks.outcome import Outcome, Tally
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.taskfile import TaskFile, remedy_for
from reifierd.loops.tasks.trees import Trees
from reifierd.runs.back import moved_to
from reifierd.workspace.layout import TASK_DONE

_SHORT = 10  # characters of a commit's id


def close(task: Task, settings: TasksSettings, file: TaskFile, trees: Trees, tally: Tally) -> Outcome:
    """What could not be committed waits, staged, and the task with it."""
    if not file.finish():  # what was proved must stand in it before anything stands in git
        reason = f"verified, and not committed: {file.problem}"
        steps = [file.remedy, f"then: reifierd resume {trees.run_id}"]
        return tally.result(RunState.FAILED, Status.VERIFIED, reason, steps)
    met = [c.called for c in task.criteria]
    try:
        made = trees.commit(file.clean(message_for(task.id, task.title, met)), settings)
    except RepositoryProblem as problem:
        file.write(log=[f"Verified; not committed: {problem.message}"])
        tally.entry = file.last_line
        reason = f"verified, and not committed: {problem.message}"
        steps = [problem.hint or "", f"then: reifierd resume {trees.run_id}"]
        return tally.result(RunState.FAILED, Status.VERIFIED, reason, filter(None, steps))
    told = f"committed {made.id[:_SHORT]} on {made.branch}" if made else "nothing to commit"
    file.write(log=[f"Verified; {told}"])
    tally.entry = file.last_line
    file.spend()
    status = Status.COMMITTED if made else Status.VERIFIED
    if against := _to_done(task, file, trees):
        reason = f"verified, {told}; the file could not be moved to {TASK_DONE}/: {against}"
        steps = [remedy_for(against, file.path), f"then: reifierd resume {trees.run_id}"]
        return tally.result(RunState.FAILED, status, reason, steps)
    push = [f"git -C {trees.project.folder} push"] if made and trees.remote and not settings.push else []
    return tally.result(RunState.SUCCEEDED, status, f"verified, {told}", [*trees.by_hand, *push])


def _to_done(task: Task, file: TaskFile, trees: Trees) -> OSError | ReifierError | None:
    """What stands in the way of it; None where it is there now."""
    try:
        done = moved_to(file.path, trees.layout, trees.ledger, TASK_DONE, "done")
    except (OSError, ReifierError) as error:
        return error
    message = message_for(task.id, f"{task.title} (task file)", [])
    made = trees.commit_task((file.path, done), file.clean(message))
    if made:
        trees.notes.append(f"the task file is committed too: {made.id[:_SHORT]}")
    return None
