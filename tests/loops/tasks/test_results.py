"""What a run answers, in exactly the shape of the shipped schema, for every way it can end and every wish that goes
with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reifierd.documents.task import parse_task
from reifierd.ledger.records import FileState, RunState
from reifierd.runs.words import Wish
from reifierd.workspace.layout import PAUSE, TASK_APPROVED, TASK_DRAFTS

Desk = Any  # of conftest.py, which tests cannot import
World = Any
Write = Callable[..., str]

SUCCESS = [
    "success", "task_id", "task_title", "task_type", "criteria", "completed_criteria", "remaining_criteria", "changes",
    "progress_log_entry", "status", "next_steps",
]  # fmt: skip
ERROR = ["success", "task_id", "error", "message", "details", "completed_before_failure", "recovery_suggestions"]
# The guard lets a person override it; harmless where it runs, since there is no such place.
OVERRIDABLE = "git -C /no/such/place push --force origin main || true"


def test_the_result_of_a_run_that_ended_has_exactly_its_fields(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "echo hi; echo one > one"), ("Second", "false"), "By hand"))
    result = desk.result
    assert list(result) == SUCCESS
    assert list(result["criteria"]) == ["total", "completed", "failed", "remaining"]
    assert list(result["completed_criteria"][0]) == ["criterion", "command", "output", "notes"]
    assert [list(r) for r in result["remaining_criteria"]] == [["criterion", "reason"]] * 2
    assert list(result["changes"]) == ["files_modified", "commands_executed"]
    assert result["criteria"] == {"total": 3, "completed": 1, "failed": 1, "remaining": 2}
    assert result["completed_criteria"][0] == {
        "criterion": "First", "command": "echo hi; echo one > one", "output": "hi\n", "notes": "",
    }  # fmt: skip
    assert result["progress_log_entry"] in desk.text()
    assert "1 of 3 criteria are complete" in result["progress_log_entry"]


def test_the_result_of_a_run_that_could_not_begin_has_exactly_its_fields(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "echo one > one"), front="dependencies: [TASK-9]"))
    result = desk.result
    assert list(result) == ERROR
    assert list(result["details"]) == ["criterion", "command", "error_output"]
    assert (result["success"], result["task_id"]) == (False, "TASK-001")
    assert desk.last.state is RunState.FAILED


def test_a_file_without_a_criterion_is_an_error_and_never_done(desk: Desk) -> None:
    desk.approve("---\nid: TASK-001\n---\n## Acceptance Criteria\n\nNothing to see.\n")
    assert desk.result["error"] == "not_readable"
    assert desk.last.state is RunState.REFUSED
    assert desk.file().parent == desk.layout.folder(TASK_DRAFTS)


# --- what goes back ---------------------------------------------------------------------------------------------------


def test_what_the_guard_refuses_goes_back_unchanged_and_nothing_of_it_runs(desk: Desk, task: Write) -> None:
    text = task(("First", "echo one > one"), ("Second", OVERRIDABLE))
    desk.approve(text)
    result = desk.result
    assert (result["error"], result["details"]) == (
        "refused",
        {"criterion": "Second", "command": OVERRIDABLE.removesuffix(" || true"), "error_output": ""},
    )
    assert any("reifierd approve TASK-001 --override" in hint for hint in result["recovery_suggestions"])
    assert desk.ran == []
    assert desk.file() == desk.layout.folder(TASK_DRAFTS) / "TASK-001.md"
    assert desk.text() == text
    assert desk.project.status == []


def test_a_persons_override_on_the_command_line_lets_it_run(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", OVERRIDABLE)), wish=Wish(overrides=(rule_of(desk, task),)))
    assert desk.result["success"] is True
    assert "is overridden by reifierd approve --override" in desk.receipt


def rule_of(desk: Desk, task: Write) -> str:
    """The rule that objects, as the report names it."""
    desk.approve(task(("First", OVERRIDABLE)), "ask.md")
    [hint] = [h for h in desk.result["recovery_suggestions"] if "--override" in h]
    desk.file("ask.md").unlink()
    rule: str = hint.split()[-1]
    return rule


def test_the_override_line_of_the_report_lets_exactly_this_text_run(desk: Desk, task: Write) -> None:
    text = task(("First", OVERRIDABLE))
    desk.approve(text)
    line = next(x for x in desk.receipt.splitlines() if x.startswith("overrides: "))
    desk.file().unlink()
    desk.approve(text.replace("status: open", f"{line}\nstatus: open"), "TASK-002.md")
    assert desk.result["success"] is True
    desk.approve(text.replace("status: open", f"{line}\nstatus: open").replace("First", "Other"), "TASK-003.md")
    assert desk.result["error"] == "refused"
    assert "was given for other bytes" in desk.receipt


def test_an_override_that_has_ended_lifts_nothing(desk: Desk, task: Write) -> None:
    text = task(("First", OVERRIDABLE))
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    bare = parse_task(text.encode()).sha256_bare
    line = f"overrides: [{{rule: {rule_of(desk, task)}, until: {yesterday}, sha256: {bare}}}]"
    desk.approve(text.replace("status: open", f"{line}\nstatus: open"))
    assert desk.result["error"] == "refused"


def test_missing_parameters_are_all_named_and_the_file_goes_back(desk: Desk, task: Write) -> None:
    text = task(("First", 'echo "<NAME> <WHERE>" > said'))
    desk.approve(text)
    assert desk.result["error"] == "parameters_missing"
    assert all(name in desk.result["message"] for name in ("NAME", "WHERE"))
    assert desk.text() == text
    desk.file().unlink()
    desk.look()
    desk.approve(text, "TASK-002.md", params={"NAME": "a b", "WHERE": "$(here)"})
    assert desk.result["status"] == "committed"
    assert (desk.project.top / "said").read_text() == "a b $(here)\n"


def test_a_secret_parameter_is_in_no_result_file_or_report(desk: Desk, task: Write) -> None:
    secret = "correct-horse-battery-7"
    text = task(
        ("First", 'echo "with $TOKEN"; test -n "$TOKEN"'), ("Second", 'echo "$TOKEN" >&2; false'),
        front="params: {TOKEN: {secret: true}}",
    )  # fmt: skip
    desk.approve(text, params={"TOKEN": secret})
    assert desk.result["completed_criteria"][0]["criterion"] == "First"
    everything = [p for p in desk.layout.root.rglob("*") if p.is_file()]
    assert not [p for p in everything if secret.encode() in p.read_bytes()]
    assert secret not in str(desk.ledger.journal.steps(desk.last.run_id))


@pytest.mark.parametrize(
    "command",
    ["psql -h db.prod.example.com -c 'select 1'", "mysql --host=orders-production shop -e 'select 1'", "pg_dump prod"],
)
def test_a_production_database_is_never_touched(
    desk: Desk, task: Write, tmp_path: Path, command: str, monkeypatch: Any
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("psql", "mysql", "pg_dump"):
        (programs / name).write_text(f"#!/bin/bash\ntouch {tmp_path}/touched\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    desk.approve(task(("Look", command), ("Note", "echo y > note")))
    assert [c for c, _, _ in desk.ran] == ["echo y > note"]
    assert "production" in desk.result["remaining_criteria"][0]["reason"]
    assert not (tmp_path / "touched").exists()


# --- wishes -----------------------------------------------------------------------------------------------------------

THREE = (("One", "echo 1 > one"), ("Two", "echo 2 > two"), ("Three", "echo 3 > three"))


@pytest.mark.parametrize("named", ["1,3", "One, Three", "#1,#3", "1, three"])
def test_only_the_named_criteria_are_carried_out(desk: Desk, task: Write, named: str) -> None:
    desk.approve(task(*THREE), wish=Wish(criteria=named))
    result = desk.result
    assert desk.boxes() == "x x"
    assert (result["success"], result["status"]) == (True, "partially_complete")
    assert result["criteria"] == {"total": 2, "completed": 2, "failed": 0, "remaining": 0}
    assert desk.last.state is RunState.SUCCEEDED
    assert desk.project.subject == "before"
    assert desk.project.status == ["A  one", "A  three"]
    desk.again()
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["one", "three", "two"]


def test_a_criterion_that_comes_after_one_that_was_not_asked_for_says_to_ask_for_both(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "true"), ("Second (after: 1)", "true")), wish=Wish(criteria="2"))
    assert desk.result["next_steps"] == ["with what it comes after: reifierd task run TASK-001 --criteria 1,2"]
    desk.again(criteria="1,2")
    assert desk.result["status"] in {"committed", "verified"}


def test_a_named_criterion_that_there_is_not_is_said_before_anything_runs(desk: Desk, task: Write) -> None:
    desk.approve(task(*THREE), wish=Wish(criteria="7"))
    assert desk.result["error"] == "not_usable"
    assert "there is no criterion 7" in desk.result["message"]
    assert desk.ran == []


def test_a_skipped_verification_ticks_and_commits_nothing_until_it_is_asked(desk: Desk, task: Write) -> None:
    desk.approve(task(("One", "echo 1 > one"), verification="test -s one"), wish=Wish(skip_verification=True))
    assert (desk.result["success"], desk.result["status"]) == (True, "ready_for_verification")
    assert desk.last.state is RunState.SUCCEEDED
    assert desk.boxes() == "x"
    assert desk.project.subject == "before"
    assert "verify again: reifierd task run TASK-001" in desk.result["next_steps"]
    desk.again()
    assert desk.result["status"] == "committed"
    assert desk.result["changes"]["commands_executed"] == ["test -s one"]


def test_checks_of_the_configuration_are_asked_before_the_commit(desk: Desk, task: Write, tmp_path: Path) -> None:
    desk.restart(checks=[{"name": "lint", "command": f"test -e {tmp_path}/clean"}])
    desk.approve(task(("One", "echo 1 > one")))
    assert desk.result["status"] == "ready_for_verification"
    assert "Verification failed: lint" in desk.text()
    (tmp_path / "clean").touch()
    desk.resume()
    assert desk.result["status"] == "committed"


# --- forms of files ---------------------------------------------------------------------------------------------------


def test_a_handler_of_the_configuration_carries_a_criterion_out_that_names_no_command(desk: Desk, task: Write) -> None:
    tag = {"pattern": "tag it as (?P<TAG>[\\w.]+)", "commands": ['echo "$TAG" > tag.txt', "test -s tag.txt"]}
    desk.restart(handlers=[tag])
    desk.approve(task("Tag it as v1.2", "Something else"))
    assert desk.boxes() == "x "
    assert (desk.project.top / "tag.txt").read_text() == "v1.2\n"
    assert "no handler fits it" in desk.result["remaining_criteria"][0]["reason"]


def test_a_criterion_of_parts_is_complete_with_them(desk: Desk) -> None:
    text = f"""\
---
id: TASK-001
project: {desk.project.top}
---
## Acceptance Criteria

1. [ ] **All of it**
   - [ ] **1.1 The first half**: `echo 1 > one`

     ```bash
     echo 1 > one
     ```
   - [ ] The second half (after: 1.1)

     ```bash
     test -s one && echo 2 > two
     ```
2. [ ] *Übrig* ✓

   ```bash
   true
   ```

```text
- [ ] in a code block: no criterion
```
<!-- - [ ] in a comment: none -->
"""
    desk.approve(text)
    assert desk.result["status"] == "committed"
    assert desk.result["criteria"]["total"] == 4
    done = desk.text()
    assert done.count("[x]") == 4
    assert "- [ ] in a code block" in done
    assert "- [ ] in a comment" in done


def test_what_comes_after_a_criterion_that_failed_is_not_tried_and_the_others_are(desk: Desk, task: Write) -> None:
    desk.approve(
        task(
            ("One", "false"),
            ("Two (after: 1)", "echo 2 > two"),
            ("Three", "echo 3 > three"),
            ("Four (after: 2, 3)", "true"),
        )
    )
    assert desk.boxes() == "  x "
    reasons = {r["criterion"]: r["reason"] for r in desk.result["remaining_criteria"]}
    assert "it comes after 1 (One), which is not complete" in reasons["Two"]
    assert "it comes after 2 (Two)" in reasons["Four"]
    assert desk.result["criteria"] == {"total": 4, "completed": 1, "failed": 1, "remaining": 3}


def test_a_file_of_backlog_md_is_carried_out(desk: Desk) -> None:
    text = f"""\
---
id: TASK-7
title: Write the note
status: To Do
assignee: [@someone]
labels: []
dependencies: []
project: {desk.project.top}
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
A note is wanted.
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [ ] #1 The note is there
- [ ] #2 It is signed
<!-- AC:END -->

## Commands

1. The note is there

   ```bash
   echo note > note
   ```
2. It is signed

   ```bash
   echo me >> note
   ```
"""
    desk.approve(text, "task-7 - Write-the-note.md")
    assert desk.result["status"] == "committed"
    assert desk.result["task_id"] == "TASK-7"
    done = desk.text("task-7 - Write-the-note.md")
    assert "- [x] #1 The note is there\n- [x] #2 It is signed\n<!-- AC:END -->" in done
    assert "Completed: The note is there" in done
    assert (desk.project.top / "note").read_text() == "note\nme\n"


def test_only_marks_updated_and_the_log_change_in_a_file_with_crlf_and_tabs(desk: Desk, task: Write) -> None:
    text = task(("Ünïcode ✓", "true")).replace(
        "# A task", "# A task\n\n\tTabs, trailing blanks   \n\n* [ ] no criterion"
    )
    path = desk.layout.folder(TASK_DRAFTS) / "TASK-001.md"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    desk.approve()
    before, after = text.split("\n"), desk.file().read_bytes().decode().split("\r\n")
    changed = [new for old, new in zip(before, after, strict=False) if old != new]
    assert changed[:2] == [f"updated: {datetime.now(UTC):%Y-%m-%d}", "- [x] Ünïcode ✓"]
    assert len(changed) <= 3  # and the first line of the log
    assert "\n" not in "".join(after)


# --- the command line -------------------------------------------------------------------------------------------------


def test_task_run_without_a_daemon_carries_it_out_here_and_answers_with_the_result_alone(
    world: World, task: Write
) -> None:
    world.draft(task(("One", "echo 1 > one")))
    assert world.say("approve", "TASK-001").exit_code == 0
    said = world.say("task", "run", "TASK-001", "--json")
    assert (said.exit_code, said.result["status"]) == (0, "committed")
    assert list(said.result) == SUCCESS
    assert world.file().parent.name == "done"
    assert world.say("runs").stdout.count("succeeded") == 1
    assert "tasks/approved/TASK-001.md" in world.say("runs", "last").stdout


def test_task_run_answers_1_for_an_open_criterion_and_says_what_to_do(world: World, task: Write) -> None:
    world.approve(task(("One", "false")))
    said = world.say("task", "run", "TASK-001")
    assert said.exit_code == 1
    assert "✘ One: " in said.stdout
    assert "→ " in said.stdout
    assert "report: " in said.stdout


def test_task_run_answers_3_for_what_the_guard_refuses_and_for_what_nobody_approved(world: World, task: Write) -> None:
    world.draft(task(("One", OVERRIDABLE)))
    said = world.say("task", "run", "TASK-001")
    assert said.exit_code == 3
    assert "reifierd approve TASK-001" in said.stderr
    said = world.say("task", "run", "TASK-001", "--json")
    assert (said.exit_code, said.result["error"]) == (3, "not_approved")
    assert world.say("approve", "TASK-001").exit_code == 0
    said = world.say("task", "run", "TASK-001", "--json")
    assert (said.exit_code, said.result["error"]) == (3, "refused")
    assert world.file().parent.name == "drafts"


def test_task_run_answers_2_for_a_criterion_that_there_is_not(world: World, task: Write) -> None:
    world.approve(task(("One", "true")))
    said = world.say("task", "run", "TASK-001", "--criteria", "4")
    assert said.exit_code == 2
    assert "there is no criterion 4" in said.stderr
    assert world.ledger.journal.runs(1) == []


def test_a_dry_run_tells_what_would_run_and_changes_nothing(world: World, task: Write) -> None:
    text = task(("One", "echo 1 > one"), ("Two", "no-such-program"), "By hand")
    world.draft(text)
    said = world.say("task", "run", "TASK-001", "--dry-run", "--json")
    assert (said.exit_code, said.result["status"]) == (1, "blocked")
    reasons = {r["criterion"]: r["reason"] for r in said.result["remaining_criteria"]}
    assert reasons["One"] == "would run: echo 1 > one"
    assert reasons["Two"] == "no-such-program is not installed"
    assert world.file().read_text() == text
    assert world.project.status == []
    assert world.ledger.journal.runs(1) == []
    assert not list((world.root / "reports").glob("*.json"))


def test_a_dry_run_of_what_the_guard_refuses_answers_3(world: World, task: Write) -> None:
    world.draft(task(("One", OVERRIDABLE)))
    said = world.say("task", "run", "TASK-001", "--dry-run", "--json")
    assert (said.exit_code, said.result["error"]) == (3, "refused")


def test_task_run_with_a_daemon_waits_for_the_daemons_run(world: World, task: Write) -> None:
    world.start()
    pid = world.process.pid
    world.draft(task(("One", "echo 1 > one"), ("Two", f"test -e {world.go}")))
    world.say("approve", "TASK-001")
    world.until_it_is(RunState.FAILED)
    world.go.touch()
    said = world.say("task", "run", "TASK-001", "--json")
    assert (said.exit_code, said.result["status"]) == (0, "committed")
    assert world.last.pid == pid
    assert [command for command, _, _ in world.steps] == [f"test -e {world.go}"]


def test_stop_ends_a_tasks_run_and_task_run_tells_it(world: World, task: Write) -> None:
    world.configure("[operator]\ngrace = 0.2\n[tasks]\nbackoff = 0\n")
    slow = f"until test -e {world.go}; do sleep 0.02; done"
    world.start()
    world.approve(task(("One", slow)))
    world.until_running(slow)
    assert world.say("stop", "last").exit_code == 0
    world.until_it_is(RunState.STOPPED)
    assert world.result["error"] == "stopped"
    assert world.result["details"]["criterion"] == "One"


def test_invariant_10_task_run_starts_nothing_while_pause_stands(world: World, task: Write) -> None:
    world.approve(task(("One", "echo 1 > one")))
    (world.root / PAUSE).touch()
    said = world.say("task", "run", "TASK-001")
    assert said.exit_code == 3
    assert "PAUSE" in said.stderr
    assert world.project.status == []
    approval = world.ledger.journal.approval(f"{TASK_APPROVED}/TASK-001.md")
    assert approval is None or approval.state is FileState.HELD


def test_task_run_carries_out_that_task_and_no_other(world: World, task: Write) -> None:
    world.approve(task(("One", "echo 1 > one")))
    world.approve(task(("Two", "echo 2 > two")).replace("TASK-001", "TASK-002"), "TASK-002.md")
    assert world.say("task", "run", "TASK-002").exit_code == 0
    assert world.project.committed == ["two"]
    assert world.file("TASK-001.md").parent.name == "approved"
    assert not (world.project.top / "one").exists()


def test_a_parameter_and_an_override_go_with_task_run(world: World, task: Write) -> None:
    world.approve(task(("One", 'echo "<NAME>" > one')))
    said = world.say("task", "run", "TASK-001", "--param", "NAME=x y", "--json")
    assert said.result["status"] == "committed"
    assert (world.project.top / "one").read_text() == "x y\n"
