"""Lines for those who follow a run: together where they come fast, and never later than a timer's turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Run, RunState
from reifierd.redaction import Redactor
from reifierd.runs.live import Live

STEP = {"section": "Fix Sequence", "line": 3, "command": "make"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.db", Redactor()) as opened:
        opened.journal.start_run(
            Run(run_id="r", runbook="runbooks/approved/a.md", sha256="0", state=RunState.RUNNING, started=1.0)
        )
        yield opened


def rows(ledger: Ledger) -> list[str]:
    return [line.text for line in ledger.journal.lines("r")]


def test_a_thousand_lines_at_once_are_a_few_rows_and_none_is_lost(ledger: Ledger) -> None:
    live = Live(ledger.journal, "r")
    for n in range(1000):
        live.line("step", {**STEP, "line": n})
    live.flush()
    assert [line.split(",")[1] for row in rows(ledger) for line in row.split("\n")] == [
        f" line {n}: make" for n in range(1000)
    ]
    assert len(rows(ledger)) < 100


def test_what_came_too_early_is_written_while_the_step_goes_on(ledger: Ledger) -> None:
    live = Live(ledger.journal, "r")
    live.line("step", STEP)
    live.line("step ended", {"line": 3, "state": "finished", "exit": 0})
    until = time.monotonic() + 20
    while len(rows(ledger)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert rows(ledger) == ["▶ Fix Sequence, line 3: make", "■ line 3: finished, exit 0"]


def test_output_stands_between_the_lines_of_its_step(ledger: Ledger) -> None:
    live = Live(ledger.journal, "r")
    live.line("step", STEP)
    live.feed(b"one\ntw")
    live.feed(b"o\n")
    live.line("step ended", {"line": 3, "state": "finished", "exit": 0})
    live.flush()
    assert "\n".join(rows(ledger)).split("\n")[1:] == ["one", "two", "■ line 3: finished, exit 0"]
