"""What a task leaves in version control: exactly its own files, where it may, and nothing of the user's."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from reifierd.ledger.records import RunState

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]


def test_the_users_staged_changed_and_new_files_stay_as_they_are(desk: Desk, task: Write) -> None:
    project = desk.project
    project.write("b", "staged by the user\n")
    project.git("add", "b")
    project.write("c", "changed by the user\n")
    project.write("mine", "new\n")
    desk.approve(
        task(("First", "echo one > one; echo a2 > a"), ("Second", "mkdir sub; echo two > sub/two; rm -f gone"))
    )
    assert project.committed == ["a", "one", "sub/two"]
    assert project.status == ["M  b", " M c", "?? mine"]
    assert "not committed when the run began, and what is yours of it is left as it is: b, c, mine" in desk.receipt
    assert desk.result["changes"]["files_modified"] == ["a", "one", "sub/two"]


def test_a_file_that_the_user_had_changed_and_the_run_changes_is_told_and_never_staged(desk: Desk, task: Write) -> None:
    desk.project.write("c", "changed by the user\n")
    desk.approve(task(("First", "echo more >> c; echo one > one")))
    assert desk.project.committed == ["one"]
    assert desk.project.status == [" M c"]
    assert "changed by the run and by you before it, so not staged: c" in desk.receipt


def test_the_message_has_the_tasks_id_and_its_criteria(desk: Desk, task: Write) -> None:
    desk.approve(task(("First thing", "echo one > one"), ("Second thing", "true")))
    body = desk.project.git("log", "-1", "--format=%B").strip()
    assert body == "TASK-001: A task\n\nCriteria:\n- First thing\n- Second thing\n\nTask: TASK-001"


def test_a_deleted_and_an_executable_file_are_committed_as_such(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "rm b; printf '#!/bin/sh\\n' > go.sh; chmod +x go.sh")))
    assert desk.project.committed == ["b", "go.sh"]
    assert desk.project.git("ls-tree", "HEAD", "go.sh").startswith("100755")
    assert desk.project.status == []


def test_ignored_files_are_not_staged(desk: Desk, task: Write) -> None:
    desk.project.commit(**{".gitignore": "build/\n"})
    desk.approve(task(("First", "mkdir build; echo x > build/x; echo one > one")))
    assert desk.project.committed == ["one"]


def test_a_branch_that_is_not_allowed_lets_nothing_run(desk: Desk, task: Write) -> None:
    desk.project.git("switch", "-qc", "feature")
    desk.approve(task(("First", "echo one > one")))
    result = desk.result
    assert (result["success"], result["error"]) == (False, "branch_not_allowed")
    assert any("git switch main" in hint for hint in result["recovery_suggestions"])
    assert desk.ran == []
    assert desk.last.state is RunState.FAILED
    assert desk.file().parent.name == "approved"
    assert "Blocked: the branch is feature" in desk.text()
    desk.project.git("switch", "-q", "main")
    desk.resume()
    assert desk.result["status"] == "committed"


def test_a_task_may_name_its_own_branch(desk: Desk, task: Write) -> None:
    desk.project.git("switch", "-qc", "release/1")
    desk.approve(task(("First", "echo one > one"), front="branch: release/*"))
    assert desk.result["status"] == "committed"
    assert desk.project.git("log", "-1", "--format=%s", "main").strip() == "before"


def test_nothing_is_pushed_unless_the_configuration_says_so(desk: Desk, task: Write, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], check=True)
    desk.project.git("remote", "add", "origin", str(remote))
    bare = replace(desk.project, top=remote)
    desk.approve(task(("First", "echo one > one")))
    assert bare.git("for-each-ref") == ""
    assert any(step.endswith(" push") for step in desk.result["next_steps"])
    desk.restart(push=True)
    desk.approve(task(("Second", "echo two > two")).replace("TASK-001", "TASK-002"), "TASK-002.md")
    assert bare.git("log", "-1", "--format=%s").strip() == "TASK-002: A task"
    assert "pushed to origin" in desk.receipt


def test_a_push_that_fails_is_told_and_the_commit_stays(desk: Desk, task: Write) -> None:
    desk.restart(push=True)
    desk.approve(task(("First", "echo one > one")))
    assert desk.result["status"] == "committed"
    assert "committed, and not pushed" in desk.receipt
    [step] = desk.result["next_steps"]
    assert step.endswith(f"git -C '{desk.project.top}' push origin main")


def test_the_task_file_is_committed_in_its_own_repository(desk: Desk, task: Write) -> None:
    home = replace(desk.project, top=desk.layout.root)
    home.git("init", "-q", "-b", "main")
    home.commit(**{"notes.md": "mine\n"})
    draft = desk.draft(task(("First", "echo one > one")))
    home.commit()
    home.write("notes.md", "mine, changed\n")
    draft.rename(desk.layout.folder("tasks/approved") / draft.name)
    desk.look()
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["one"]
    assert "tasks/done/TASK-001.md" in home.committed
    assert "notes.md" not in home.committed
    assert " M notes.md" in home.status
    assert "[x] First" in home.git("show", "HEAD:tasks/done/TASK-001.md")
    assert "the task file is committed too" in desk.receipt


def test_a_folder_that_is_no_repository_is_worked_in_and_said(desk: Desk, task: Write, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    text = task(("First", "echo one > one"), verification="test -s one")
    desk.approve(text.replace(str(desk.project.top), str(plain)))
    assert desk.result["status"] == "verified"
    assert (plain / "one").read_text() == "one\n"
    assert "is no git work tree: nothing will be committed" in desk.receipt
    assert desk.file().parent.name == "done"


def test_what_a_command_commits_itself_is_told_as_changed(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "echo one > one; git add one; git commit -qm mine")))
    assert desk.result["success"] is True
    assert desk.result["changes"]["files_modified"] == ["one"]
    assert desk.project.subject == "mine"
    assert desk.project.status == []


def test_a_rebase_in_progress_is_left_alone(desk: Desk, task: Write) -> None:
    project = desk.project
    project.git("switch", "-qc", "other")
    project.commit(a="other\n")
    project.git("switch", "-q", "main")
    project.commit(a="main\n")
    subprocess.run(["git", "merge", "-q", "other"], cwd=project.top, capture_output=True, check=False)
    desk.approve(task(("First", "echo one > one")))
    assert desk.result["error"] == "branch_not_allowed"
    assert "in progress" in desk.result["message"]
    assert desk.ran == []
