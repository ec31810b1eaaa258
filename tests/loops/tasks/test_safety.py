"""Before any command: the right folder, an allowed branch, and every reason against the blocks at once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from reifierd.documents.model import SectionKind, Step
from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker, Work, stopping
from reifierd.loops.tasks.kinds import GENERAL, kind_of
from reifierd.loops.tasks.safety import Grounds, Project, before, branch_blockers, project_of
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.shell import Context, read

SETTINGS = TasksSettings()


def branch(project: Any, settings: TasksSettings = SETTINGS, **front: Any) -> list[Blocker]:
    return list(branch_blockers(Task(front=front), Project(project.top, project.repository), settings))


def test_the_project_is_found_from_the_workspace_by_path_and_by_home(project: Any, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "home/here").mkdir()
    for named in ("../project", str(project.top)):
        found, blockers = project_of(Task(project=named), workspace)
        assert found
        assert (found.folder, found.key, blockers) == (project.top, str(project.top), ())
    found, _ = project_of(Task(project="~/here"), workspace)
    assert found == Project(tmp_path / "home/here")


def test_a_folder_in_a_repository_has_the_key_of_the_whole(project: Any, tmp_path: Path) -> None:
    (project.top / "sub").mkdir()
    found, _ = project_of(Task(project=str(project.top / "sub")), tmp_path)
    assert found
    assert (found.folder, found.key) == (project.top / "sub", str(project.top))


def test_without_a_project_it_is_the_repository_around_the_workspace(project: Any, tmp_path: Path) -> None:
    (project.top / "ops").mkdir()
    found, _ = project_of(Task(), project.top / "ops")
    assert found
    assert found.folder == project.top
    alone, _ = project_of(Task(), tmp_path)
    assert alone == Project(tmp_path)


@pytest.mark.parametrize("name", ["missing", "a-file"])
def test_a_project_that_is_none_stops_the_task(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch()
    found, [blocker] = project_of(Task(project=name), tmp_path)
    assert (found, blocker.criterion, blocker.blocks, blocker.rule) == (None, 0, True, "project")


def test_main_and_master_are_allowed_others_by_the_task_or_the_configuration(project: Any) -> None:
    assert branch(project) == []
    project.git("checkout", "-q", "-b", "feature/x")
    [blocker] = branch(project)
    assert (blocker.reason, blocker.blocks) == (
        "the branch is feature/x, and this task may run on main or master",
        True,
    )
    assert branch(project, branch="feature/x") == []
    assert branch(project, branches=["feature/*"]) == []
    assert branch(project, TasksSettings(branches=("feature/*",))) == []
    assert len(branch(project, TasksSettings(branches=("feature/*",)), branch="main")) == 1


def test_a_detached_head_and_a_merge_block(project: Any) -> None:
    project.git("checkout", "-q", "--detach")
    assert "detached" in branch(project)[0].reason
    (project.top / ".git/MERGE_HEAD").write_text(project.repository.head)
    assert "a merge is in progress" in branch(project)[0].reason


def test_a_dirty_tree_is_told_and_blocks_nothing(project: Any) -> None:
    for n in range(7):
        project.write(f"n{n}")
    [note] = branch(project)
    assert (note.blocks, note.reason) == (
        False,
        "not committed when the run began, and what is yours of it is left as it is: n0, n1, n2, n3, n4, …",
    )


def test_a_folder_outside_git_is_told(tmp_path: Path) -> None:
    [note] = list(branch_blockers(Task(), Project(tmp_path), SETTINGS))
    assert (note.blocks, "nothing will be committed" in note.reason) == (False, True)


def work(project: Any, n: int, source: str) -> Work:
    step = Step(n, SectionKind.FIX, "", source, source, n * 10)
    return Work(n, step, read(source, Context(cwd=str(project.top))))


def test_all_reasons_come_at_once_each_with_its_criterion(project: Any, private_places: Path) -> None:
    (project.top / "build.sh").write_text("#!/bin/bash\npsql -h prod-db shop\nif\n")
    (project.top / "build.sh").chmod(0o755)
    sources = ["frobnicate", "kubectl --context prod apply -f x", "./build.sh", "true", "psql -h prod-db x"]
    works = [work(project, n, source) for n, source in enumerate(sources, 1)]
    environment = {"HOME": str(private_places), "PATH": os.environ["PATH"]}
    here = {"kubectl", "psql"}
    grounds = Grounds(SETTINGS, environment, lambda name: name if name in here else shutil.which(name))
    task = Task(programs=("missing-thing",))
    found = before(task, kind_of(["deployment"]), Project(project.top, project.repository), works, grounds)
    rules = {(b.criterion, b.rule) for b in found if b.blocks}
    assert rules == {
        (0, "missing-program"), (1, "missing-program"), (2, "kube-context"), (2, "direct-change"), (3, "script"),
        (3, "production-database"), (5, "production-database"),
    }  # fmt: skip
    assert [b.rule for b in stopping(found, 4)] == ["missing-program"]
    assert all(b.remedy for b in found if b.blocks)


def test_what_is_sourced_counts_for_the_block_that_sources_it(project: Any, private_places: Path) -> None:
    (project.top / "env.sh").write_text("export PGHOST=prod-db\n")
    grounds = Grounds(SETTINGS, {"HOME": str(private_places)}, lambda name: f"/usr/bin/{name}")
    found = before(
        Task(), GENERAL, Project(project.top, project.repository), [work(project, 1, ". ./env.sh; psql shop")], grounds
    )
    assert [b.rule for b in stopping(found, 1)] == ["production-database"]


def test_good_work_has_nothing_against_it(project: Any, private_places: Path) -> None:
    grounds = Grounds(SETTINGS, {"HOME": str(private_places)}, shutil.which)
    works = [work(project, 1, "cat a && echo x > b"), work(project, 2, "git diff --stat")]
    assert before(Task(), GENERAL, Project(project.top, project.repository), works, grounds) == ()
