"""What must hold before any command of a task runs: the right folder and branch, and nothing in a command that may not
be there.

`project_of` says where the task works, `before` collects every reason against its blocks. Nothing is executed here but
git's look at the folder, `bash -n` and shellcheck. The guard's verdict, consent and parameters are the engine's.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.clusters import allowed_contexts, cluster_blockers
from reifierd.loops.tasks.conduct import conduct_blockers
from reifierd.loops.tasks.databases import database_blockers
from reifierd.loops.tasks.dependencies import Which, named_program_blockers, program_blockers
from reifierd.loops.tasks.git import Repository, RepositoryProblem, find_repository
from reifierd.loops.tasks.kinds import Kind
from reifierd.loops.tasks.repository import take_picture
from reifierd.loops.tasks.scripts import Read, Script, script_blockers, scripts_of
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.shell.model import ShellView
from reifierd.shell.view import read as read_shell

_SHOWN = 5  # names of files in one sentence


@dataclass(frozen=True)
class Project:
    """Where a task works. `repository` is None where the folder lies in no git work tree: nothing is committed then.

    `key` is the same for all tasks that must not run at the same time.
    """

    folder: Path
    repository: Repository | None = None

    @property
    def key(self) -> str:
        return str(self.repository.top if self.repository else self.folder)


@dataclass(frozen=True)
class Grounds:
    """What the rules rest on besides the task. `environment` is what its commands start with, variables of its type and
    its `env` included; `which` finds a program in the commands' PATH; `read` reads shell text as the guard does."""

    settings: TasksSettings
    environment: Mapping[str, str]
    which: Which
    read: Read = read_shell


def project_of(task: Task, workspace: Path) -> tuple[Project | None, tuple[Blocker, ...]]:
    """The folder that the task names (`project`: absolute, `~/…`, or relative to the workspace), and what is wrong with
    it. A task that names none works in the repository that the workspace lies in, else in the workspace itself."""
    named = task.project or str(task.front.get("project") or "")
    try:
        folder = (workspace / Path(named).expanduser()).resolve() if named else workspace.resolve()
        there = folder.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # a NUL, a circle of links, a user that there is not
        reason = f"the project's folder {named} cannot be looked at: {error}"
        return None, (Blocker("project", reason, "correct project in the front matter"),)
    if not there:
        what = "is no folder" if folder.exists() else "does not exist"
        remedy = "correct project in the front matter" + ("" if folder.exists() else f", or make it: mkdir -p {folder}")
        return None, (Blocker("project", f"the project's folder {folder} {what}", remedy),)
    try:
        repository = find_repository(folder)
    except RepositoryProblem as problem:
        return None, (Blocker("project", problem.message, problem.hint),)
    if repository and not named:
        folder = repository.top
    return Project(folder, repository), ()


def branch_blockers(task: Task, project: Project, settings: TasksSettings) -> Iterator[Blocker]:
    """The branch must be allowed (the task's `branch` or `branches`, else the configuration's) and nothing in progress;
    what is not committed yet is told."""
    if project.repository is None:
        reason = f"{project.folder} is no git work tree: nothing will be committed"
        yield Blocker("branch", reason, f"git init {project.folder}", blocks=False)
        return
    operation, branch = project.repository.operation, project.repository.branch
    allowed = _named(task, "branch", "branches") or settings.branches
    if operation:
        yield Blocker("branch", f"{operation} is in progress in {project.repository.top}", "finish or abort it")
    elif not branch:
        yield Blocker("branch", "HEAD is detached: a commit would belong to no branch", f"git switch {allowed[0]}")
    elif not any(fnmatch.fnmatchcase(branch, glob) for glob in allowed):
        reason = f"the branch is {branch}, and this task may run on {' or '.join(allowed)}"
        remedy = f"git switch {allowed[0]}, or write `branches: [{branch}]` into the front matter"
        yield Blocker("branch", reason, remedy)
    dirty = sorted(take_picture(project.repository).dirty)
    if dirty:
        shown = ", ".join(dirty[:_SHOWN]) + (", …" if len(dirty) > _SHOWN else "")
        reason = f"not committed when the run began, and what is yours of it is left as it is: {shown}"
        yield Blocker("dirty", reason, f"git -C {project.repository.top} status", blocks=False)


def before(task: Task, kind: Kind, project: Project, works: Sequence[Work], grounds: Grounds) -> tuple[Blocker, ...]:
    """Every reason against running these blocks (in the order in which they run), each with its criterion and line.

    A blocker with `criterion` 0 stops the whole task, one with `blocks` False stops nothing.
    """
    settings, home = grounds.settings, grounds.environment.get("HOME", "/home/user")
    read = [(w, scripts_of(w, project.folder, grounds.read, _env(w, grounds), home)) for w in works]
    views = [(work, _in_their_order(work, scripts)) for work, scripts in read]
    found = [
        *branch_blockers(task, project, settings),
        *named_program_blockers(task, grounds.which),
        *program_blockers(works, grounds.which),
        *(b for work, scripts in read for b in script_blockers(work, scripts, project.folder)),
        *conduct_blockers(kind, read, settings.direct),
        *cluster_blockers(views, allowed_contexts(task, settings.contexts), grounds.environment),
        *database_blockers(views, settings.production, grounds.environment),
    ]
    return tuple(dict.fromkeys(found))


def _in_their_order(work: Work, scripts: Sequence[Script]) -> list[ShellView]:
    """What is sourced sets variables for what follows it: it is looked at before the block."""
    sourced = [s.view for s in scripts if s.caller.program in {".", "source"}]
    return [*sourced, work.view, *(s.view for s in scripts if s.view not in sourced)]


def _env(work: Work, grounds: Grounds) -> dict[str, str]:
    return {**grounds.environment, **dict(work.step.attributes.env)}


def _named(task: Task, *keys: str) -> tuple[str, ...]:
    values = (task.front.get(key) for key in keys)
    return tuple(str(v) for value in values if value for v in (value if isinstance(value, list) else [value]))
