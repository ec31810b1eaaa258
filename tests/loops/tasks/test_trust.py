"""What must not count as the run's: a person's work between two attempts, a tick nobody proved, another branch."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reifierd.cli.main import cli as main
from reifierd.daemon.lock import WorkspaceLock
from reifierd.ledger.records import RunState
from reifierd.runs.words import APPROVE, WISH, Wish, speak

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]


def test_what_a_person_does_between_two_attempts_is_not_committed(desk: Desk, task: Write, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    desk.approve(task(("First", "echo one > one.txt"), ("Second", f"test -e {flag}")))
    assert desk.last.state is RunState.FAILED
    desk.project.write("notes.txt", "mine\n")
    desk.project.write("a", "mine too\n")
    flag.touch()
    desk.resume()
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["one.txt"]
    assert sorted(desk.project.status) == [" M a", "?? notes.txt"]


def test_a_repair_by_hand_is_committed_once_the_person_has_staged_it(desk: Desk, task: Write) -> None:
    desk.approve(task(("Make it", "echo broken > one.txt"), verification="grep -q good one.txt"))
    assert desk.result["status"] == "ready_for_verification"
    desk.project.write("one.txt", "good\n")
    desk.again()
    assert desk.result["status"] == "verified"  # what was verified is not what waits in the index
    assert "git add one.txt" in " ".join(desk.result["next_steps"])
    assert desk.project.git("log", "--format=%s").count("TASK-001") == 0
    desk.project.git("add", "one.txt")
    desk.resume()
    assert desk.result["status"] == "committed"
    assert desk.project.git("show", "HEAD:one.txt") == "good\n"


def test_a_box_that_a_command_ticks_is_not_complete(desk: Desk, task: Write) -> None:
    """The guard cannot see what a program does to the file."""
    target = desk.layout.root / "tasks" / "approved" / "TASK-001.md"
    desk.project.write(
        "tool.py", f"import pathlib\np = pathlib.Path({str(target)!r})\n"
        "p.write_text(p.read_text().replace('[ ] Deploy', '[x] Deploy'))\n",
    )  # fmt: skip
    desk.project.commit()
    desk.approve(task(("Prepare", "python3 tool.py"), ("Deploy", "exit 1")))
    assert desk.result["success"] is False
    assert [r["criterion"] for r in desk.result["remaining_criteria"]] == ["Deploy"]
    assert "nothing proved it" in desk.result["remaining_criteria"][0]["reason"]
    assert desk.file().parent.name == "approved"


def test_a_command_that_switches_the_branch_gets_no_commit_there(desk: Desk, task: Write) -> None:
    desk.project.git("branch", "release")
    desk.approve(task(("Make it", "git switch -q release; echo one > one.txt")))
    assert desk.result["status"] == "verified"
    assert "the branch was main" in desk.last.reason
    assert desk.project.git("rev-list", "--count", "release").strip() == "1"


def test_a_secret_in_a_criterion_is_not_in_the_commit(desk: Desk, task: Write) -> None:
    token = "ghp_" + "A1b2C3d4E5f6" * 3
    desk.approve(task((f"Set the token {token} in the app", "echo one > one.txt")))
    assert desk.result["status"] == "committed"
    assert token not in desk.project.git("log", "-1", "--format=%B")


def test_an_odd_project_is_told_and_its_neighbour_runs(desk: Desk, task: Write) -> None:
    desk.draft(task(("Other", "true")).replace("TASK-001", "TASK-002"), "TASK-002.md")
    odd = task(("Odd", "true")).replace(f"project: {desk.project.top}", "project: ~nosuchuser/x")
    for name in ("TASK-001.md", "TASK-002.md"):
        path = desk.draft(odd) if name == "TASK-001.md" else desk.layout.root / "tasks" / "drafts" / name
        path.rename(desk.layout.root / "tasks" / "approved" / name)
    desk.look()
    runs = {Path(r.runbook).name: r for r in desk.ledger.journal.runs(5)}
    assert runs["TASK-002.md"].state is RunState.SUCCEEDED
    assert runs["TASK-001.md"].state is RunState.FAILED
    assert "cannot be looked at" in runs["TASK-001.md"].reason


def test_what_cannot_be_staged_keeps_the_task_from_being_done(desk: Desk, task: Write) -> None:
    """A command that writes a hook: nothing would have judged what git runs then."""
    hook = "printf '#!/bin/sh\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; echo one > one.txt"
    desk.approve(task(("Make it", hook)))
    assert desk.result["status"] == "verified"
    assert desk.last.state is RunState.FAILED
    assert "nothing is staged" in desk.last.reason
    assert desk.file().parent.name == "approved"


def test_a_draft_that_says_it_is_done_is_not(desk: Desk, task: Write) -> None:
    desk.draft(
        task("Never done").replace("TASK-001", "TASK-000").replace("status: open", "status: done"), "TASK-000.md"
    )
    desk.approve(task(("Make it", "true"), front="dependencies: [TASK-000]"))
    assert desk.result["error"] == "dependency_missing"
    assert desk.ran == []


@pytest.mark.parametrize("end", ["```\nnever closed\n", "<!-- never closed\n", "- x\n\n## Progress Log\n- y\n"])
def test_a_log_that_takes_no_line_is_told_before_anything_runs(desk: Desk, task: Write, end: str) -> None:
    text = task(("First", "echo one >> one")) + end
    desk.approve(text)
    assert (desk.result["error"], desk.ran, desk.project.status) == ("not_writable", [], [])
    assert (desk.file().parent.name, desk.text()) == ("drafts", text)


def test_a_log_that_takes_no_line_any_more_is_waited_for_and_nothing_runs_twice(desk: Desk, task: Write) -> None:
    path = desk.layout.folder("tasks/approved") / "TASK-001.md"
    spoil = f"import pathlib\np = pathlib.Path({str(path)!r})\np.write_text(p.read_text() + '```\\nopen\\n')"
    desk.project.commit(**{"spoil.py": spoil})
    desk.approve(task(("First", "echo one >> one; python3 spoil.py"), ("Second", "echo two >> two")))
    assert (desk.last.state, desk.result["status"]) == (RunState.FAILED, "verified")
    assert (desk.project.status, desk.boxes()) == (["A  one", "A  two"], "  ")
    desk.resume()
    assert (desk.result["error"], desk.file().parent.name) == ("not_writable", "approved")
    path.write_text(path.read_text().replace("```\nopen\n", ""))
    desk.resume()
    assert (desk.result["status"], desk.project.committed) == ("committed", ["one", "two"])
    assert [command for command, _, _ in desk.ran] == ["echo one >> one; python3 spoil.py", "echo two >> two"]
    assert desk.boxes() == "xx"


def test_invariant_11_a_step_that_scrubs_its_environment_cannot_approve(desk: Desk, task: Write) -> None:
    """By a program that the guard does not see into: what it calls is still a descendant of who runs it."""
    desk.draft(task(("Other", "true")).replace("TASK-001", "TASK-666"), "TASK-666.md")
    keep = {name: os.environ[name] for name in os.environ if name.startswith(("HOME", "PATH", "XDG", "REIFIERD_RUN"))}
    argv = [sys.executable, "-m", "reifierd", "-w", str(desk.layout.root), "approve", "TASK-666"]
    call = f"done = subprocess.run({argv!r}, env={keep!r}, start_new_session=True, capture_output=True)\n"
    desk.project.write("tool.py", f"import subprocess\n{call}print(done.returncode, done.stderr.decode())\n")
    desk.project.commit()
    lock = WorkspaceLock(desk.layout.state)
    lock.take()  # as the daemon, which this process is
    try:
        desk.approve(task(("Prepare", f"{sys.executable} tool.py")))
    finally:
        lock.release()
    assert desk.result["completed_criteria"][0]["output"].startswith("3 reifierd: ")
    assert (desk.layout.root / "tasks" / "drafts" / "TASK-666.md").exists()


def test_task_run_acts_only_on_what_is_approved(desk: Desk, task: Write) -> None:
    """Held because many came at once: that takes `reifierd approve`, and a wish is no consent."""
    for n in range(7):
        text = task(("Make it", f"echo {n} > {n}.txt")).replace("TASK-001", f"TASK-00{n}")
        desk.draft(text, f"TASK-00{n}.md").rename(desk.layout.root / "tasks" / "approved" / f"TASK-00{n}.md")
    desk.look()
    speak(desk.layout, desk.ledger.journal, WISH, "tasks/approved/TASK-003.md", time.time())
    desk.look()
    assert desk.ledger.journal.runs() == []
    answer = CliRunner().invoke(main, ["-w", str(desk.layout.root), "task", "run", "TASK-003", "--json"])
    assert json.loads(answer.output)["error"] == "not_approved"
    assert desk.ledger.journal.runs() == []


def test_a_wish_goes_with_the_approval_that_was_said_before_it(desk: Desk, task: Write) -> None:
    path = desk.draft(task(("One", "echo one > one.txt"), ("Two", "echo two > two.txt")))
    name = "tasks/approved/TASK-001.md"
    speak(desk.layout, desk.ledger.journal, APPROVE, name, time.time())
    path.rename(desk.layout.root / name)
    speak(desk.layout, desk.ledger.journal, WISH, name, time.time(), wish=Wish(criteria="2"))
    desk.look()
    assert [command for command, _, _ in desk.ran] == ["echo two > two.txt"]


def test_two_workspaces_do_not_work_in_one_project_at_once(desk: Desk, task: Write) -> None:
    with (desk.project.repository.git_dir / "reifierd.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        desk.approve(task(("Make it", "echo one > one.txt")))
        assert "another workspace" in desk.last.reason
        assert desk.ran == []
    desk.resume()
    assert desk.result["status"] == "committed"


def test_nor_in_a_folder_without_git(desk: Desk, task: Write, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    text = task(("Make it", "echo one > one.txt")).replace(str(desk.project.top), str(folder))
    other = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        desk.approve(text)
        assert ("another workspace" in desk.last.reason, desk.ran) == (True, [])
    finally:
        os.close(other)
    desk.resume()
    assert (desk.result["status"], [p.name for p in folder.iterdir()]) == ("verified", ["one.txt"])


def test_what_the_verification_changes_is_not_committed_unseen(desk: Desk, task: Write) -> None:
    desk.approve(task(("Make it", "echo one > one.txt"), verification="echo other > one.txt"))
    assert desk.result["status"] == "verified"
    assert "changed since the run staged it: one.txt" in desk.last.reason
    assert desk.project.git("log", "--format=%s").count("TASK-001") == 0


def test_a_time_out_is_called_one(desk: Desk, task: Write) -> None:
    desk.restart(attempts=1)
    desk.approve(task(("Wait", "{timeout=1s}\nsleep 20")))
    assert "timed out" in desk.result["remaining_criteria"][0]["reason"]
