"""`runs` shows what the journal says; `resume` and `stop` say words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reifierd.cli.main import cli, run
from reifierd.documents.task import consent_digest
from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Run, RunState, StepRun, StepState
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, PAUSE, TASK_APPROVED, Layout

Call = Callable[..., Result]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def ledger(layout: Layout) -> Iterator[Ledger]:
    with open_ledger(layout.ledger, Redactor()) as opened:
        yield opened


@pytest.fixture
def call(layout: Layout) -> Call:
    return lambda *arguments: CliRunner().invoke(cli, ["-w", str(layout.root), *arguments])


def a_run(ledger: Ledger, run_id: str, state: RunState) -> None:
    ledger.journal.start_run(Run(run_id, f"runbooks/approved/{run_id}.md", "0" * 64, RunState.RUNNING, time.time()))
    ledger.journal.start_step(
        StepRun(run_id, 1, 1, "Fix Sequence", "echo hi", 4, "/root", StepState.STARTED, time.time())
    )
    ledger.journal.end_step(run_id, 1, 1, StepState.FINISHED, exit=0, duration=0.1, output="hi\x1b[31m\n")
    if state is not RunState.RUNNING:
        ledger.journal.end_run(run_id, state, time.time(), "the reason")


def test_an_empty_journal_says_what_to_do(call: Call) -> None:
    assert "nothing has been run yet" in call("runs").output


def test_runs_are_listed_newest_first(call: Call, ledger: Ledger) -> None:
    a_run(ledger, "20261120-1", RunState.SUCCEEDED)
    a_run(ledger, "20261120-2", RunState.FAILED)
    lines = call("runs").output.splitlines()
    assert [line.split()[0] for line in lines] == ["20261120-2", "20261120-1"]
    assert [r["state"] for r in json.loads(call("runs", "--json").output)] == ["failed", "succeeded"]


def test_one_run_is_shown_step_by_step_without_escapes(call: Call, ledger: Ledger) -> None:
    a_run(ledger, "20261120-1", RunState.FAILED)
    for name in ("20261120-1", "2026", "last"):
        output = call("runs", name).output
        assert "Fix Sequence, line 4: echo hi" in output
        assert "│ hi\\x1b[31m" in output
        assert "reifierd resume 20261120-1" in output
    assert json.loads(call("runs", "last", "--json").output)["steps"][0]["exit"] == 0


def test_follow_shows_lines_until_the_end_and_exits_as_the_run(call: Call, ledger: Ledger) -> None:
    a_run(ledger, "20261120-1", RunState.RUNNING)

    def work() -> None:
        for n in range(3):
            ledger.journal.add_line("20261120-1", time.time(), f"line {n}")
            time.sleep(0.1)
        ledger.journal.end_run("20261120-1", RunState.FAILED, time.time(), "step failed")

    worker = threading.Thread(target=work)
    worker.start()
    result = call("runs", "last", "--follow")
    worker.join()
    assert result.output.splitlines() == ["line 0", "line 1", "line 2", "failed, step failed"]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("command", "state", "said"),
    [
        ("resume", RunState.FAILED, True),
        ("resume", RunState.WAITING, True),
        ("resume", RunState.UNKNOWN, True),
        ("resume", RunState.SUCCEEDED, False),
        ("resume", RunState.RUNNING, False),
        ("stop", RunState.RUNNING, True),
        ("stop", RunState.WAITING, True),
        ("stop", RunState.FAILED, False),
    ],
)
def test_words_are_said_where_they_mean_something(
    layout: Layout, ledger: Ledger, command: str, state: RunState, said: bool
) -> None:
    a_run(ledger, "20261120-1", state)
    assert run(["-w", str(layout.root), command, "last"]) == (0 if said else 1)
    assert [(w.kind, w.subject) for w in ledger.journal.words()] == ([(command, "20261120-1")] if said else [])


def test_an_unknown_run_is_a_usage_error(layout: Layout) -> None:
    for command in ("runs", "resume", "stop"):
        assert run(["-w", str(layout.root), command, "nope"]) == 2


def test_a_run_of_a_file_that_was_changed_does_not_go_on_and_says_what_to_type(
    layout: Layout, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    a_run(ledger, "20261120-1", RunState.FAILED)
    (layout.folder(APPROVED) / "20261120-1.md").write_text("# Other words\n")
    assert run(["-w", str(layout.root), "resume", "last"]) == 3
    assert "→ read it, then: reifierd approve 20261120-1\n" in capsys.readouterr().err
    assert not ledger.journal.words()


def test_a_tick_in_a_task_file_is_no_change_of_it(layout: Layout, ledger: Ledger) -> None:
    """Done by hand and ticked: the run goes on with what is left."""
    text = "# T\n## Acceptance Criteria\n- [ ] looked at\n"
    path = layout.folder(TASK_APPROVED) / "TASK-001.md"
    path.write_text(text.replace("[ ]", "[x]"))
    digest = consent_digest(text.encode())
    ledger.journal.start_run(Run("1", f"{TASK_APPROVED}/TASK-001.md", digest, RunState.RUNNING, time.time()))
    ledger.journal.end_run("1", RunState.FAILED, time.time(), "blocked")
    assert run(["-w", str(layout.root), "resume", "TASK-001"]) == 0


def test_nothing_is_resumed_while_pause_stands_and_the_way_out_can_be_typed(
    layout: Layout, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    a_run(ledger, "20261120-1", RunState.FAILED)
    (layout.root / PAUSE).touch()
    assert run(["-w", str(layout.root), "resume", "last"]) == 3
    assert f"→ rm {layout.root / PAUSE}\n" in capsys.readouterr().err
    assert not ledger.journal.words()
