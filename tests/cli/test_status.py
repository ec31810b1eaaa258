"""`status` says what came back, and counts as a person does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Run, RunState
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, PAUSE


def test_a_draft_that_was_refused_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "w")]) == 0
    layout, w = make_workspace(tmp_path / "w"), ["-w", str(tmp_path / "w")]
    (layout.folder(DRAFTS) / "new.md").write_text("# New\n")
    (layout.folder(APPROVED) / "bad.md").write_text("# Bad\n\n## Fix\n\n```bash\nrm -rf /\n```\n")
    assert run([*w, "run", "--once"]) == 3
    capsys.readouterr()
    assert run([*w, "status"]) == 0
    told = capsys.readouterr().out
    (bad,) = [line for line in told.splitlines() if line.startswith("  bad.md")]
    assert "refused at " in bad
    assert "see reports/" in bad
    assert "  new.md\n" in told
    assert run([*w, "status", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["refused"]) == ["bad.md"]


def test_a_run_whose_report_could_not_be_written_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "w")]) == 0
    layout, w = make_workspace(tmp_path / "w"), ["-w", str(tmp_path / "w")]
    with open_ledger(layout.ledger, Redactor()) as ledger:
        ledger.journal.start_run(Run("20261120-1402-ab", f"{APPROVED}/x.md", "0" * 64, RunState.RUNNING, 1.0))
        ledger.journal.end_run("20261120-1402-ab", RunState.FAILED, 2.0, "the disk was full")
    assert run([*w, "status"]) == 0
    assert "its report could not be written yet" in capsys.readouterr().out


def test_what_waits_for_a_word_says_the_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path / "w")]) == 0
    layout, w = make_workspace(tmp_path / "w"), ["-w", str(tmp_path / "w")]
    failing = layout.folder(APPROVED) / "failing.md"
    failing.write_text("# Failing\n\n## Fix\n\n```bash\nfalse\n```\n")
    assert run([*w, "run", "--once"]) == 1
    (layout.root / PAUSE).touch()
    capsys.readouterr()
    assert run([*w, "status"]) == 0
    told = capsys.readouterr().out
    with open_ledger(layout.ledger, Redactor()) as ledger:
        (failed,) = ledger.journal.runs(1)
    assert f"      → reifierd resume {failed.run_id}\n" in told
    assert f"→ rm {layout.root / PAUSE}\n" in told
    (layout.root / PAUSE).unlink()
    failing.write_text("# Failing\n\n## Fix\n\n```bash\ntrue\n```\n")
    assert run([*w, "run", "--once"]) == 0
    capsys.readouterr()
    assert run([*w, "status"]) == 0
    assert "changed after it was approved" in (told := capsys.readouterr().out)
    assert "      → reifierd approve failing\n" in told
