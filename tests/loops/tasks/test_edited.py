"""A person has the file open while its task runs: what both write survives, and what says something else than what was
approved ends the consent for the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.ledger.records import FileState, RunState
from reifierd.workspace.layout import TASK_APPROVED, TASK_DRAFTS

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]

EDIT = "sed -i 's/old/new/' net/policy.yaml"
TYPES = {
    "": ("echo first > first", "echo third > third"),
    "builds": ("make one", "make two"),
    "deployment": (EDIT, "echo third > third"),
    "networking": (EDIT, "echo third > third"),
    "health": ("grep -q old net/policy.yaml", "grep -q a a"),
}


def in_place(path: Path, old: str, new: str) -> None:
    """As `nano` saves: the same file, written anew."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def renamed_over(path: Path, old: str, new: str) -> None:
    """As vim saves: another file takes its name."""
    text = path.read_text()
    assert old in text
    other = path.with_name(".editing.swp")
    other.write_text(text.replace(old, new, 1))
    other.rename(path)


SAVES = (in_place, renamed_over)


@pytest.fixture
def meanwhile(desk: Desk, task: Write, tmp_path: Path) -> Callable[..., Desk]:
    """Runs a task of three criteria; while the second one waits, a person edits the file. Returns when it has ended."""

    def run(edit: Callable[[Path], object], label: str = "", front: str = "", third: str = "") -> Desk:
        desk.project.commit(**{"Makefile": "one two:\n\techo $@ > $@.txt\n", "net/policy.yaml": "kind: old\n"})
        desk.restart(version="1.0.0", registry="localhost:1", validator='grep -q kind: "$FOLDER/policy.yaml"')
        first, last = TYPES[label]
        slow = f"touch {tmp_path}/began; until test -e {tmp_path}/go; do sleep 0.02; done"
        slow = slow if label != "health" else f"until test -e {tmp_path}/go; do sleep 0.02; done"
        text = task(("First", first), ("Second", slow), ("Third", third or last), labels=label, front=front)
        path = desk.approve(text + "\nMy notes.\n", wait=False)
        desk.until(lambda: any(s.command == slow and s.pid for s in desk.ledger.journal.steps(desk.last.run_id)))
        edit(path)
        (tmp_path / "go").touch()
        desk.look()
        return desk

    return run


@pytest.mark.parametrize("save", SAVES)
def test_a_line_of_the_log_that_a_person_adds_stays_beside_ours(meanwhile: Callable[..., Desk], save: Any) -> None:
    desk = meanwhile(lambda path: save(path, "## Progress Log\n", "## Progress Log\n- 2026-01-01 09:00: I looked in\n"))
    assert desk.result["status"] == "committed"
    assert desk.boxes() == "xxx"
    assert desk.text().count("I looked in") == 1
    assert all(f"Completed: {name}" in desk.text() for name in ("First", "Second", "Third"))


@pytest.mark.parametrize("save", SAVES)
def test_a_box_that_a_person_ticks_stays_ticked_and_its_commands_are_not_run(
    meanwhile: Callable[..., Desk], save: Any
) -> None:
    desk = meanwhile(lambda path: save(path, "- [ ] Third", "- [x] Third"))
    assert desk.boxes() == "xxx"
    assert [c for c, _, _ in desk.ran if "third" in c] == []
    [open_still] = desk.result["remaining_criteria"]
    assert "somebody ticked it while this ran" in open_still["reason"]
    desk.resume()
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["first"]


@pytest.mark.parametrize("save", SAVES)
@pytest.mark.parametrize("label", TYPES)
def test_an_edited_command_ends_the_consent_for_the_rest(meanwhile: Callable[..., Desk], label: str, save: Any) -> None:
    last = TYPES[label][1]
    desk = meanwhile(lambda path: save(path, last, "echo something else"), label)
    result = desk.result
    assert (result["success"], result["error"]) == (False, "consent_void")
    assert desk.last.state is RunState.STOPPED
    assert last not in [c for c, _, _ in desk.ran]
    assert "echo something else" in desk.text()
    assert desk.boxes()[0] == "x"
    assert "First" in result["completed_before_failure"]
    assert desk.project.subject == "before"
    assert f"read it again, then: reifierd approve {desk.file().stem}" in result["recovery_suggestions"]


@pytest.mark.parametrize("save", SAVES)
def test_text_that_a_person_adds_stays_and_ends_the_consent_for_the_rest(
    meanwhile: Callable[..., Desk], save: Any
) -> None:
    desk = meanwhile(lambda path: save(path, "# A task\n", "# A task\n\nWait, is this still right?\n"))
    assert desk.result["error"] == "consent_void"
    assert "Wait, is this still right?" in desk.text()
    assert desk.text().count("My notes.") == 1
    approval = desk.ledger.journal.approval(f"{TASK_APPROVED}/TASK-001.md")
    assert approval.state is FileState.CHANGED


def test_what_was_proved_when_the_consent_ended_is_ticked_in_the_persons_text(meanwhile: Callable[..., Desk]) -> None:
    desk = meanwhile(lambda path: in_place(path, "echo third > third", "echo fourth > fourth"))
    assert desk.boxes() == "xx "
    assert desk.project.status == ["A  first"]
    desk.again()
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["first", "fourth"]
    assert [c for c, _, _ in desk.ran] == ["echo fourth > fourth"]


def test_a_file_that_is_taken_out_meanwhile_ends_the_consent_for_the_rest(meanwhile: Callable[..., Desk]) -> None:
    desk = meanwhile(lambda path: path.rename(path.parent.parent / "drafts" / path.name))
    assert desk.result["error"] == "consent_void"
    assert "taken out" in desk.result["message"]
    assert desk.file().parent == desk.layout.folder(TASK_DRAFTS)
    assert not (desk.project.top / "third").exists()


def test_a_file_that_is_deleted_meanwhile_ends_it_and_is_not_made_again(meanwhile: Callable[..., Desk]) -> None:
    desk = meanwhile(lambda path: path.unlink())
    assert desk.result["error"] == "consent_void"
    assert not any(desk.layout.folder(f).joinpath("TASK-001.md").exists() for f in (TASK_APPROVED, TASK_DRAFTS))


def test_a_box_that_a_command_ticks_itself_is_no_proof(desk: Desk, task: Write) -> None:
    """The workspace's approved/ is protected by the guard; a project's own script is not read by it at all times."""
    path = desk.layout.folder(TASK_APPROVED) / "TASK-001.md"
    ticks = "open(p, 'w').write(t.replace('- [ ] S', '- [x] S'))"
    desk.project.write("tick.py", f"p = {str(path)!r}\nt = open(p).read()\n{ticks}\n")
    desk.project.commit()
    desk.approve(task(("First", "python3 tick.py"), ("Second", "false")))
    assert desk.result["success"] is False
    assert "nothing proved it" in desk.result["remaining_criteria"][0]["reason"]
    assert desk.project.subject == "before"


def test_an_editor_that_saves_what_it_read_before_the_tick_takes_it_back_and_a_resume_runs_nothing_again(
    meanwhile: Callable[..., Desk],
) -> None:
    desk = meanwhile(lambda path: in_place(path, "- [x] First", "- [ ] First"))
    assert desk.boxes() == " xx"
    [open_still] = desk.result["remaining_criteria"]
    assert open_still["criterion"] == "First"
    assert "unticked" in open_still["reason"]
    desk.resume()
    assert desk.result["status"] == "committed"
    assert [c for c, _, _ in desk.ran].count("echo first > first") == 1
