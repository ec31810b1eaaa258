"""What was not finished goes on where it stood: after a kill, a stop, a pause, a failed verification, a hook's no."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reifierd.ledger.records import RunState
from reifierd.runs.words import STOP, speak
from reifierd.workspace.layout import PAUSE

Desk = Any  # of conftest.py, which tests cannot import
World = Any
Write = Callable[..., str]

EDIT = "sed -i 's/old/new/' net/policy.yaml"
TYPES = {  # label → what the first and the last criterion do, and what is committed
    "builds": ("make one", "make two", ["one.txt", "two.txt"]),
    "deployment": (EDIT, "echo done > notes", ["net/policy.yaml", "notes"]),
    "networking": (EDIT, "echo done > notes", ["net/policy.yaml", "notes"]),
    "health": ("grep -q old net/policy.yaml", "grep -q two Makefile", []),
}


def waits(go: Path) -> str:
    return f"until test -e {go}; do sleep 0.02; done"


def test_killed_in_the_middle_each_type_goes_on_at_the_right_criterion_and_repeats_nothing(
    world: World, task: Write
) -> None:
    """Four projects side by side, one daemon, one kill."""
    world.configure(
        '[tasks]\nbackoff = 0\nside_by_side = 4\nversion = "1.0.0"\nregistry = "localhost:1"\n'
        "validator = 'grep -q kind: \"$FOLDER/policy.yaml\"'\n"
    )
    slow = waits(world.go)
    world.start()
    for label, (first, last, _) in TYPES.items():
        top = world.root.parent / label
        top.mkdir()
        place = replace(world.project, top=top)
        place.git("init", "-q", "-b", "main")
        place.commit(**{"Makefile": "one two:\n\techo $@ > $@.txt\n", "net/policy.yaml": "kind: old\n"})
        text = task(("First", first), ("Second", slow), ("Third", last), labels=label, front="validate: net")
        text = text.replace(str(world.project.top), str(top)).replace("TASK-001", f"TASK-{label}")
        world.draft(text, f"{label}.md")
        assert world.say("approve", label).exit_code == 0
    journal = world.ledger.journal
    world.until(lambda: sum(s.command == slow for r in journal.runs(9) for s in journal.steps(r.run_id)) == 4)
    world.end()
    world.start()
    world.until_it_is(RunState.UNKNOWN)
    for run in journal.runs(9):
        label = Path(run.runbook).stem
        assert world.result_of(run)["error"] == "interrupted"
        assert world.boxes(f"{label}.md") == "x  "
        assert "Interrupted: " in world.file(f"{label}.md").read_text()
        begun = [(s.command, s.state.value) for s in journal.steps(run.run_id)]
        assert begun == [(TYPES[label][0], "finished"), (slow, "unknown")]
    world.go.touch()
    for run in journal.runs(9):
        assert world.say("resume", run.run_id).exit_code == 0
    world.until_it_is(RunState.SUCCEEDED)
    assert len(journal.runs(9)) == 4
    for run in journal.runs(9):
        label = Path(run.runbook).stem
        first, last, changed = TYPES[label]
        assert [s.command for s in journal.steps(run.run_id)][:4] == [first, slow, slow, last]
        assert world.boxes(f"{label}.md") == "xxx"
        place = replace(world.project, top=world.root.parent / label)
        assert world.result_of(run)["status"] == ("committed" if changed else "verified")
        assert place.status == []
        assert place.committed == (changed or ["Makefile", "net/policy.yaml"])


def test_killed_between_the_blocks_of_a_criterion_only_the_open_one_runs_again(world: World, task: Write) -> None:
    check = f'test "$step" = made && {waits(world.go)}'
    text = task(("Make", "step=made; echo made >> log.txt", check), ("Then", "echo then >> log.txt"))
    world.start()
    world.approve(text)
    world.until_running(check)
    world.end()
    world.start()
    world.go.touch()
    world.say("resume", "last")
    world.until_it_is(RunState.SUCCEEDED)
    assert (world.project.top / "log.txt").read_text() == "made\nthen\n"
    assert world.boxes() == "xx"
    assert world.project.committed == ["log.txt"]


def test_killed_between_two_attempts_the_finished_criterion_is_not_repeated(world: World, task: Write) -> None:
    world.configure("[tasks]\nbackoff = 60\n")
    trying = f"echo try >> log.txt; test -e {world.go}"
    world.start()
    world.approve(task(("First", "echo first >> log.txt"), ("Second", trying)))
    world.until(lambda: (trying, 1, "finished") in world.steps)
    world.end()
    world.start()
    assert [state for _, _, state in world.steps] == ["finished", "finished"]
    world.go.touch()
    world.say("resume", "last")
    world.until_it_is(RunState.SUCCEEDED)
    assert (world.project.top / "log.txt").read_text() == "first\ntry\ntry\n"
    assert world.result["status"] == "committed"


def test_a_criterion_that_was_proved_before_the_kill_and_not_ticked_is_ticked_at_the_start(
    world: World, task: Write
) -> None:
    slow = waits(world.go)
    text = task(("First", "echo first >> log.txt", "test -s log.txt"), ("Second", slow))
    world.start()
    world.approve(text)
    world.until_running(slow)
    world.end()
    world.file().write_text(text)  # as it stood had the kill come a moment before the tick
    world.start()
    world.until_it_is(RunState.UNKNOWN)
    assert world.boxes() == "x "
    assert "Completed: First (before the interruption)" in world.file().read_text()
    world.go.touch()
    world.say("resume", "last")
    world.until_it_is(RunState.SUCCEEDED)
    assert (world.project.top / "log.txt").read_text() == "first\n"


def test_killed_while_it_is_verified_only_the_verification_is_asked_again(world: World, task: Write) -> None:
    slow = waits(world.go)
    world.start()
    world.approve(task(("First", "echo first >> log.txt"), verification=slow))
    world.until_running(slow)
    world.end()
    world.start()
    world.until_it_is(RunState.UNKNOWN)
    assert world.boxes() == "x"
    assert world.project.status == ["A  log.txt"]
    world.go.touch()
    world.say("resume", "last")
    world.until_it_is(RunState.SUCCEEDED)
    assert [command for command, _, _ in world.steps] == ["echo first >> log.txt", slow, slow]
    assert world.project.committed == ["log.txt"]


def test_a_daemon_that_is_ended_stops_the_task_and_a_resume_goes_on(world: World, task: Write) -> None:
    slow = waits(world.go)
    world.start()
    world.approve(task(("First", "echo first >> log.txt"), ("Second", slow)))
    world.until_running(slow)
    world.end(signal.SIGTERM)
    assert world.last.state is RunState.STOPPED
    assert (world.result["error"], world.result["completed_before_failure"]) == ("stopped", ["First"])
    world.go.touch()
    world.start()
    world.say("resume", "last")
    world.until_it_is(RunState.SUCCEEDED)
    assert (world.project.top / "log.txt").read_text() == "first\n"


# --- without a daemon's death -----------------------------------------------------------------------------------------


def running(desk: Desk, command: str) -> Callable[[], bool]:
    def look() -> bool:
        steps = desk.ledger.journal.steps(desk.last.run_id) if desk.ledger.journal.runs(1) else []
        return any(s.command == command and s.pid and s.state.value == "started" for s in steps)

    return look


def test_a_stop_ends_the_command_keeps_what_was_done_and_says_how_to_go_on(
    desk: Desk, task: Write, tmp_path: Path
) -> None:
    slow = waits(tmp_path / "go")
    desk.approve(task(("First", "echo first > first"), ("Second", slow)), wait=False)
    desk.until(running(desk, slow))
    speak(desk.layout, desk.ledger.journal, STOP, desk.last.run_id, time.time())
    desk.look()
    assert desk.last.state is RunState.STOPPED
    result = desk.result
    assert (result["error"], result["details"]["criterion"]) == ("stopped", "Second")
    assert f"go on at what is open: reifierd resume {desk.last.run_id}" in result["recovery_suggestions"]
    assert desk.boxes() == "x "
    assert "Stopped: " in desk.text()
    assert desk.project.status == ["A  first"]
    (tmp_path / "go").touch()
    desk.resume()
    assert desk.result["status"] == "committed"
    assert desk.ran == [("echo first > first", 1, 0), (slow, 1, 143), (slow, 2, 0)]


def test_invariant_10_a_pause_lets_the_command_end_and_begins_no_other(desk: Desk, task: Write, tmp_path: Path) -> None:
    slow = waits(tmp_path / "go")
    desk.approve(task(("First", slow), ("Second", "echo second > second")), wait=False)
    desk.until(running(desk, slow))
    pause = desk.layout.root / PAUSE
    pause.touch()
    (tmp_path / "go").touch()
    desk.look()
    assert desk.last.state is RunState.STOPPED
    assert desk.boxes() == "x "
    assert not (desk.project.top / "second").exists()
    pause.unlink()
    desk.resume()
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["second"]


def test_invariant_10_what_is_approved_during_a_pause_runs_when_it_is_over(desk: Desk, task: Write) -> None:
    pause = desk.layout.root / PAUSE
    pause.touch()
    desk.approve(task(("First", "echo first > first")))
    assert desk.ledger.journal.runs(1) == []
    pause.unlink()
    desk.look()
    assert desk.result["status"] == "committed"


@pytest.mark.parametrize("how", ["resume", "task run"])
def test_a_failed_verification_leaves_it_staged_and_is_asked_alone_the_next_time(
    desk: Desk, task: Write, tmp_path: Path, how: str
) -> None:
    asked = f"test -e {tmp_path}/well"
    desk.approve(task(("First", "echo first >> log.txt"), verification=asked))
    assert (desk.result["success"], desk.result["status"]) == (True, "ready_for_verification")
    assert desk.last.state is RunState.FAILED
    assert desk.project.status == ["A  log.txt"]
    assert desk.boxes() == "x"
    assert "Verification failed" in desk.text()
    (tmp_path / "well").touch()
    if how == "resume":
        desk.resume()
    else:
        desk.again()
    assert desk.result["status"] == "committed"
    assert desk.result["changes"]["commands_executed"] == [asked]
    assert (desk.project.top / "log.txt").read_text() == "first\n"
    assert desk.project.committed == ["log.txt"]
    assert desk.file().parent.name == "done"


def test_a_hook_that_refuses_leaves_it_staged_and_verified(desk: Desk, task: Write) -> None:
    hook = desk.project.top / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no such style >&2\nexit 1\n")
    hook.chmod(0o755)
    desk.approve(task(("First", "echo first > first"), verification="test -e first"))
    result = desk.result
    assert (result["success"], result["status"]) == (True, "verified")
    assert desk.last.state is RunState.FAILED
    assert "no such style" in desk.receipt
    assert desk.project.status == ["A  first"]
    assert desk.file().parent.name == "approved"
    hook.unlink()
    desk.resume()
    assert desk.result["status"] == "committed"
    assert [c for c, _, _ in desk.ran].count("echo first > first") == 1


def staged_and_not_committed(desk: Desk, task: Write) -> None:
    hook = desk.project.top / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    desk.approve(task(("First", "echo first > first")))
    hook.unlink()


def test_a_commit_that_was_finished_after_our_death_is_found_again(desk: Desk, task: Write) -> None:
    staged_and_not_committed(desk, task)
    desk.project.git("commit", "-qm", "TASK-001: A task\n\nCriteria:\n- First\n\nTask: TASK-001")
    left = desk.project.top / ".git/reifierd-999999999-index"
    left.mkdir()
    desk.resume()
    assert desk.result["status"] == "committed"
    assert desk.project.git("log", "--format=%s").splitlines() == ["TASK-001: A task", "before"]
    assert not left.exists()


def test_what_a_person_committed_is_the_persons(desk: Desk, task: Write) -> None:
    staged_and_not_committed(desk, task)
    desk.project.git("commit", "-qm", "By hand")
    desk.resume()
    assert (desk.result["status"], desk.file().parent.name) == ("verified", "done")
    assert desk.project.subject == "By hand"


def test_a_file_with_an_open_criterion_is_gone_on_with_where_it_stands(desk: Desk, task: Write, tmp_path: Path) -> None:
    desk.approve(
        task(
            ("First", "echo first >> log.txt"),
            ("Second", f"test -e {tmp_path}/well"),
            ("Third", "echo third >> log.txt"),
        )
    )
    assert (desk.boxes(), desk.result["status"]) == ("x x", "partially_complete")
    (tmp_path / "well").touch()
    desk.again()
    assert desk.result["completed_criteria"][0]["criterion"] == "Second"
    assert (desk.project.top / "log.txt").read_text() == "first\nthird\n"
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["log.txt"]


# --- attempts ---------------------------------------------------------------------------------------------------------


def test_attempts_and_their_pause_are_the_configurations(desk: Desk, task: Write) -> None:
    desk.restart(attempts=3, backoff=0.05)
    counted = "echo try >> log.txt; test $(wc -l < log.txt) -ge 3"
    desk.approve(task(("Count", counted)))
    assert [(attempt, status) for _, attempt, status in desk.ran] == [(1, 1), (2, 1), (3, 0)]
    steps = desk.ledger.journal.steps(desk.last.run_id)
    assert steps[2].started - steps[1].started > steps[1].started - steps[0].started > 0.05
    assert desk.boxes() == "x"


def test_a_failed_check_leaves_the_criterion_open_though_its_command_succeeded(desk: Desk, task: Write) -> None:
    desk.approve(task(("First", "echo first >> log.txt", "test -e nowhere")))
    assert desk.boxes() == " "
    assert desk.result["criteria"]["failed"] == 1
    assert "Failed: First" in desk.text()
    assert (desk.project.top / "log.txt").read_text() == "first\n"


def test_permission_denied_is_blocked_with_the_remedy_and_not_tried_again(desk: Desk, task: Write) -> None:
    made = "printf '#!/bin/sh\\n' > made.sh; ./made.sh"
    desk.approve(task(("Run what is made", made), ("Note", "echo y > note")))
    result = desk.result
    assert [attempt for c, attempt, _ in desk.ran if c == made] == [1]
    assert result["remaining_criteria"][0]["reason"].startswith("permission denied: ")
    assert any("chmod +x ./made.sh" in step for step in result["next_steps"])
    assert "Blocked: Run what is made" in desk.text()
    assert result["criteria"]["failed"] == 0
    assert desk.boxes() == " x"


def test_a_script_that_may_not_be_executed_is_known_before_anything_runs(desk: Desk, task: Write) -> None:
    desk.project.commit(**{"build.sh": "#!/bin/sh\ntrue\n"})
    desk.approve(task(("Build", "./build.sh")))
    assert desk.result["status"] == "blocked"
    assert f"chmod +x {desk.project.top}/build.sh" in desk.result["next_steps"]
    assert desk.ran == []


def test_a_program_that_turns_out_to_be_missing_is_named_with_its_package(desk: Desk, task: Write) -> None:
    desk.approve(task(("Look up", "eval true; no-such-program-at-all")))
    assert [attempt for _, attempt, _ in desk.ran] == [1]
    assert "no-such-program-at-all is not installed" in desk.result["remaining_criteria"][0]["reason"]
    assert "apt-get install no-such-program-at-all" in desk.result["next_steps"]
