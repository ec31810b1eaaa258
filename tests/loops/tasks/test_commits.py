"""A commit holds exactly what a run changed, and the user's index and work tree are otherwise as before."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.loops.tasks import git
from reifierd.loops.tasks.commits import Commit, commit, merged, message_for, push, stage, stage_files
from reifierd.loops.tasks.git import RepositoryProblem, find_repository
from reifierd.loops.tasks.repository import changes_since, take_picture


def run(project: Any, **files: str) -> Any:
    """A run that writes files; what it changed is staged."""
    before = take_picture(project.repository)
    for name, text in files.items():
        project.write(name, text)
    return stage(project.repository, changes_since(project.repository, before).paths)


def status(project: Any) -> list[str]:
    return [line for line in project.git("status", "--porcelain", "-z", "--no-renames").split("\0") if line]


def committed(project: Any) -> list[str]:
    return sorted(project.git("show", "--format=", "--name-only", "-z", "--no-renames", "HEAD").split("\0")[:-1])


def test_the_commit_holds_what_the_run_changed(project: Any) -> None:
    staged = run(project, a="new\n", d="new\n")
    made = commit(project.repository, staged, message_for("TASK-1", "Build it", ["Build #1", "Push"]))
    assert made == Commit(project.repository.head, "main", ("a", "d"))
    assert project.git("log", "-1", "--format=%B").strip() == (
        "TASK-1: Build it\n\nCriteria:\n- Build #1\n- Push\n\nTask: TASK-1"
    )
    assert status(project) == []


def test_a_commit_that_a_dead_daemon_made_is_found_again(project: Any) -> None:
    staged, message = run(project, a="new\n"), message_for("TASK-1", "Build it", ["Build"])
    made = commit(project.repository, staged, message)
    assert commit(project.repository, staged, message) == made
    assert commit(project.repository, staged, message_for("TASK-2", "Build it", ["Build"])) is None
    assert commit(project.repository, (), message) is None


def test_what_a_dead_daemon_left_in_the_git_directory_is_removed(project: Any) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left, used = (project.repository.git_dir / f"reifierd-{pid}-x" for pid in (dead.pid, 1))
    for folder in (left, used):
        folder.mkdir()
        (folder / "index").touch()
    commit(project.repository, run(project, a="new\n"), "x\n")
    assert (left.exists(), used.exists()) == (False, True)


def test_what_the_user_staged_stays_staged_and_out_of_it(project: Any) -> None:
    project.write("b", "staged by the user\n")
    project.write("mine", "staged by the user\n")
    project.git("add", "-A")
    project.write("c", "changed by the user\n")
    commit(project.repository, run(project, a="new\n"), "x\n")
    assert committed(project) == ["a"]
    assert status(project) == ["M  b", " M c", "A  mine"]


def test_an_edit_after_the_staging_is_not_committed(project: Any) -> None:
    staged = run(project, a="the run's\n")
    project.write("a", "the user's\n")
    commit(project.repository, staged, "x\n")
    assert project.git("show", "HEAD:a") == "the run's\n"
    assert status(project) == [" M a"]


def test_what_the_user_stages_on_top_stays_staged(project: Any) -> None:
    staged = run(project, a="the run's\n")
    project.write("a", "the user's\n")
    project.git("add", "a")
    commit(project.repository, staged, "x\n")
    assert project.git("show", "HEAD:a") == "the run's\n"
    assert status(project) == ["M  a"]


def test_what_the_user_unstaged_is_committed_all_the_same(project: Any) -> None:
    staged = run(project, a="the run's\n", new="the run's\n")
    project.git("reset", "-q")
    commit(project.repository, staged, "x\n")
    assert committed(project) == ["a", "new"]
    assert status(project) == []


def test_nothing_to_commit_makes_no_commit(project: Any) -> None:
    head = project.repository.head
    assert commit(project.repository, (), "x\n") is None
    assert commit(project.repository, stage(project.repository, ["a"]), "x\n") is None
    assert project.repository.head == head


def test_the_first_commit_of_a_repository(project: Any, tmp_path: Path) -> None:
    young = type(project)(tmp_path / "young")
    young.top.mkdir()
    young.git("init", "-q", "-b", "main")
    young.write("mine", "the user's\n")
    young.git("add", "mine")
    made = commit(young.repository, run(young, first="x\n"), "x\n")
    assert made
    assert (made.paths, status(young)) == (("first",), ["A  mine"])


def test_a_file_that_became_a_folder_and_a_folder_that_became_a_file(project: Any) -> None:
    project.commit(**{"folder/one": "1\n", "folder/two": "2\n"})
    before = take_picture(project.repository)
    for name in ("folder/one", "folder/two", "a"):
        (project.top / name).unlink()
    (project.top / "folder").rmdir()
    project.write("folder")
    project.write("a/deep")
    commit(project.repository, stage(project.repository, changes_since(project.repository, before).paths), "x\n")
    assert committed(project) == ["a", "a/deep", "folder", "folder/one", "folder/two"]
    assert status(project) == []


def test_a_retry_commits_both_attempts(project: Any) -> None:
    first = run(project, a="first\n", b="first\n")
    again = take_picture(project.repository, first)
    project.write("b", "second\n")
    project.write("d", "second\n")
    (project.top / "a").write_text("a\n")  # as it was in HEAD
    second = stage(project.repository, changes_since(project.repository, again).paths)
    made = commit(project.repository, merged(first, second), "x\n")
    assert made
    assert (made.paths, status(project)) == (("b", "d"), [])


def test_hooks_run_and_what_they_add_is_told(project: Any) -> None:
    hook = project.top / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho formatted > a\necho extra > extra\ngit add a extra\n")
    hook.chmod(0o755)
    project.write("b", "staged by the user\n")
    project.git("add", "b")
    made = commit(project.repository, run(project, a="new\n"), "x\n")
    assert made
    assert (made.paths, made.added) == (("a", "extra"), ("extra",))
    assert project.git("show", "HEAD:a") == "formatted\n"
    assert status(project) == ["M  b"]


def test_a_hook_that_came_since_the_run_began_is_not_executed(project: Any) -> None:
    before = take_picture(project.repository)
    staged = run(project, a="new\n")
    hook = project.top / ".git/hooks/post-commit"
    hook.write_text(f"#!/bin/sh\ntouch {project.top}/ran\n")
    hook.chmod(0o755)
    with pytest.raises(RepositoryProblem, match="what git itself executes"):
        commit(project.repository, staged, "x\n", before)
    assert not (project.top / "ran").exists()


def test_a_hook_that_says_no_leaves_all_staged(project: Any) -> None:
    hook = project.top / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'no trailing blanks, please' >&2\nexit 1\n")
    hook.chmod(0o755)
    staged, head = run(project, a="new\n"), project.repository.head
    with pytest.raises(RepositoryProblem, match="no trailing blanks"):
        commit(project.repository, staged, "x\n")
    assert (project.repository.head, status(project)) == (head, ["M  a"])


def test_somebody_who_commits_at_the_same_moment_loses_nothing(project: Any) -> None:
    # the one moment that matters: between our reading of HEAD and git's own
    real, once = git.run, list[int]()

    def racing(folder: Path, *arguments: str, **how: Any) -> bytes:
        if arguments[0] == "write-tree" and not once:
            once.append(1)
            subprocess.run(["git", "commit", "-qm", "theirs", "--", "b"], cwd=project.top, check=True)
        return real(folder, *arguments, **how)

    staged = run(project, a="ours\n")
    project.write("b", "theirs\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git, "run", racing)
        made = commit(project.repository, staged, "ours\n")
    assert made
    assert project.git("log", "--format=%s").split("\n")[:3] == ["ours", "theirs", "before"]
    assert (project.git("show", "HEAD:b"), project.git("show", "HEAD:a"), status(project)) == ("theirs\n", "ours\n", [])


def test_without_an_identity_the_command_that_sets_it_is_said(project: Any) -> None:
    staged = run(project, a="new\n")
    project.git("config", "--global", "--unset", "user.email")
    project.git("config", "--global", "user.useConfigOnly", "true")
    with pytest.raises(RepositoryProblem) as raised:
        commit(project.repository, staged, "x\n")
    assert "git config --global user.name" in raised.value.hint


def test_a_merge_that_is_going_on_is_not_concluded(project: Any) -> None:
    staged = run(project, a="new\n")
    (project.top / ".git/MERGE_HEAD").write_text(project.repository.head + "\n")
    with pytest.raises(RepositoryProblem, match="a merge is in progress"):
        commit(project.repository, staged, "x\n")


def test_a_detached_head_gets_no_commit(project: Any) -> None:
    staged = run(project, a="new\n")
    project.git("checkout", "-q", "--detach")
    with pytest.raises(RepositoryProblem, match="detached"):
        commit(project.repository, staged, "x\n")


def test_another_git_at_work_is_waited_for_and_then_told(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "_PAUSE", 0.0)
    lock = project.top / ".git/index.lock"
    lock.touch()
    project.write("a", "new\n")
    with pytest.raises(RepositoryProblem) as raised:
        stage(project.repository, ["a"])
    assert "index.lock" in raised.value.hint
    monkeypatch.setattr("time.sleep", lambda _seconds: lock.unlink(missing_ok=True))
    assert [s.path for s in stage(project.repository, ["a"])] == ["a"]


def test_it_works_in_a_linked_work_tree(project: Any, tmp_path: Path) -> None:
    project.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = type(project)(tmp_path / "side")
    made = commit(side.repository, run(side, a="new\n"), "x\n")
    assert made
    assert (made.branch, made.paths, status(side), status(project)) == ("side", ("a",), [], [])


def test_a_task_file_that_moved_is_committed_alone(project: Any) -> None:
    project.commit(**{"tasks/approved/T.md": "open\n", ".gitignore": "reports/\n"})
    project.write("a", "the user's\n")
    project.write("tasks/done/other.md")
    (project.top / "tasks/done").mkdir(exist_ok=True)
    (project.top / "tasks/approved/T.md").rename(project.top / "tasks/done/T.md")
    report = project.write("reports/r.json")
    places = [project.top / "tasks/approved/T.md", project.top / "tasks/done/T.md", report, project.top.parent / "home"]
    made = commit(project.repository, stage_files(project.repository, places), "x\n")
    assert made
    assert made.paths == ("tasks/approved/T.md", "tasks/done/T.md")


def test_a_task_file_that_is_ignored_is_not_committed(project: Any) -> None:
    project.commit(**{".gitignore": "tasks/*/*.md\n"})
    assert stage_files(project.repository, [project.write("tasks/approved/T.md")]) == ()


def test_a_push_adds_to_the_remote_and_never_forces(project: Any, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "bare")], check=True)
    project.git("remote", "add", "origin", str(tmp_path / "bare"))
    made = commit(project.repository, run(project, a="new\n"), "x\n")
    assert made
    push(project.repository, made, "origin")
    push(project.repository, made, "origin", "review")
    branches = project.git("ls-remote", "origin").split()
    assert branches == [made.id, "HEAD", made.id, "refs/heads/main", made.id, "refs/heads/review"]
    project.git("reset", "-q", "--hard", "HEAD^")
    other = commit(project.repository, run(project, a="another\n"), "x\n")
    assert other
    with pytest.raises(RepositoryProblem) as raised:
        push(project.repository, other, "origin")
    assert raised.value.message == "the remote has commits that are not here"


def test_a_message_is_lines_of_text_only() -> None:
    made = message_for("T-1\n", "a\x1b[31m\nb " + "x" * 200, ["#1 is no comment\r\nnor this"])
    subject, *rest = made.splitlines()
    assert len(subject) == 100
    assert rest == ["", "Criteria:", "- #1 is no comment nor this", "", "Task: T-1"]


# --- whatever the user and the run do ---------------------------------------------------------------------------------

_NAMES = ("a", "b", "-rf", ":(exclude)x", "*", "d/one", "d/two words", "new\nline", "ünï")
_EDITS = st.lists(
    st.tuples(st.sampled_from(["write", "delete", "program", "stage", "unstage"]), st.sampled_from(_NAMES),
              st.integers(0, 3)),
    max_size=5,
)  # fmt: skip


@pytest.fixture
def identity(private_places: Path) -> Iterator[None]:
    (private_places / ".gitconfig").write_text("[user]\nname = A Person\nemail = person@example.org\n")
    yield


def _do(top: Path, edits: list[tuple[str, str, int]]) -> None:
    for how, name, n in edits:
        place = top / name
        if how == "write":
            place.parent.mkdir(exist_ok=True)
            place.write_text(f"{n}\n")
        elif how == "delete":
            place.unlink(missing_ok=True)
        elif how == "program" and place.exists():
            place.chmod(0o755 if n % 2 else 0o644)
        elif how in ("stage", "unstage"):
            what = ["add", "-A"] if how == "stage" else ["reset", "-q"]
            subprocess.run(["git", "--literal-pathspecs", *what, "--", name], cwd=top, capture_output=True, check=False)


def _tree(top: Path) -> dict[str, tuple[bool, str]]:
    """Name → executable and content of every file in the work tree."""
    found = (p for p in top.rglob("*") if p.is_file() and ".git" not in p.relative_to(top).parts)
    return {str(p.relative_to(top)): (bool(p.stat().st_mode & 0o100), p.read_text()) for p in found}


def _indexed(top: Path, tree: str = "") -> dict[str, str]:
    how = ["ls-tree", "-r", "-z", tree] if tree else ["ls-files", "-s", "-z"]
    out = subprocess.run(["git", *how], cwd=top, capture_output=True, check=True).stdout
    rows = (row.split("\t", 1) for row in os.fsdecode(out).split("\0") if row)
    return {name: about.replace(" blob", "").removesuffix(" 0") for about, name in rows}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(users=_EDITS, runs=_EDITS)
def test_whatever_they_do_the_commit_is_the_runs_and_the_rest_is_as_before(
    identity: None, users: list[tuple[str, str, int]], runs: list[tuple[str, str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=top, check=True)
        _do(top, [("write", name, 9) for name in _NAMES[:7]])
        subprocess.run(["git", "add", "-A"], cwd=top, check=True)
        subprocess.run(["git", "commit", "-qm", "x"], cwd=top, check=True)
        _do(top, users)
        repository = find_repository(top)
        assert repository
        files, index, head = _tree(top), _indexed(top), _indexed(top, "HEAD")
        before = take_picture(repository)
        _do(top, [edit for edit in runs if "stage" not in edit[0]])
        after = _tree(top)
        differs = {name for name in files.keys() | after.keys() if files.get(name) != after.get(name)}
        changes = changes_since(repository, before)
        # a file is the run's or mixed exactly if it differs from what stood there, and dirty ones are never staged
        assert set(changes.mixed) | set(changes.paths) == differs
        assert not set(changes.paths) & set(before.dirty)
        commit(repository, stage(repository, changes.paths), "x\n")
        made, now = _indexed(top, "HEAD"), _indexed(top)
        assert {n for n in made.keys() | head.keys() if made.get(n) != head.get(n)} == set(changes.paths)
        assert _tree(top) == after
        for name in (index.keys() | now.keys()) - set(changes.paths):
            assert now.get(name) == index.get(name)
        for name in changes.paths:
            assert now.get(name) == made.get(name)
