"""An approved file is run in its order, and a report tells what was done and what was not."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reifierd.documents.runbook import parse_runbook
from reifierd.execution import process
from reifierd.ledger.records import FileState, RunState
from reifierd.runs.words import APPROVE, RESUME, STOP, Wish, speak
from reifierd.workspace.layout import APPROVED, DRAFTS, REPORTS

Desk = Any  # a Desk of conftest.py, which tests cannot import
Write = Callable[..., str]
# The guard lets a person override it; harmless where it runs, since there is no such place.
OVERRIDABLE = "git -C /no/such/place push --force origin main || true"


def ran(desk: Desk) -> list[tuple[str, int, int | None]]:
    """(section, attempt, exit) of every step that was started."""
    return [(s["section"], s["attempt"], s["exit"]) for s in desk.report["steps"] if s["started"]]


def test_sections_run_in_order_with_one_shells_state(desk: Desk, runbook: Write) -> None:
    desk.approve(
        "fix.md",
        runbook(
            ("Verify", 'test "$x" = 5'),
            ("Diagnosis", "cat /no/such/file"),
            ("Fix", "x=5; cd /tmp\n\npwd; echo $x"),
            ("Preconditions", "true"),
        ),
    )
    assert ran(desk) == [
        ("Preconditions", 1, 0),
        ("Diagnosis", 1, 1),
        ("Fix Sequence", 1, 0),
        ("Fix Sequence", 1, 0),
        ("Verify", 1, 0),
    ]
    assert desk.report["result"] == "succeeded"
    assert desk.report["steps"][3]["output"] == "/tmp\n5\n"
    assert desk.report["steps"][3]["cwd"] == "/tmp"


def test_the_json_twin_has_the_fields_of_the_format(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "{name=go}\necho hi")))
    report = desk.report
    top = "schema run_id runbook sha256 result started ended missing_params steps left_running"
    step = "n section name line command cwd verdict findings attempt exit state started duration output"
    assert set(top.split()) <= report.keys()
    assert set(step.split()) == report["steps"][0].keys()
    assert report["runbook"] == f"{APPROVED}/fix.md"
    assert report["steps"][0]["name"] == "go"
    assert report["steps"][0]["command"] == "echo hi"
    assert datetime.fromisoformat(report["started"]).tzinfo == UTC


def test_the_first_failing_fix_stops_and_rolls_back(desk: Desk, runbook: Write) -> None:
    desk.approve(
        "fix.md", runbook(("Fix", "true\n\nfalse\n\necho never"), ("Verify", "true"), ("Rollback", "echo back"))
    )
    assert ran(desk) == [("Fix Sequence", 1, 0), ("Fix Sequence", 1, 1), ("Rollback", 1, 0)]
    assert desk.report["result"] == "failed"
    assert [s["state"] for s in desk.report["steps"] if not s["started"]] == ["not run", "not run"]
    assert f"reifierd resume {desk.last.run_id}" in desk.receipt
    assert (desk.layout.folder(APPROVED) / "fix.md").exists()


def test_a_failing_check_after_the_fix_rolls_back(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "true"), ("Verify", "false"), ("Rollback", "true")))
    assert ran(desk) == [("Fix Sequence", 1, 0), ("Verify", 1, 1), ("Rollback", 1, 0)]
    assert desk.last.state is RunState.FAILED


def test_a_precondition_that_does_not_hold_means_not_needed(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Only if", "false"), ("Fix", "echo never")))
    assert desk.report["result"] == "not needed"
    assert ran(desk) == [("Preconditions", 1, 1)]


def test_a_gate_leaves_a_healthy_service_alone(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    sick = tmp_path / "sick"
    text = runbook(("Fix", f"rm {sick}"), ("Verify", f"{{gate}}\ntest ! -e {sick}\n\ntrue"))
    path = desk.approve("fix.md", text)
    assert desk.report["result"] == "already healthy"
    assert ran(desk) == [("Gate", 0, 0), ("Gate", 0, 0)]
    assert desk.ledger.journal.approval(f"{APPROVED}/fix.md").state is FileState.HEALTHY
    sick.touch()
    path.rename(desk.layout.folder(DRAFTS) / "fix.md")
    desk.look()
    desk.approve("fix.md")
    assert desk.report["result"] == "succeeded"
    assert ran(desk) == [("Gate", 0, 1), ("Fix Sequence", 1, 0), ("Verify", 1, 0), ("Verify", 1, 0)]
    assert not sick.exists()


def test_a_gate_changes_nothing_in_the_shell_of_the_run(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "pwd"), ("Verify", "{gate}\ncd /tmp; x=1; false")))
    fix = next(s for s in desk.report["steps"] if s["section"] == "Fix Sequence")
    assert fix["output"] == f"{os.environ['HOME']}\n"


@pytest.mark.parametrize(
    ("attributes", "command", "result"),
    [
        ("{expect=3}", "exit 3", "succeeded"),
        ("{expect=0,3}", "exit 4", "failed"),
        ("{continue-on-error}", "false", "succeeded"),
        ("{timeout=300ms}", "sleep 20", "failed"),
        ("{cwd=/usr}", '[ "$PWD" = /usr ]', "succeeded"),
        ('{env="A=1 B=2"}', '[ "$A$B" = 12 ]', "succeeded"),
        ("{strict}", "false; true", "failed"),
        ("{}", "false; true", "succeeded"),
        ("{interpreter=python3}", "import sys; sys.exit(0)", "refused"),
    ],
)
def test_attributes_are_honoured(desk: Desk, runbook: Write, attributes: str, command: str, result: str) -> None:
    desk.approve("fix.md", runbook(("Fix", f"{attributes}\n{command}")))
    assert desk.report["result"] == result


def test_a_retry_is_an_attempt_with_a_line_of_its_own(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    desk.approve("fix.md", runbook(("Fix", f"{{retry=3}}\necho x >> {counter}; [ $(wc -l < {counter}) = 2 ]")))
    assert ran(desk) == [("Fix Sequence", 1, 1), ("Fix Sequence", 2, 0)]
    assert desk.report["result"] == "succeeded"


def test_what_is_excluded_is_skipped_and_said(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "{excludeFromRunAll}\necho by hand\n\ntrue")))
    assert [s["state"] for s in desk.report["steps"]] == ["finished", "skipped"]
    assert "a person runs it by hand" in desk.receipt


def test_services_left_running_are_named(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "setsid sleep 330 >/dev/null 2>&1 &")))
    left = desk.report["left_running"]
    assert [entry["command"] for entry in left] == ["sleep 330"]
    os.kill(left[0]["pid"], 9)


def test_on_approval_file_only_files(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "echo never"), front="on_approval: file"))
    assert desk.report["result"] == "filed"
    assert ran(desk) == []


@pytest.mark.parametrize(
    ("front", "section", "command", "why"),
    [
        ("", "Diagnosis", "touch /tmp/x", "stands under Diagnosis and changes something"),
        ("", "Diagnosis", "frobnicate --all", "is not known to be read-only"),
        ("", "Fix", "{interactive}\ntrue", "interactive"),
        ("", "Fix", '{env="BASH_ENV=/tmp/x"}\ntrue', "BASH_ENV"),
        ("", "Fix", "{timeout=soon}\ntrue", "malformed attribute timeout"),
        ("hosts: [some-other-host]", "Fix", "true", "may only run on some-other-host"),
        ("env: {LD_PRELOAD: x.so}", "Fix", "true", "LD_PRELOAD"),
        ("umask: '999'", "Fix", "true", "octal"),
        ("", "Notes", "true", "there is no step"),
    ],
)
def test_refused_before_anything_runs_and_back_to_drafts_unchanged(  # noqa: PLR0917 - fixtures and parameters
    desk: Desk, runbook: Write, front: str, section: str, command: str, why: str
) -> None:
    first = () if section == "Notes" else (("Fix", "echo first"),)
    text = runbook(*first, (section, command), *((("Verify", ""),) if section == "Notes" else ()), front=front)
    desk.approve("fix.md", text)
    assert desk.report["result"] == "refused"
    assert ran(desk) == []
    assert why in desk.receipt
    assert not (desk.layout.folder(APPROVED) / "fix.md").exists()
    assert (desk.layout.folder(DRAFTS) / "fix.md").read_text() == text


def test_the_guards_refusal_names_rule_line_reason_and_safer_way(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", f"true\n\ntouch {desk.layout.folder(APPROVED)}/x.md")))
    refusal = desk.report["refusals"][0]
    assert refusal["rule"] and refusal["reason"]
    assert desk.report["steps"][1]["verdict"] == "refuse"
    assert refusal["line"] == desk.report["steps"][1]["line"]
    assert refusal["reason"] in desk.receipt and refusal["rule"] in desk.receipt


def test_the_front_matter_override_of_a_refusal_is_ready_to_paste(desk: Desk, runbook: Write) -> None:
    text = runbook(("Fix", OVERRIDABLE), front="title: T")
    desk.approve("fix.md", text)
    assert desk.report["result"] == "refused", "this test needs a command that asks for an override"
    line = desk.report["override"]
    assert line.startswith("overrides: [") and line in desk.receipt
    (desk.layout.folder(DRAFTS) / "fix.md").write_text(text.replace("title: T\n", f"title: T\n{line}\n"))
    desk.look()
    desk.approve("fix.md")
    assert desk.report["result"] == "succeeded"
    assert "overridden by the front matter" in desk.receipt


def test_an_override_for_other_bytes_or_in_the_past_does_not_hold(desk: Desk, runbook: Write) -> None:
    command = OVERRIDABLE
    desk.approve("a.md", runbook(("Fix", command), front="title: T"))
    line = desk.report["override"]
    desk.approve("b.md", runbook(("Fix", command + "; echo more"), front=f"title: T\n{line}"))
    assert desk.report["result"] == "refused"
    assert "was given for other bytes" in desk.receipt
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    desk.approve("c.md", runbook(("Fix", command), front=f"title: T\n{line.replace(tomorrow, '2020-01-01')}"))
    assert "ended on 2020-01-01" in desk.receipt


def test_an_override_by_word_holds_for_this_approval(desk: Desk, runbook: Write) -> None:
    text = runbook(("Fix", OVERRIDABLE))
    desk.approve("fix.md", text)
    rules = tuple(sorted({r["rule"] for r in desk.report["refusals"]}))
    assert f"reifierd approve fix --override {rules[0]}" in desk.receipt
    desk.look()
    desk.approve("fix.md", wish=Wish(overrides=rules))
    assert desk.report["result"] == "succeeded"


def test_another_host_and_another_program_are_said_first(desk: Desk, runbook: Write) -> None:
    front = "source: {host: db7, programs: {bash: /opt/bash}}"
    desk.approve("fix.md", runbook(("Fix", "true"), front=front))
    assert desk.report["result"] == "succeeded"
    assert f"recorded on db7, run on {socket.gethostname()}" in desk.report["notes"]
    assert any(n.startswith("bash was /opt/bash when this was recorded") for n in desk.report["notes"])


def test_hosts_that_name_this_one_let_it_run(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "true"), front=f"hosts: [{socket.gethostname()}]"))
    assert desk.report["result"] == "succeeded"


def test_missing_parameters_are_all_named_before_the_first_step(desk: Desk, runbook: Write) -> None:
    front = "params:\n  DB_PASSWORD: {secret: true, value: not-used}\n  HOST: {value: h}"
    desk.approve("fix.md", runbook(("Fix", "echo $DB_PASSWORD $HOST <pod-name>"), front=front))
    assert desk.report["missing_params"] == ["DB_PASSWORD", "POD_NAME"]
    assert ran(desk) == []
    assert "reifierd approve fix --param DB_PASSWORD=… --param POD_NAME=…" in desk.receipt
    assert (desk.layout.folder(DRAFTS) / "fix.md").exists()


def test_parameters_come_by_word_file_environment_and_front_matter_in_this_order(
    desk: Desk, runbook: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.config / "params.toml").write_text('B = "file"\nA = "file"\n')
    (desk.config / "params.toml").chmod(0o600)
    for name in "ABC":
        monkeypatch.setenv(f"REIFIERD_PARAM_{name}", "environment")
    front = "params: {A: front, B: front, C: front, D: front}"
    desk.approve("fix.md", runbook(("Fix", "echo $A $B $C $D"), front=front), params={"A": "word"})
    assert desk.report["steps"][0]["output"] == "word file environment front\n"


def test_a_params_file_that_others_can_read_is_refused(desk: Desk, runbook: Write) -> None:
    (desk.config / "params.toml").write_text('A = "x"\n')
    (desk.config / "params.toml").chmod(0o644)
    desk.approve("fix.md", runbook(("Fix", "true")))
    assert desk.report["result"] == "refused"
    assert "chmod 600" in desk.receipt


def test_confirm_each_waits_before_every_fix_step(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "x=1\n\necho $x"), ("Verify", 'test "$x" = 1'), front="confirm: each"))
    run_id = desk.last.run_id
    for done in (0, 1):
        assert desk.last.state is RunState.WAITING
        assert len(desk.ledger.journal.steps(run_id)) == done
        speak(desk.layout, desk.ledger.journal, RESUME, run_id, time.time())
        desk.look()
    assert desk.report["result"] == "succeeded"
    assert ran(desk) == [("Fix Sequence", 1, 0), ("Fix Sequence", 1, 0), ("Verify", 1, 0)]


def test_resume_goes_on_at_the_failed_step_with_the_state_before_it(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    desk.approve("fix.md", runbook(("Fix", f"x=5; cd /usr\n\nx=6; cd /; test -e {flag}\n\necho $x $PWD")))
    assert desk.last.state is RunState.FAILED
    flag.touch()
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time())
    desk.look()
    assert ran(desk) == [("Fix Sequence", 1, 0), ("Fix Sequence", 1, 1), ("Fix Sequence", 2, 0), ("Fix Sequence", 1, 0)]
    assert desk.report["steps"][-1]["output"] == "6 /\n"
    assert desk.ledger.journal.approval(f"{APPROVED}/fix.md").state is FileState.SUCCEEDED


def test_resume_without_the_state_needs_a_fresh_shell_by_word(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    desk.approve("fix.md", runbook(("Fix", f"cd /usr\n\ntest -e {flag}\n\npwd")))
    flag.touch()
    for path in Path(os.environ["REIFIERD_RUNTIME_DIR"]).glob("runs/*/*/*"):
        path.unlink()
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time())
    desk.look()
    assert desk.report["result"] == "stopped" and "--fresh" in desk.last.reason
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time(), wish=Wish(fresh=True))
    desk.look()
    assert desk.report["result"] == "succeeded"
    assert desk.report["steps"][-1]["output"] == f"{os.environ['HOME']}\n"


def test_stop_ends_the_step_and_says_so(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "sleep 331\n\necho never"), ("Rollback", "echo never")), wait=False)
    desk.until_a_step_runs()
    speak(desk.layout, desk.ledger.journal, STOP, desk.last.run_id, time.time())
    assert desk.runner.wait(30)
    assert desk.report["result"] == "stopped"
    assert [s["state"] for s in desk.report["steps"]] == ["stopped", "not run", "not run"]


def test_closing_gives_the_running_step_its_grace_and_journals_its_end(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    desk.approve("fix.md", runbook(("Fix", f"trap 'echo saved > {note}; exit 1' TERM; sleep 332 & wait")), wait=False)
    desk.until_a_step_runs()
    time.sleep(0.2)
    desk.runner.close()
    desk.runner = None
    assert note.read_text() == "saved\n"
    assert desk.last.state is RunState.STOPPED
    assert not [p for p in process.table() if not p.dead and "sleep 332" in process.command_line(p.pid)]


def test_what_waits_for_its_turn_when_the_daemon_ends_is_held(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    desk.approve("first.md", runbook(("Fix", "sleep 333")), wait=False)
    desk.approve("second.md", runbook(("Fix", f"touch {tmp_path}/proof")), wait=False)
    desk.until_a_step_runs()
    desk.restart()
    desk.look()
    assert desk.ledger.journal.approval(f"{APPROVED}/second.md").state is FileState.HELD
    speak(desk.layout, desk.ledger.journal, APPROVE, f"{APPROVED}/second.md", time.time())
    desk.look()
    assert (tmp_path / "proof").exists()


def test_resume_takes_new_values_of_parameters(desk: Desk, runbook: Write) -> None:
    text = runbook(("Fix", 'true\n\n[ "$A" = right ]'), front="params: [A]")
    desk.approve("fix.md", text, params={"A": "wrong"})
    assert desk.report["result"] == "failed"
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time(), params={"A": "right"})
    desk.look()
    assert desk.report["result"] == "succeeded"


def test_several_approved_files_run_one_after_the_other(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    log = tmp_path / "log"
    for n in range(4):
        text = runbook(("Fix", f"echo begin >> {log}; sleep 0.1; echo end >> {log}; : {n}"))
        desk.draft(f"{n}.md", text).rename(desk.layout.folder(APPROVED) / f"{n}.md")
    desk.look()
    assert log.read_text().split() == ["begin", "end"] * 4


def test_a_run_can_be_followed(desk: Desk, runbook: Write) -> None:
    desk.approve("fix.md", runbook(("Fix", "echo one; sleep 0.4; echo two")))
    text = "\n".join(line.text for line in desk.ledger.journal.lines(desk.last.run_id))
    assert text.splitlines()[1:] == ["one", "two", "■ line 6: finished, exit 0"]


def test_a_public_runbook_with_prompts_runs_what_stands_behind_them(desk: Desk) -> None:
    text = "# T\n\n## Mitigation\n\n```console\n$ echo hi\nhi\n$ echo there\nthere\n```\n"
    assert parse_runbook(text.encode()).steps
    desk.approve("fix.md", text)
    assert desk.report["steps"][0]["output"] == "hi\nthere\n"


def test_a_wrong_word_is_said_and_harms_nothing(desk: Desk) -> None:
    speak(desk.layout, desk.ledger.journal, RESUME, "no-such-run", time.time())
    speak(desk.layout, desk.ledger.journal, STOP, "no-such-run", time.time())
    desk.look()
    assert any("nothing to resume" in str(f.get("problem")) for _, f in desk.events)
    assert desk.ledger.journal.words() == []


def test_wait_ends_only_when_the_late_look_has_been_written_down(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    """A file that went away counts as gone a moment later; `run --once` must not end in between (it would then not
    see that the file came back)."""
    desk.approve("again.md", runbook(("Fix", f"echo ran >> {tmp_path}/proof")))
    [intake] = desk.runner._intakes.values()
    gate, slow = threading.Event(), intake.review

    def held(now: float) -> bool:
        gate.wait(0.5)
        return bool(slow(now))

    desk.layout.folder(APPROVED).joinpath("again.md").rename(desk.layout.folder(DRAFTS) / "again.md")
    desk.runner.tick(time.time())
    intake.review = held  # the look itself is held up
    assert desk.runner.wait(10)
    approval = desk.ledger.journal.approval(f"{APPROVED}/again.md")
    assert approval is not None
    assert approval.state is FileState.GONE


@pytest.mark.parametrize("restarted", [False, True])
def test_a_report_that_cannot_be_written_is_written_when_it_can_be(
    desk: Desk, runbook: Write, *, restarted: bool
) -> None:
    reports = desk.layout.folder(REPORTS)
    reports.rename(reports.with_name("away"))
    reports.touch()  # a file where the folder should be
    desk.approve("fix.md", runbook(("Fix", "echo out")))
    run = desk.last
    assert (run.state, run.report) == (RunState.SUCCEEDED, None)
    for later in (10, 20):
        desk.runner.tick(time.time() + later)
    assert len([f for _, f in desk.events if "cannot be written yet" in str(f.get("problem"))]) == 1
    reports.unlink()  # and nobody makes the folder again
    if restarted:
        desk.restart()
    desk.runner.tick(time.time() + 30)
    assert desk.report["result"] == "succeeded"
    assert desk.report["steps"][0]["output"] == "out\n"
    desk.runner.tick(time.time() + 40)
    assert len(desk.reports()) == 1


def test_a_report_that_is_owed_is_void_when_its_run_goes_on(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    reports, flag = desk.layout.folder(REPORTS), tmp_path / "flag"
    reports.rename(reports.with_name("away"))
    reports.touch()
    desk.approve("fix.md", runbook(("Fix", f"true\n\ntest -e {flag}")))
    assert (desk.last.state, desk.last.report) == (RunState.FAILED, None)
    flag.touch()
    reports.unlink()
    reports.mkdir()
    desk.runner._tried = time.time()  # it is not tried in this very look
    speak(desk.layout, desk.ledger.journal, RESUME, desk.last.run_id, time.time())
    desk.look()
    desk.runner.tick(time.time() + 10)
    assert [desk.report["result"]] == ["succeeded"]
    assert len(desk.reports()) == 1
