"""The work trees of a run: the project's, in which its commands work, and the one that the task file lies in.

A picture of each is durable before the first command. Afterwards exactly what the run changed in the project is staged,
also where criteria failed: it waits there for the next attempt. It is committed only when somebody says so.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reifierd.ledger import Ledger
from reifierd.loops.tasks.commits import Commit, commit, found_again, merged, push, stage, stage_files
from reifierd.loops.tasks.git import Repository, RepositoryProblem, find_repository
from reifierd.loops.tasks.keeping import (
    drop_picture,
    keep_picture,
    keep_staged,
    kept_picture,
    kept_staged,
    needs_picture,
)
from reifierd.loops.tasks.repository import Changes, Picture, Staged, changes_since, settled, take_picture
from reifierd.loops.tasks.safety import Project
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.workspace.layout import FOLDERS, GENERATION, MARKER, PAUSE, Layout

_PROJECT, _TASKS = "project", "tasks"
_LOCK = "reifierd.lock"  # in the git directory; empty


@dataclass
class Trees:
    """Of one run of the task file `name`. `changes` is what the run changed, once that was asked; `notes` are for the
    report, `to_do` is what a person has to do besides."""

    layout: Layout
    ledger: Ledger
    run_id: str
    name: str
    project: Project
    changes: Changes = field(default_factory=Changes)
    notes: list[str] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Take the pictures, or those that an attempt of this run began with which was cut short. Raises
        RepositoryProblem."""
        self._staged: tuple[Staged, ...] = kept_staged(self.ledger, self.name)
        self._earlier = self._staged
        self._touched: tuple[Staged, ...] = ()
        self._unstaged: RepositoryProblem | None = None  # why what the run changed could not be told or staged
        if self.project.repository and not needs_picture(self.ledger, self.run_id, _PROJECT):
            self._staged, self._touched = settled(self.project.repository, self._staged)
        self._home = find_repository(self.layout.root)
        self._before = self._picture(self.project.repository, _PROJECT)
        same = self._home and self.project.repository and self._home.top == self.project.repository.top
        self._home_before = self._before if same else self._picture(self._home, _TASKS)

    def take(self) -> RepositoryProblem | None:
        """Hold the project against runs of other workspaces until `release`; why not, where one is under way."""
        repository, self._lock = self.project.repository, -1
        try:
            if repository is None:  # a folder can be locked itself, and nothing is left in it
                self._lock = os.open(self.project.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            else:
                self._lock = os.open(repository.git_dir / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            reason = "a run of another workspace works in this project"
            return RepositoryProblem(reason, where=self.project.key, hint="wait for its end")
        except OSError:  # what cannot be locked: a repository that cannot be written gets no commit either
            self.release()
        return None

    def release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def stage_after_death(self) -> None:
        """A daemon died in the middle: what the run had changed is told from what a person changes from now on."""
        if needs_picture(self.ledger, self.run_id, _PROJECT):
            self.begin()
            self.stage()

    def stage(self) -> None:
        """Find what the run changed, and stage it; what goes wrong is told, and nothing is lost by it."""
        repository, before = self.project.repository, self._before
        if repository is None:
            return
        if before is None:
            reason = "what the work tree was before the run is not known any more: nothing was staged"
            self._unstaged = RepositoryProblem(reason, where=str(repository.top), hint="git add and git commit by hand")
            return
        if problem := self._elsewhere(repository, before):
            self._unstaged = problem
            return
        try:
            self.changes = changes_since(repository, before, self._own)
            self._staged = merged(self._staged, stage(repository, self.changes.paths))
        except RepositoryProblem as problem:
            self._unstaged = problem
            return
        keep_staged(self.ledger, self.name, merged(self._touched, self._staged))
        drop_picture(self.ledger, self.run_id, _PROJECT)
        self.notes += [f"changed by the run and by you before it, so not staged: {p}" for p in self.changes.mixed]
        self.notes += [
            f"committed by the task's own commands, though you had it in work: {p}" for p in self.changes.taken
        ]

    @property
    def by_hand(self) -> list[str]:
        """What a person has to do: about what is not staged, not pushed, not proved."""
        told = [f"look at what could not be staged: {self._unstaged}"] if self._unstaged else []
        mixed = [f"commit by hand what you had changed and the run changed too: {path}" for path in self.changes.mixed]
        left = [f"look at what the run changed and is not staged: {path} ({why})" for path, why in self.changes.left]
        return [*told, *mixed, *left, *self.to_do]

    @property
    def staged(self) -> tuple[str, ...]:
        """What waits to be committed."""
        return tuple(entry.path for entry in self._staged)

    @property
    def changed(self) -> tuple[Path, ...]:
        """What the run, earlier attempts, and a person on top of these, changed in the project: absolute paths."""
        top = self.project.repository.top if self.project.repository else self.project.folder
        touched = (entry.path for entry in self._touched)
        return tuple(top / path for path in sorted({*self.changes.all_paths, *self.staged, *touched}))

    @property
    def files(self) -> tuple[str, ...]:
        """What the run and earlier attempts changed, relative to the repository."""
        return tuple(sorted({*self.changes.all_paths, *self.staged}))

    @property
    def remote(self) -> bool:
        """Whether there is anywhere to push to."""
        return self.project.repository is not None and bool(self.project.repository.git("remote").strip())

    def commit(self, message: str, settings: TasksSettings) -> Commit | None:
        """Commit what is staged; None where there is nothing to commit. Raises RepositoryProblem."""
        repository = self.project.repository
        if repository is None:
            return None
        self._look_again(repository)
        problem = self._unstaged or self._elsewhere(repository, self._before) or self._repaired(repository)
        if problem:
            raise problem
        if not self._staged:  # what had waited may be committed by now: by us, before we died, or by a person
            return found_again(repository, self._earlier, message)
        made = commit(repository, self._staged, message, self._before)
        self._staged = ()
        keep_staged(self.ledger, self.name, ())
        if made is None:
            return None
        self.notes += [f"a hook added {path} to the commit" for path in made.added]
        if settings.push:
            try:
                push(repository, made, settings.remote, settings.push_branch)
                self.notes.append(f"pushed to {settings.remote}")
            except RepositoryProblem as problem:
                again = f"git -C '{repository.top}' push {settings.remote} {settings.push_branch or made.branch}"
                self.to_do.append(f"committed, and not pushed: {problem.message}; when it can be: {again}")
        return made

    def commit_task(self, files: Iterable[Path], message: str) -> Commit | None:
        """The task file's own repository: commit these files (the old name and the new one) where git does not ignore
        them."""
        if self._home is None or self._home_before is None:
            return None
        try:
            staged = stage_files(self._home, files)
            return commit(self._home, staged, message, self._home_before) if staged else None
        except RepositoryProblem as problem:
            self.to_do.append(f"the task file is not committed: {problem}")
            return None

    def _look_again(self, repository: Repository) -> None:
        """What was changed since it was staged, by the verification or by a person, is not what was verified."""
        if self._before is None or self._unstaged:
            return
        ours, touched = settled(repository, self._staged)
        self._staged, self._touched = ours, (*self._touched, *touched)
        late = {*changes_since(repository, self._before, self._own).paths} - {e.path for e in (*ours, *touched)}
        self.notes += [f"changed after the last criterion, so not staged: {path}" for path in sorted(late)]

    @property
    def _own(self) -> list[Path]:
        """What is the workspace's own, where it lies in the project."""
        return [self.layout.root / name for name in (*FOLDERS, MARKER, GENERATION, PAUSE)]

    def _elsewhere(self, repository: Repository, before: Picture | None) -> RepositoryProblem | None:
        """The branch was allowed when the run began; another one was never asked about."""
        if before is None or repository.branch == before.branch:
            return None
        now = repository.branch or "detached"
        reason = f"the branch was {before.branch or 'detached'} when the run began, and is {now} now"
        return RepositoryProblem(reason, where=str(repository.top), hint=f"git switch {before.branch}")

    def _repaired(self, repository: Repository) -> RepositoryProblem | None:
        """What was verified stands in the work tree; what waits in the index is older than that."""
        if not self._touched:
            return None
        paths = " ".join(entry.path for entry in self._touched)
        reason = f"changed since the run staged it: {paths}"
        return RepositoryProblem(
            reason, where=str(repository.top), hint=f"if it is right as it is now: git add {paths}"
        )

    def _picture(self, repository: Repository | None, which: str) -> Picture | None:
        if repository is None:
            return None
        if needs_picture(self.ledger, self.run_id, which):
            return kept_picture(self.ledger, self.run_id, which)
        picture = take_picture(repository, self._staged if which == _PROJECT else ())
        keep_picture(self.ledger, self.run_id, which, picture)
        return picture
