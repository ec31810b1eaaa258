"""Many tasks: those that depend on others wait, the urgent come first, one run at a time in a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reifierd.ledger.records import FileState, RunState
from reifierd.workspace.layout import TASK_APPROVED

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]


@pytest.fixture
def several(desk: Desk, task: Write) -> Callable[..., None]:
    """Moves several tasks in at once: `several(("TASK-1", "echo …", "priority: high"), …)`."""

    def put(*tasks: tuple[str, ...], project: Path | None = None) -> None:
        for name, command, *front in tasks:
            text = task(("Do it", command), front="\n".join(front)).replace("TASK-001", name)
            desk.draft(text.replace(str(desk.project.top), str(project or desk.project.top)), f"{name}.md")
        for name, *_ in tasks:
            (desk.layout.root / "tasks/drafts" / f"{name}.md").rename(desk.layout.folder(TASK_APPROVED) / f"{name}.md")
        desk.look()

    return put


def order(desk: Desk) -> list[str]:
    """The stems of the files in the order in which their runs began."""
    runs = desk.ledger.journal.runs(20)
    begun = [(desk.ledger.journal.steps(r.run_id)[0].started, Path(r.runbook).stem) for r in runs]
    return [name for _, name in sorted(begun)]


def test_priority_orders_and_each_has_a_commit_of_its_own(desk: Desk, several: Callable[..., None]) -> None:
    several(
        ("TASK-1", "echo 1 > one", "priority: low"),
        ("TASK-2", "echo 2 > two", "priority: high"),
        ("TASK-3", "echo 3 > three", "priority: medium"),
    )
    assert order(desk) == ["TASK-2", "TASK-3", "TASK-1"]
    subjects = desk.project.git("log", "--format=%s").splitlines()
    assert subjects == ["TASK-1: A task", "TASK-3: A task", "TASK-2: A task", "before"]
    assert desk.project.status == []


def test_a_task_waits_for_those_that_it_depends_on(desk: Desk, several: Callable[..., None]) -> None:
    several(
        ("TASK-1", "test -e two && echo 1 > one", "dependencies: [TASK-2]", "priority: high"),
        ("TASK-2", "test -e three && echo 2 > two", "dependencies: [task-3]"),
        ("TASK-3", "echo 3 > three", "priority: low"),
    )
    assert order(desk) == ["TASK-3", "TASK-2", "TASK-1"]
    assert all(r.state is RunState.SUCCEEDED for r in desk.ledger.journal.runs(9))


def test_a_task_whose_dependency_failed_is_blocked_and_can_go_on_when_that_is_done(
    desk: Desk, several: Callable[..., None], tmp_path: Path
) -> None:
    several(
        ("TASK-1", f"test -e {tmp_path}/well", "priority: high"),
        ("TASK-2", "echo 2 > two", "dependencies: [TASK-1]"),
    )
    assert (desk.result["error"], desk.result["message"]) == (
        "dependency_missing",
        "it depends on TASK-1, which is not done",
    )
    assert desk.ran == []
    (tmp_path / "well").touch()
    desk.again("TASK-1.md")
    assert desk.file("TASK-1.md").parent.name == "done"
    desk.again("TASK-2.md")
    assert desk.result["status"] == "committed"


def test_a_dependency_that_nobody_has_is_named(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "echo one > one"), front="dependencies: [TASK-404]"))
    assert desk.result["error"] == "dependency_missing"
    assert "there is no such task" in desk.result["message"]
    assert "correct dependencies" in desk.result["recovery_suggestions"]


def test_tasks_that_wait_for_each_other_are_told_so_and_none_runs(desk: Desk, several: Callable[..., None]) -> None:
    several(
        ("TASK-1", "echo 1 > one", "dependencies: [TASK-2]"),
        ("TASK-2", "echo 2 > two", "dependencies: [TASK-1]"),
    )
    assert desk.project.status == []
    assert all(r.state is RunState.FAILED and "→" in r.reason for r in desk.ledger.journal.runs(9))


def test_an_id_that_looks_like_a_program_is_a_task_where_there_is_one(desk: Desk, several: Callable[..., None]) -> None:
    several(
        ("deploy", "test -e two && echo 1 > one", "dependencies: [Setup-db]", "priority: high"),
        ("setup-db", "echo 2 > two"),
    )
    assert order(desk) == ["setup-db", "deploy"]
    assert all(r.state is RunState.SUCCEEDED for r in desk.ledger.journal.runs(9))


def test_a_missing_program_is_named_with_what_to_install(desk: Desk, task: Write) -> None:
    desk.approve(task(("Pack", "no-such-packer --all"), ("Note", "echo y > note")))
    assert [c for c, _, _ in desk.ran] == ["echo y > note"]
    [open_still] = desk.result["remaining_criteria"]
    assert open_still["reason"] == "no-such-packer is not installed"
    assert "apt-get install no-such-packer" in desk.result["next_steps"]


def test_a_program_that_the_task_names_holds_the_whole_task(desk: Desk, task: Write) -> None:
    text = task(("Note", "echo y > note")) + "\n## Dependencies\n\n- no-such-packer\n"
    desk.approve(text)
    assert desk.result["error"] == "program_missing"
    assert "apt-get install no-such-packer" in desk.result["recovery_suggestions"]
    assert desk.ran == []


def test_two_projects_are_worked_on_side_by_side(desk: Desk, task: Write, tmp_path: Path) -> None:
    """Each waits for a file that the other one's command writes: neither would end alone."""
    other = replace(desk.project, top=tmp_path / "other")
    other.top.mkdir()
    other.git("init", "-q", "-b", "main")
    other.commit(a="a\n")
    for name, mine, theirs, place in (
        ("TASK-1", "x", "y", desk.project.top),
        ("TASK-2", "y", "x", other.top),
    ):
        met = f"for i in $(seq 500); do test -e {tmp_path}/{theirs} && exit 0; sleep 0.02; done; exit 1"
        text = task(("Meet", f"touch {tmp_path}/{mine}; {met}")).replace("TASK-001", name)
        desk.draft(text.replace(str(desk.project.top), str(place)), f"{name}.md")
    for name in ("TASK-1", "TASK-2"):
        (desk.layout.root / "tasks/drafts" / f"{name}.md").rename(desk.layout.folder(TASK_APPROVED) / f"{name}.md")
    desk.look()
    assert [r.state for r in desk.ledger.journal.runs(9)] == [RunState.SUCCEEDED] * 2


def test_one_project_is_worked_on_by_one_run_at_a_time(desk: Desk, several: Callable[..., None]) -> None:
    desk.restart(side_by_side=4)
    alone = "mkdir lock && sleep 0.1 && rmdir lock"
    several(*((f"TASK-{n}", alone) for n in range(1, 5)))
    assert [r.state for r in desk.ledger.journal.runs(9)] == [RunState.SUCCEEDED] * 4


def test_more_files_at_once_than_a_person_moves_are_held(desk: Desk, several: Callable[..., None]) -> None:
    several(*((f"TASK-{n}", f"echo {n} > f{n}") for n in range(1, 8)))
    assert desk.ledger.journal.runs(9) == []
    held = [a for a in desk.ledger.journal.approvals(TASK_APPROVED) if a.state is FileState.HELD]
    assert len(held) == 7
