"""The invariants of consent and execution, each under its name: they hold whatever else changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reifierd.execution import process
from reifierd.execution.capture import Capture
from reifierd.execution.guard import Guard
from reifierd.ledger import open_ledger
from reifierd.ledger.records import FileState, Hold, RunState
from reifierd.loops.operator import attempt
from reifierd.redaction import Redactor
from reifierd.runs.words import APPROVE, RESUME, Wish, speak
from reifierd.workspace.layout import APPROVED, DRAFTS, FOLDERS, PAUSE, REJECTED
from reifierd.workspace.lifecycle import Limits

Desk = Any  # a Desk of conftest.py, which tests cannot import
Write = Callable[..., str]


def state_of(desk: Desk, name: str) -> FileState:
    found: FileState = desk.ledger.journal.approval(f"{APPROVED}/{name}").state
    return found


def see_it_gone(desk: Desk) -> None:
    """Let a scan see what was moved out, and believe it."""
    desk.look()


# 1. Consent by move


def test_invariant_1_nothing_runs_that_is_not_in_an_approved_folder(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    for folder in FOLDERS:
        if folder != APPROVED:
            (desk.layout.folder(folder) / "fix.md").write_text(runbook(("Fix", f"touch {proof}")))
    desk.look()
    assert desk.ledger.journal.runs() == []
    assert not proof.exists()


def test_invariant_1_resume_acts_only_on_what_is_approved(desk: Desk, runbook: Write) -> None:
    path = desk.approve("fix.md", runbook(("Fix", "false")))
    run_id = desk.last.run_id
    path.rename(desk.layout.folder(REJECTED) / "fix.md")
    speak(desk.layout, desk.ledger.journal, RESUME, run_id, time.time())
    desk.look()
    assert len(desk.ledger.journal.steps(run_id)) == 1


# 2. Consent binds to bytes, once


def test_invariant_2_the_bytes_that_were_approved_are_what_runs(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    """A step edits its own runbook: the rest of the run is that of the approved bytes."""
    proof = tmp_path / "proof"
    name = desk.layout.folder(APPROVED) / "fix.md"
    link = tmp_path / "way"
    link.symlink_to(name)
    desk.approve("fix.md", runbook(("Fix", f"sleep 0.3\n\necho approved > {proof}")), wait=False)
    desk.until_a_step_runs()
    name.write_text(runbook(("Fix", f"echo edited > {proof}")))
    desk.look()
    assert proof.read_text() == "approved\n"
    assert state_of(desk, "fix.md") is FileState.CHANGED


def test_invariant_2_an_edit_voids_a_resume(desk: Desk, runbook: Write) -> None:
    path = desk.approve("fix.md", runbook(("Fix", "false")))
    run_id = desk.last.run_id
    path.write_text(runbook(("Fix", "true")))
    speak(desk.layout, desk.ledger.journal, RESUME, run_id, time.time())
    desk.look()
    assert len(desk.ledger.journal.steps(run_id)) == 1


@pytest.mark.parametrize("how", ["edit", "remove"])
def test_invariant_2_what_is_edited_or_removed_before_its_turn_does_not_run(
    desk: Desk, runbook: Write, tmp_path: Path, how: str
) -> None:
    proof = tmp_path / "proof"
    desk.approve("first.md", runbook(("Fix", "sleep 1.5")), wait=False)
    path = desk.approve("second.md", runbook(("Fix", f"touch {proof}")), wait=False)
    if how == "edit":
        path.write_text(runbook(("Fix", f"touch {proof}; true")))
    else:
        path.unlink()
    desk.look(wait=False)
    time.sleep(0.4)
    desk.look()
    assert not proof.exists()
    assert [r.runbook for r in desk.ledger.journal.runs()] == [f"{APPROVED}/first.md"]


@pytest.mark.parametrize("how", ["rename", "copy", "rewrite", "touch"])
def test_invariant_2_the_same_bytes_never_run_again_by_themselves(desk: Desk, runbook: Write, how: str) -> None:
    path = desk.approve("fix.md", runbook(("Fix", "true")))
    text = path.read_text()
    if how == "rename":
        path.rename(path.with_name("other.md"))
    elif how == "copy":
        path.with_name("copy.md").write_text(text)
    elif how == "rewrite":
        path.unlink()
        path.write_text(text)
    else:
        os.utime(path)
    desk.look()
    assert len(desk.ledger.journal.runs()) == 1


def test_invariant_2_moved_out_and_in_again_is_a_new_consent(desk: Desk, runbook: Write) -> None:
    path = desk.approve("fix.md", runbook(("Fix", "true")))
    path.rename(desk.layout.folder(DRAFTS) / "fix.md")
    see_it_gone(desk)
    desk.approve("fix.md")
    assert [r.state for r in desk.ledger.journal.runs()] == [RunState.SUCCEEDED, RunState.SUCCEEDED]


def test_invariant_2_the_word_approve_runs_the_same_bytes_again(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "true")))
    speak(desk.layout, desk.ledger.journal, APPROVE, f"{APPROVED}/fix.md", time.time())
    desk.look()
    assert len(desk.ledger.journal.runs()) == 2


def test_invariant_2_words_that_were_said_before_the_run_began_count_as_one(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    desk.draft("m1.md", runbook(("Fix", f"echo ran >> {proof}"))).rename(desk.layout.folder(APPROVED) / "m1.md")
    look_began = time.time()
    for value in ("one", "two"):
        params = {"A": value}
        speak(desk.layout, desk.ledger.journal, APPROVE, f"{APPROVED}/m1.md", time.time(), params=params)
    desk.runner.tick(look_began)
    assert desk.runner.wait(60)
    desk.look()
    assert proof.read_text() == "ran\n"
    assert desk.ledger.journal.words() == []
    boxes = Path(os.environ["REIFIERD_RUNTIME_DIR"]) / "params"
    assert [p for p in boxes.rglob("*") if p.is_file()] == []


def test_invariant_2_a_word_said_while_the_run_waited_for_its_turn_is_answered_by_it(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    desk.approve("first.md", runbook(("Fix", "sleep 1.2")), wait=False)
    desk.approve("m1.md", runbook(("Fix", f"echo ran >> {proof}")), say=True, wait=False)
    speak(desk.layout, desk.ledger.journal, APPROVE, f"{APPROVED}/m1.md", time.time())  # and nobody looks meanwhile
    assert desk.runner.wait(60)
    desk.look()
    assert proof.read_text() == "ran\n"


def test_invariant_2_a_refused_file_that_is_moved_in_again_at_once_is_a_new_consent(desk: Desk, runbook: Write) -> None:
    [intake] = desk.runner._intakes.values()
    intake._limits = Limits(settle=3600.0)  # no look will ever believe that it was gone
    for refusals in (1, 2):
        desk.approve("fix.md", "" if refusals == 2 else runbook(("Fix", "{timeout=soon}\ntrue")), wait=False)
        desk.until(lambda wanted=refusals: len([r for r in desk.ledger.journal.runs() if r.report]) == wanted)
        assert state_of(desk, "fix.md") is FileState.GONE


def test_invariant_2_with_a_new_ledger_everything_is_filed_unexecuted_and_reported(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    desk.runner.close()
    (desk.layout.folder(APPROVED) / "fix.md").write_text(runbook(("Fix", "true")))
    desk.ledger = open_ledger(tmp_path / "new" / "ledger.sqlite3", Redactor())
    desk.start()
    desk.look()
    assert desk.ledger.journal.runs() == []
    assert state_of(desk, "fix.md") is FileState.FILED
    assert len(desk.reports()) == 1


def test_invariant_2_old_consent_is_held_and_released_by_word(desk: Desk, runbook: Write) -> None:
    desk.runner.close()
    (desk.layout.folder(APPROVED) / "fix.md").write_text(runbook(("Fix", "true")))
    time.sleep(1.2)
    desk.restart(consent_age=1.0)
    desk.look()
    assert state_of(desk, "fix.md") is FileState.HELD
    assert len(desk.reports()) == 1
    speak(desk.layout, desk.ledger.journal, APPROVE, f"{APPROVED}/fix.md", time.time())
    desk.look()
    assert state_of(desk, "fix.md") is FileState.SUCCEEDED


def test_invariant_2_many_at_once_are_held_with_one_report(desk: Desk, runbook: Write) -> None:
    for n in range(6):
        text = runbook(("Fix", f"true; : {n}"))
        desk.draft(f"{n}.md", text).rename(desk.layout.folder(APPROVED) / f"{n}.md")
    desk.look()
    assert {state_of(desk, f"{n}.md") for n in range(6)} == {FileState.HELD}
    assert len(desk.reports()) == 1
    assert desk.ledger.journal.runs() == []


# 4. At most once


def test_invariant_4_killed_in_the_middle_of_a_step_means_unknown_and_never_again(
    desk: Desk, runbook: Write, tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]
) -> None:
    proof = tmp_path / "proof"
    text = runbook(("Fix", f"true\n\necho once >> {proof}; setsid sleep 340 & sleep 341\n\necho never >> {proof}"))
    killed = daemon()
    desk.draft("fix.md", text).rename(desk.layout.folder(APPROVED) / "fix.md")
    desk.until(proof.exists)
    desk.until(lambda: desk.ledger.journal.steps(desk.last.run_id)[-1].pid)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    desk.start()
    desk.look()
    assert proof.read_text() == "once\n"
    assert desk.last.state is RunState.UNKNOWN
    assert [s["state"] for s in desk.report["steps"]] == ["finished", "unknown"]
    assert f"reifierd resume {desk.last.run_id}" in desk.receipt
    assert state_of(desk, "fix.md") is FileState.UNKNOWN
    still = [p for p in process.table() if not p.dead and process.command_line(p.pid) in ("sleep 340", "sleep 341")]
    assert still == []
    desk.restart()
    desk.look()
    assert len(desk.reports()) == 1


def test_invariant_4_an_unknown_step_is_run_again_when_a_person_says_resume(
    desk: Desk, runbook: Write, tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]
) -> None:
    proof = tmp_path / "proof"
    killed = daemon()
    text = runbook(("Fix", f"x=5\n\necho $x >> {proof}; [ -e {proof}.go ] || sleep 342"))
    desk.draft("fix.md", text).rename(desk.layout.folder(APPROVED) / "fix.md")
    desk.until(proof.exists)
    desk.until(lambda: desk.ledger.journal.steps(desk.last.run_id)[-1].pid)
    killed.kill()
    killed.wait()
    Path(f"{proof}.go").touch()
    desk.start()
    desk.look()
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time())
    desk.look()
    assert proof.read_text() == "5\n5\n"
    assert desk.report["result"] == "succeeded"
    assert [s["state"] for s in desk.report["steps"]] == ["finished", "unknown", "finished"]


def test_invariant_4_started_is_durable_before_the_step_is_spawned(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    """The step itself finds its line in the ledger, through a connection of its own."""
    look = tmp_path / "look.py"
    look.write_text(
        "import os, sqlite3\n"
        f"ledger = sqlite3.connect({str(desk.layout.ledger)!r})\n"
        "run_id = os.environ['REIFIERD_STEP'].split('/')[0]\n"
        "print(ledger.execute('SELECT state FROM steps WHERE run_id = ?', [run_id]).fetchall())\n"
    )
    desk.approve("fix.md", runbook(("Fix", f"{sys.executable} {look}")))
    assert desk.report["steps"][0]["output"] == "[('started',)]\n"


def test_invariant_4_no_line_in_the_journal_no_step(
    desk: Desk, runbook: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, as SQLite sees it: the ledger may not grow by another page."""
    proof = tmp_path / "proof"
    text = runbook(("Fix", f"touch {proof}"))
    connection = desk.ledger._db._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    original = type(desk.ledger.journal).start_step

    def full(self: Any, step: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")
        try:
            for n in range(10_000):
                self.add_line(step.run_id, 0.0, "x" * 4000 + str(n))
            original(self, step)
        finally:
            connection.execute("PRAGMA max_page_count = 1000000000")

    monkeypatch.setattr(type(desk.ledger.journal), "start_step", full)
    desk.approve("fix.md", text)
    assert not proof.exists()
    assert desk.last.state is RunState.FAILED


# 6. Redact before persist


def test_invariant_6_a_secret_parameter_reaches_the_step_and_no_store(desk: Desk, runbook: Write) -> None:
    secret = "correct-horse-battery-9"
    front = "params: {DB_PASSWORD: {secret: true}}"
    text = runbook(("Fix", 'echo "${#DB_PASSWORD} $DB_PASSWORD"; URL="db://$DB_PASSWORD@h"\n\nfalse'), front=front)
    desk.approve("fix.md", text, params={"DB_PASSWORD": secret})
    assert desk.report["steps"][0]["output"].startswith(f"{len(secret)} [REDACTED")
    assert "URL" in desk.receipt  # what held it is not kept for a resume, and that is said
    runtime = Path(os.environ["REIFIERD_RUNTIME_DIR"])
    places = [desk.layout.root, desk.layout.state, runtime]
    files = [p for place in places for p in place.rglob("*") if p.is_file()]
    assert [p for p in files if secret.encode() in p.read_bytes()] == []


@pytest.mark.parametrize("ending", ["sleep 60", "kill -9 $$", "false"])
def test_invariant_6_what_is_kept_for_a_resume_holds_no_secret(desk: Desk, runbook: Write, ending: str) -> None:
    secret = 'Zx9"q$7kk'
    front = "params: {P: {secret: true}}"
    text = runbook(("Fix", f'arr=(a "$P"); kept=yes\n\n{{timeout=1s}}\n{ending}'), front=front)
    desk.approve("fix.md", text, params={"P": secret})
    assert desk.report["result"] == "failed"
    assert any("arr" in note and "resume" in note for note in desk.report["notes"])
    [folder] = (Path(os.environ["REIFIERD_RUNTIME_DIR"]) / "runs").glob("*/*")
    found = sorted(folder.rglob("*"))
    assert not {p.name for p in found} & {"preamble", "dump"}
    assert "kept" in (folder / "state.json").read_text()
    spellings = (secret, "q$7kk", "q\\$7kk", "Zx9")
    assert [p for p in found if p.is_file() and any(s in p.read_text() for s in spellings)] == []


def test_invariant_6_what_a_killed_daemon_left_raw_is_removed_at_the_next_start(
    desk: Desk, runbook: Write, tmp_path: Path, daemon: Callable[[], subprocess.Popen[bytes]]
) -> None:
    proof, secret = tmp_path / "proof", "correct-horse-battery-9"
    text = runbook(("Fix", f'v="x $P"; kept=yes\n\ntouch {proof}; sleep 343'), front="params: {P: {secret: true}}")
    killed = daemon()
    name = f"{APPROVED}/fix.md"
    speak(desk.layout, desk.ledger.journal, APPROVE, name, time.time(), params={"P": secret})
    desk.draft("fix.md", text).rename(desk.layout.root / name)
    desk.until(proof.exists)
    desk.until(lambda: desk.ledger.journal.steps(desk.last.run_id)[-1].pid)
    killed.kill()
    killed.wait()
    runtime = Path(os.environ["REIFIERD_RUNTIME_DIR"])
    assert [p for p in runtime.rglob("*") if p.is_file() and secret in p.read_text()] == []
    desk.start()
    assert list(runtime.glob("runs/*/*/raw-*")) == []
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time(), params={"P": secret})
    desk.look(wait=False)
    desk.until(lambda: len(desk.ledger.journal.steps(desk.last.run_id)) == 3)
    desk.until(lambda: desk.ledger.journal.steps(desk.last.run_id)[-1].pid)
    desk.runner.stop(desk.last.run_id)
    assert desk.runner.wait(30)
    assert any("are not kept for a resume: v" in note for note in desk.report["notes"])


# 8. Fail closed


def test_invariant_8_what_the_guard_cannot_judge_in_time_does_not_run(
    desk: Desk, runbook: Write, tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "limit", 0.0)
    proof = tmp_path / "proof"
    desk.approve("fix.md", runbook(("Fix", f"touch {proof}")))
    assert not proof.exists()
    assert desk.report["result"] == "refused"
    assert desk.report["refusals"][0]["rule"] == "not-judged"


def test_invariant_8_a_bug_in_a_run_ends_it_as_failed_and_the_next_one_runs(
    desk: Desk, runbook: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(attempt, "parse_runbook", lambda _: 1 / 0)
        desk.approve("fix.md", runbook(("Fix", "true")))
    assert desk.ledger.journal.runs(1)[0].state is RunState.FAILED
    assert "a bug of reifierd" in desk.report["reason"]
    desk.approve("other.md", runbook(("Fix", "true; true")))
    assert desk.report["result"] == "succeeded"


def test_invariant_8_a_bug_in_the_middle_of_a_step_ends_the_step_as_unknown_and_its_processes(
    desk: Desk, runbook: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Capture, "feed", lambda _self, _data: 1 / 0)
        desk.approve("fix.md", runbook(("Fix", "echo out; sleep 344")))
    assert [(s["state"], s["exit"]) for s in desk.report["steps"]] == [("unknown", None)]
    assert not [p for p in process.table() if not p.dead and process.command_line(p.pid) == "sleep 344"]
    desk.approve("other.md", runbook(("Fix", "true; true")))
    assert desk.report["result"] == "succeeded"


@pytest.mark.parametrize(
    ("front", "attributes", "result"),
    [
        ("", '{"cwd": "~no-such-user-here/x"}', "failed"),
        ("", '{"cwd": "a\\u0000b"}', "refused"),
        ("", '{"env": {"A": "b\\u0000c"}}', "refused"),
        ("env: {'A=B': x}", "", "refused"),
        ('env: {PATH: "a\\0b"}', "", "refused"),
    ],
)
def test_invariant_8_what_no_shell_can_be_started_with_has_a_receipt(
    desk: Desk, runbook: Write, front: str, attributes: str, result: str
) -> None:
    desk.approve("fix.md", runbook(("Fix", f"{attributes}\ntrue" if attributes else "true"), front=front))
    assert desk.report["result"] == result
    assert not [f for kind, f in desk.events if kind == "runner.bug"]
    if result == "failed":
        assert desk.report["steps"][0]["state"] == "finished"
        assert "could not start" in desk.report["steps"][0]["output"]


def test_invariant_8_a_step_that_is_too_long_to_be_judged_is_refused_with_one_clear_reason(
    desk: Desk, runbook: Write
) -> None:
    desk.approve("fix.md", runbook(("Fix", "echo " + "x" * 70_000)))
    [refusal] = desk.report["refusals"]
    assert "70005 characters" in refusal["reason"] and "65536" in refusal["reason"]
    assert "file" in refusal["alternative"]


def test_invariant_8_readers_that_disagree_refuse(desk: Desk, tmp_path: Path) -> None:
    desk.approve("fix.md", f"# T\n\n## Fix\n\n~~~bash {{timeout=}}\ntouch {tmp_path}/proof\n~~~\n")
    assert desk.report["result"] == "refused"


@pytest.mark.parametrize("kind", ["symlink", "fifo", "hard link", "writable by others"])
def test_invariant_8_a_file_that_may_not_be_trusted_stays_and_is_said_once(
    desk: Desk, runbook: Write, tmp_path: Path, kind: str
) -> None:
    proof = tmp_path / "proof"
    outside, place = tmp_path / "outside.md", desk.layout.folder(APPROVED) / "fix.md"
    outside.write_text(runbook(("Fix", f"touch {proof}")))
    if kind == "symlink":
        place.symlink_to(outside)
    elif kind == "fifo":
        os.mkfifo(place)
    elif kind == "hard link":
        place.hardlink_to(outside)
    else:
        outside.rename(place).chmod(0o666)
    for _ in range(3):
        desk.look()
    assert not proof.exists()
    assert os.path.lexists(place)
    assert len(desk.reports()) == 1
    assert state_of(desk, "fix.md") is FileState.REFUSED


@pytest.mark.parametrize("kind", ["symlink", "hard link", "writable by others"])
@pytest.mark.parametrize("way", ["moved in again", "approve"])
def test_invariant_8_a_file_that_is_repaired_in_place_does_not_run_by_itself(
    desk: Desk, runbook: Write, tmp_path: Path, kind: str, way: str
) -> None:
    proof = tmp_path / "proof"
    outside, place = tmp_path / "outside.md", desk.layout.folder(APPROVED) / "fix.md"
    outside.write_text(runbook(("Fix", f"echo ran >> {proof}")))
    if kind == "symlink":
        place.symlink_to(outside)
    elif kind == "hard link":
        place.hardlink_to(outside)
    else:
        outside.rename(place).chmod(0o666)
    desk.look()
    if kind == "symlink":
        place.unlink()
        outside.rename(place)
    elif kind == "hard link":
        outside.unlink()
    else:
        place.chmod(0o600)
    for _ in range(2):
        desk.look()
    assert not proof.exists()
    if way == "approve":
        speak(desk.layout, desk.ledger.journal, APPROVE, f"{APPROVED}/fix.md", time.time())
        desk.look()
    else:
        place.rename(desk.layout.folder(DRAFTS) / "fix.md")
        desk.look()
        desk.approve("fix.md")
    assert proof.read_text() == "ran\n"


# 9. A vanished workspace is not an emptied one


def test_invariant_9_a_workspace_that_was_away_and_is_back_runs_nothing_twice(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    desk.approve("fix.md", runbook(("Fix", "true")))
    away = desk.layout.root.rename(tmp_path / "away")
    for _ in range(2):
        desk.look()
        time.sleep(0.3)
    assert sum("is not there" in str(f.get("problem")) for _, f in desk.events) == 1
    assert state_of(desk, "fix.md") is FileState.SUCCEEDED
    away.rename(desk.layout.root)
    desk.look()
    assert len(desk.ledger.journal.runs()) == 1
    desk.approve("other.md", runbook(("Fix", "true; true")))
    assert desk.report["result"] == "succeeded"


# 10. A kill switch is a file


def test_invariant_10_while_pause_stands_nothing_starts_and_afterwards_it_does(desk: Desk, runbook: Write) -> None:
    (desk.layout.root / PAUSE).touch()
    desk.approve("fix.md", runbook(("Fix", "true")))
    assert state_of(desk, "fix.md") is FileState.HELD
    (desk.layout.root / PAUSE).unlink()
    desk.look()
    assert state_of(desk, "fix.md") is FileState.SUCCEEDED


def test_invariant_10_pause_during_a_run_starts_no_further_step(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    text = runbook(("Fix", f"touch {desk.layout.root / PAUSE}\n\ntouch {tmp_path}/proof"))
    desk.approve("fix.md", text)
    assert desk.last.state is RunState.STOPPED
    assert not (tmp_path / "proof").exists()


# 11. The tool does not consent for itself


def test_invariant_11_a_step_that_consents_for_a_person_is_refused_without_override(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    commands = [
        f"cp x.md {desk.layout.folder(APPROVED)}/x.md",
        f"cd {desk.layout.folder(APPROVED)} && touch x.md",
        f"touch {desk.config}/config.toml",
        f"touch {desk.layout.ledger}",
        "reifierd approve other",
    ]
    for n, command in enumerate(commands):
        desk.approve(f"{n}.md", runbook(("Fix", command)))
        assert (desk.report["result"], desk.report["override"]) == ("refused", ""), command
        time.sleep(0.5)


def test_invariant_11_what_a_step_writes_into_approved_past_the_guard_is_held(desk: Desk, runbook: Write) -> None:
    """A script that was written earlier, which the guard does not see into."""
    evil = desk.layout.root.parent / "evil.md"
    evil.write_text(runbook(("Fix", "true; true")))
    script = desk.layout.root.parent / "tool.py"
    script.write_text(
        "import shutil, sys\n"
        f"shutil.copy({str(evil)!r}, {str(desk.layout.root)!r} + '/runbooks/' + 'approved'[::1] + '/evil.md')\n"
    )
    desk.approve("fix.md", runbook(("Fix", f"python3 {script}")), wish=Wish(overrides=("*",)))
    desk.look()
    assert [r.runbook for r in desk.ledger.journal.runs(9)] == [f"{APPROVED}/fix.md"]
    found = desk.ledger.journal.approval(f"{APPROVED}/evil.md")
    assert found is not None, "the script did write it"
    assert found.hold is Hold.DURING
