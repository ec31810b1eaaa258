"""Approvals, runs, steps, words: durable, at most once, changed together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reifierd.errors import ReifierError
from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Approval, FileState, Hold, Run, RunState, StepRun, StepState, key_of
from reifierd.redaction import Redactor

A, B = "a" * 64, "b" * 64
NAME = "runbooks/approved/fix.md"


def approval(name: str = NAME, sha256: str = A, state: FileState = FileState.FILED) -> Approval:
    return Approval(name, sha256, state, seen=1.0)


def run(run_id: str = "r1", sha256: str = A) -> Run:
    return Run(run_id, NAME, sha256, RunState.RUNNING, started=2.0)


def step(n: int = 1, attempt: int = 1, run_id: str = "r1") -> StepRun:
    return StepRun(run_id, n, attempt, "Fix Sequence", "true", 9, "/", StepState.STARTED, started=3.0)


def test_an_approval_comes_back_as_it_was_put(ledger: Ledger) -> None:
    held = replace(approval(state=FileState.HELD), hold=Hold.MANY, reason="six at once")
    ledger.journal.put_approval(held)
    assert ledger.journal.approval(NAME) == replace(held, key=key_of(NAME), folder="runbooks/approved")
    assert ledger.journal.approval("runbooks/approved/other.md") is None


def test_a_name_whose_text_is_redacted_is_still_found(ledger: Ledger, redactor: Redactor) -> None:
    redactor.learn("correct-horse-battery", "TOKEN")
    name = "runbooks/approved/correct-horse-battery.md"
    ledger.journal.put_approval(approval(name))
    found = ledger.journal.approval(name)
    assert found is not None
    assert "correct-horse" not in found.name
    ledger.journal.put_approval(replace(found, state=FileState.GONE))
    assert [a.state for a in ledger.journal.approvals()] == [FileState.GONE]


def test_the_bytes_that_a_name_had_before_are_still_known(ledger: Ledger) -> None:
    ledger.journal.put_approval(approval(sha256=A, state=FileState.SUCCEEDED))
    ledger.journal.put_approval(approval(sha256=B))
    latest = ledger.journal.approval(NAME)
    assert latest is not None
    assert latest.sha256 == B
    assert [(a.name, a.state) for a in ledger.journal.by_sha(A)] == [(NAME, FileState.SUCCEEDED)]
    assert len(ledger.journal.approvals()) == 1


def test_going_back_to_earlier_bytes_makes_them_the_latest(ledger: Ledger) -> None:
    for sha256 in (A, B, A):
        ledger.journal.put_approval(approval(sha256=sha256))
    latest = ledger.journal.approval(NAME)
    assert latest is not None
    assert latest.sha256 == A


def test_a_file_that_is_gone_takes_all_its_bytes_with_it(ledger: Ledger) -> None:
    ledger.journal.put_approval(approval(sha256=A, state=FileState.SUCCEEDED))
    ledger.journal.put_approval(approval(sha256=B, state=FileState.GONE))
    assert [a.state for a in ledger.journal.by_sha(A)] == [FileState.GONE]


def test_a_run_and_its_file_change_together(ledger: Ledger) -> None:
    ledger.journal.put_approval(approval())
    ledger.journal.start_run(run())
    running = ledger.journal.approval(NAME)
    assert running is not None
    assert (running.state, running.run_id) == (FileState.RUNNING, "r1")
    ledger.journal.end_run("r1", RunState.NOT_NEEDED, 5.0, "healthy", "reports/x.md")
    ended, file = ledger.journal.run("r1"), ledger.journal.approval(NAME)
    assert ended is not None
    assert file is not None
    assert (ended.state, ended.ended, ended.report) == (RunState.NOT_NEEDED, 5.0, "reports/x.md")
    assert file.state is FileState.FILED


def test_a_waiting_run_keeps_its_file_running_and_goes_on(ledger: Ledger) -> None:
    ledger.journal.put_approval(approval())
    ledger.journal.start_run(run())
    ledger.journal.end_run("r1", RunState.WAITING, 5.0)
    assert ledger.journal.recover(6.0) == []
    ledger.journal.resume_run("r1")
    resumed, file = ledger.journal.run("r1"), ledger.journal.approval(NAME)
    assert resumed is not None
    assert file is not None
    assert (resumed.state, resumed.ended, file.state) == (RunState.RUNNING, None, FileState.RUNNING)


def test_a_run_that_is_not_there_cannot_end_or_go_on(ledger: Ledger) -> None:
    with pytest.raises(ReifierError, match="no run r9"):
        ledger.journal.end_run("r9", RunState.FAILED, 1.0)
    with pytest.raises(ReifierError, match="no run r9"):
        ledger.journal.resume_run("r9")
    with pytest.raises(ReifierError, match="was started before"):
        ledger.journal.start_run(run())
        ledger.journal.start_run(run())


def test_incident_rundeck_1742_a_step_attempt_is_started_at_most_once(ledger: Ledger) -> None:
    ledger.journal.start_run(run())
    ledger.journal.start_step(step())
    with pytest.raises(ReifierError, match="was started before"):
        ledger.journal.start_step(step())
    ledger.journal.start_step(step(attempt=2))
    assert [(s.n, s.attempt) for s in ledger.journal.steps("r1")] == [(1, 1), (1, 2)]


def test_a_step_without_a_run_is_not_started(ledger: Ledger) -> None:
    with pytest.raises(ReifierError, match="r1 is not there"):
        ledger.journal.start_step(step())


def test_a_step_ends_with_its_exit_output_and_process(ledger: Ledger) -> None:
    ledger.journal.start_run(run())
    ledger.journal.start_step(step())
    ledger.journal.step_process("r1", 1, 1, pid=77, pid_start=1234)
    ledger.journal.end_step("r1", 1, 1, StepState.FINISHED, exit=0, duration=0.5, output="ok\n")
    expected = replace(step(), state=StepState.FINISHED, exit=0, duration=0.5, output="ok\n", pid=77, pid_start=1234)
    assert ledger.journal.steps("r1") == [expected]
    with pytest.raises(ReifierError, match="never started"):
        ledger.journal.end_step("r1", 2, 1, StepState.FINISHED, exit=0, duration=0, output="")


def test_runs_are_listed_newest_first(ledger: Ledger) -> None:
    for n in range(3):
        ledger.journal.start_run(replace(run(f"r{n}"), started=float(n)))
    assert [r.run_id for r in ledger.journal.runs(limit=2)] == ["r2", "r1"]


def test_those_who_follow_a_run_get_each_line_once(ledger: Ledger) -> None:
    ledger.journal.start_run(run())
    ledger.journal.add_line("r1", 1.0, "step 1")
    seen = ledger.journal.lines("r1")
    ledger.journal.add_line("r1", 2.0, "step 2")
    assert [line.text for line in ledger.journal.lines("r1", after=seen[-1].id)] == ["step 2"]


def test_a_word_is_heard_once(ledger: Ledger) -> None:
    first = ledger.journal.say("approve", NAME, "", 1.0, sha256=A)
    second = ledger.journal.say("stop", "r1", "", 2.0)
    assert [(w.id, w.kind, w.subject, w.sha256, w.key) for w in ledger.journal.words()] == [
        (first, "approve", NAME, A, key_of(NAME)),
        (second, "stop", "r1", "", key_of("r1")),
    ]
    ledger.journal.claim(approval(state=FileState.RUNNING), first)
    assert [w.id for w in ledger.journal.words()] == [second]


def test_a_dead_daemons_work_becomes_unknown_all_at_once(ledger: Ledger) -> None:
    ledger.journal.put_approval(approval())
    ledger.journal.start_run(run())
    ledger.journal.start_step(step())
    found = ledger.journal.recover(9.0)
    file = ledger.journal.approval(NAME)
    assert [(r.run_id, r.state, r.ended) for r in found] == [("r1", RunState.UNKNOWN, 9.0)]
    assert [s.state for s in ledger.journal.steps("r1")] == [StepState.UNKNOWN]
    assert file is not None
    assert file.state is FileState.UNKNOWN
    assert ledger.journal.recover(10.0) == []


def test_a_claim_whose_run_never_began_is_held(ledger: Ledger) -> None:
    ledger.journal.claim(replace(approval(state=FileState.RUNNING), run_id="r1"))
    assert ledger.journal.recover(9.0) == []
    file = ledger.journal.approval(NAME)
    assert file is not None
    assert (file.state, file.run_id, "nothing of it was started" in file.reason) == (FileState.HELD, None, True)


def test_a_ledger_knows_the_last_workspace_it_met_by_each_of_its_folders(ledger: Ledger) -> None:
    journal, here, there = ledger.journal, "12 /home/u/reifierd", "13 /home/u/copy"
    assert not journal.familiar(here, "runbooks/approved")
    journal.meet(here, "runbooks/approved")
    assert journal.familiar(here, "runbooks/approved")
    assert not journal.familiar(here, "tasks/approved")
    assert (journal.met("runbooks/approved"), journal.met("tasks/approved")) == (True, False)
    journal.meet(there, "runbooks/approved")
    assert not journal.familiar(here, "runbooks/approved")


_WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from reifierd.ledger import open_ledger
    from reifierd.ledger.records import Run, RunState, StepRun, StepState
    from reifierd.redaction import Redactor
    journal = open_ledger(Path(sys.argv[1]), Redactor()).journal
    run_id = sys.argv[2]
    journal.start_run(Run(run_id, "x.md", "00", RunState.RUNNING, 1.0))
    for n in range(100_000):
        journal.start_step(StepRun(run_id, n, 1, "Fix", "true", 1, "/", StepState.STARTED, 1.0))
        print(n, flush=True)
""")


def test_no_acknowledged_step_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    for number in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), f"r{number}"], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        acknowledged = [child.stdout.readline()]
        time.sleep(0.01 * number)
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += [line for line in child.stdout if line.endswith("\n")]
        child.wait()
        child.stdout.close()
        with open_ledger(path, Redactor()) as ledger:
            assert ledger.problems() == []
            written = {s.n for s in ledger.journal.steps(f"r{number}")}
            assert {int(line) for line in acknowledged if line} <= written
            assert [r.run_id for r in ledger.journal.recover(2.0)] == [f"r{number}"]


def test_a_run_that_begins_with_its_claim_is_there_with_it_or_not_at_all(ledger: Ledger) -> None:
    word = ledger.journal.say("approve", NAME, "", at=1.0)
    approval = Approval(NAME, A, FileState.RUNNING, 1.0, "r1")
    ledger.journal.claim(approval, word, run())
    assert ledger.journal.run("r1") == run()
    assert ledger.journal.words() == []
    again = ledger.journal.say("approve", NAME, "", at=2.0)
    with pytest.raises(ReifierError, match="started before"):
        ledger.journal.claim(approval, again, run())
    assert [w.id for w in ledger.journal.words()] == [again]
