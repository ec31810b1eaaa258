"""What a run changed is told apart from what the user was at, in a real git repository."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reifierd.loops.tasks.commits import stage
from reifierd.loops.tasks.git import RepositoryProblem, find_repository
from reifierd.loops.tasks.repository import Picture, changes_since, take_picture


def test_a_folder_without_git_has_no_repository(tmp_path: Path) -> None:
    assert find_repository(tmp_path) is None


def test_the_git_folder_itself_is_no_work_tree(project: Any) -> None:
    assert find_repository(project.top / ".git") is None


def test_a_subfolder_lies_in_the_repository(project: Any) -> None:
    sub = project.top / "sub"
    sub.mkdir()
    found = find_repository(sub)
    assert found
    assert (found.top, found.branch) == (project.top.resolve(), "main")


def test_the_callers_git_variables_lead_nowhere_else(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    project.write("new")
    assert changes_since(project.repository, Picture("", "main")).paths == ("new",)


def test_created_changed_deleted_renamed_and_made_executable(project: Any) -> None:
    before = take_picture(project.repository)
    project.write("a", "other\n")
    (project.top / "b").rename(project.top / "moved")
    (project.top / "c").chmod(0o755)
    project.write("deep/er/new")
    (project.top / "link").symlink_to("a")
    assert changes_since(project.repository, before).paths == ("a", "b", "c", "deep/er/new", "link", "moved")


def test_a_rename_that_differs_only_in_case_is_both_names(project: Any) -> None:
    before = take_picture(project.repository)
    (project.top / "a").rename(project.top / "A")
    assert changes_since(project.repository, before).paths == ("A", "a")


def test_what_the_user_was_at_is_not_the_runs(project: Any) -> None:
    project.write("a", "the user's\n")
    project.write("mine", "the user's\n")
    project.write("b", "staged\n")
    project.git("add", "b")
    (project.top / "c").unlink()
    before = take_picture(project.repository)
    project.write("run", "the run's\n")
    changes = changes_since(project.repository, before)
    assert (changes.paths, changes.mixed) == (("run",), ())


@pytest.mark.parametrize("staged", [True, False])
def test_a_change_on_top_of_the_users_is_mixed(project: Any, staged: bool) -> None:
    project.write("a", "the user's\n")
    project.write("mine", "the user's\n")
    if staged:
        project.git("add", "-A")
    before = take_picture(project.repository)
    project.write("a", "the user's\nthe run's\n")
    (project.top / "mine").unlink()
    changes = changes_since(project.repository, before)
    assert (changes.paths, changes.mixed) == ((), ("a", "mine"))


def test_undoing_the_users_change_is_mixed_too(project: Any) -> None:
    project.write("a", "the user's\n")
    before = take_picture(project.repository)
    project.write("a", "a\n")
    assert changes_since(project.repository, before).mixed == ("a",)


def test_touching_a_dirty_file_without_changing_it_is_no_change(project: Any) -> None:
    project.write("a", "the user's\n")
    before = take_picture(project.repository)
    project.write("a", "the user's\n")
    assert changes_since(project.repository, before).all_paths == ()


def test_a_dirty_file_made_executable_is_mixed(project: Any) -> None:
    project.write("a", "the user's\n")
    before = take_picture(project.repository)
    (project.top / "a").chmod(0o755)
    assert changes_since(project.repository, before).mixed == ("a",)


def test_ignored_files_are_never_the_runs(project: Any) -> None:
    project.commit(**{".gitignore": "*.log\nsecrets/\n"})
    project.write("secrets/key")
    project.write("old.log")
    before = take_picture(project.repository)
    project.write("new.log")
    project.write(".gitignore", "")
    changes = changes_since(project.repository, before)
    assert changes.paths == (".gitignore", "new.log")
    assert [path for path, _ in changes.left] == ["old.log", "secrets/key"]


def test_names_are_taken_as_they_are(project: Any) -> None:
    before = take_picture(project.repository)
    odd = [
        "-rf",
        ":(exclude)x",
        ":!y",
        "*",
        "new\nline",
        "tab\there",
        'quo"te',
        "ünï",
        " lead",
        "trail ",
        "back\\slash",
        "?? x",
    ]
    for name in odd:
        project.write(name)
    (project.top / os.fsdecode(b"\xff\xfe")).write_text("not utf-8")
    changes = changes_since(project.repository, before)
    assert changes.paths == tuple(sorted([*odd, os.fsdecode(b"\xff\xfe")]))
    assert {staged.path for staged in stage(project.repository, changes.paths)} == set(changes.paths)
    listed = project.git("diff", "--cached", "--name-only", "-z").split("\0")[:-1]
    assert sorted(listed) == list(changes.paths)


def test_repositories_within_are_left_alone_and_told(project: Any) -> None:
    before = take_picture(project.repository)
    inner = type(project)(project.top / "inner")
    inner.top.mkdir()
    inner.git("init", "-q")
    inner.commit(file="x")
    changes = changes_since(project.repository, before)
    assert changes.paths == ()
    assert changes.left == (("inner", "it is a repository of its own"),)


def test_a_submodule_is_left_alone_and_told(project: Any, tmp_path: Path) -> None:
    library = type(project)(tmp_path / "library")
    library.top.mkdir()
    library.git("init", "-q")
    library.commit(file="x")
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.top), "lib")
    project.commit()
    before = take_picture(project.repository)
    (project.top / "lib/file").write_text("changed")
    changes = changes_since(project.repository, before)
    assert (changes.paths, changes.left) == ((), (("lib", "it is a submodule"),))


def test_a_conflict_that_the_run_left_is_not_called_resolved(project: Any) -> None:
    project.git("switch", "-qc", "side")
    project.commit(a="theirs\n")
    project.git("switch", "-q", "main")
    project.commit(a="ours\n")
    before = take_picture(project.repository)
    with pytest.raises(subprocess.CalledProcessError):
        project.git("merge", "-q", "side")
    project.write("one")
    changes = changes_since(project.repository, before)
    assert (changes.paths, changes.left) == (("one",), (("a", "it is in conflict"),))


def test_what_a_command_commits_of_the_users_is_told(project: Any) -> None:
    project.write("b", "in work\n")
    project.git("add", "b")
    before = take_picture(project.repository)
    project.write("one")
    project.git("add", "one")
    project.git("commit", "-qm", "the run's own, and more")
    assert changes_since(project.repository, before).taken == ("b",)


def test_a_folder_that_is_none_of_its_business_is_left_out(project: Any) -> None:
    before = take_picture(project.repository)
    project.write("tasks/approved/T.md")
    project.write("tasks.md")
    changes = changes_since(project.repository, before, [project.top / "tasks"])
    assert changes.all_paths == ("tasks.md",)


def test_commits_that_the_run_made_itself_are_told(project: Any) -> None:
    before = take_picture(project.repository)
    project.commit(a="committed by the run\n")
    project.write("b", "and more\n")
    changes = changes_since(project.repository, before)
    assert (changes.paths, changes.committed) == (("b",), ("a",))


def test_what_an_earlier_attempt_staged_is_still_the_runs(project: Any) -> None:
    before = take_picture(project.repository)
    project.write("a", "first attempt\n")
    project.write("b", "first attempt\n")
    (project.top / "c").unlink()
    ours = stage(project.repository, changes_since(project.repository, before).paths)
    project.write("b", "and then the user\n")
    again = take_picture(project.repository, ours)
    assert set(again.dirty) == {"b"}
    project.write("a", "second attempt\n")
    project.write("b", "second attempt\n")
    changes = changes_since(project.repository, again)
    assert (changes.paths, changes.mixed) == (("a", "c"), ("b",))


def test_a_picture_survives_the_journal(project: Any) -> None:
    project.write("ünï\n", "the user's\n")
    (project.top / os.fsdecode(b"\xff")).write_text("x")
    before = take_picture(project.repository)
    assert Picture(**json.loads(json.dumps(before.as_data()))).dirty == before.dirty


@pytest.mark.parametrize("how", ["hook", "monitor", "filter", "path"])
def test_what_git_executes_is_not_executed_when_the_run_wrote_it(project: Any, how: str) -> None:
    spy = project.write("spy", f"#!/bin/sh\ntouch {project.top}/ran\n")
    spy.chmod(0o755)
    before = take_picture(project.repository)
    if how == "hook":
        spy.rename(project.top / ".git/hooks/pre-commit")
    elif how == "monitor":
        project.git("config", "core.fsmonitor", str(spy))
    elif how == "filter":
        project.git("config", "filter.spy.clean", str(spy))
        project.write(".gitattributes", "* filter=spy\n")
    else:
        project.git("config", "core.hooksPath", str(project.top))
    with pytest.raises(RepositoryProblem, match="what git itself executes"):
        changes_since(project.repository, before)
    assert not (project.top / "ran").exists()


def test_other_configuration_may_change(project: Any) -> None:
    before = take_picture(project.repository)
    project.git("config", "user.name", "Another")
    project.git("remote", "add", "origin", "https://example.org/x.git")
    assert changes_since(project.repository, before).all_paths == ()


def test_a_folder_that_became_a_link_is_a_deletion_and_a_link(project: Any, tmp_path: Path) -> None:
    project.write("folder/file")
    project.commit()
    before = take_picture(project.repository)
    (project.top / "folder").rename(tmp_path / "elsewhere")
    (project.top / "folder").symlink_to(tmp_path / "elsewhere")
    changes = changes_since(project.repository, before)
    assert changes.paths == ("folder", "folder/file")
    staged = {s.path: s.mode for s in stage(project.repository, changes.paths)}
    assert staged == {"folder": "120000", "folder/file": ""}


def test_a_foreign_repository_is_told_with_the_way_out(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root to give a folder to another user")
    for place in (project.top, project.top / ".git"):
        os.chown(place, 12345, 12345)
    with pytest.raises(RepositoryProblem) as raised:
        find_repository(project.top)
    assert "safe.directory" in raised.value.hint


def test_what_is_going_on_in_a_repository_is_told(project: Any) -> None:
    assert project.repository.operation == ""
    project.git("checkout", "-q", "-b", "other")
    project.commit(a="other\n")
    project.git("checkout", "-q", "main")
    project.commit(a="main\n")
    subprocess.run(["git", "merge", "other"], cwd=project.top, capture_output=True, check=False)
    assert project.repository.operation == "a merge"
    project.git("merge", "--abort")
    project.git("checkout", "-q", "--detach")
    assert (project.repository.operation, project.repository.branch) == ("", "")


def test_a_repository_without_a_commit_is_one(tmp_path: Path, project: Any) -> None:
    young = type(project)(tmp_path / "young")
    young.top.mkdir()
    young.git("init", "-q", "-b", "main")
    young.write("first")
    assert (young.repository.head, young.repository.branch) == ("", "main")
    assert changes_since(young.repository, Picture("", "main")).paths == ("first",)
