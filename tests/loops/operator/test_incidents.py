"""What happened to users of other tools must not happen here; each test has the name of the report it is about."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from reifierd.execution import process
from reifierd.ledger.records import FileState, RunState, StepState
from reifierd.workspace.layout import APPROVED, DRAFTS, REPORTS

from .conftest import Desk

Write = Callable[..., str]


def test_incident_steam_3671_an_unset_variable_deletes_nothing(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    """`rm -rf "$ROOT/"*` with ROOT unset deleted users' homes: what it deletes is only known when it runs."""
    precious = tmp_path / "precious"
    precious.write_text("photos")
    desk.approve("clean.md", runbook(("Fix", 'rm -rf "$STEAMROOT/"*')))
    assert desk.last.state is RunState.REFUSED
    assert "only known when it runs" in desk.receipt
    assert precious.read_text() == "photos"
    assert (desk.layout.folder(DRAFTS) / "clean.md").exists()


@pytest.mark.parametrize("report", ["rundeck_1742", "rundeck_7164", "kestra_8334", "st2_3871"])
def test_incident_executed_twice_after_a_restart(desk: Desk, runbook: Write, tmp_path: Path, report: str) -> None:
    """A scheduler that came back ran again what had run, or was running: once is once, whatever a restart finds."""
    proof = tmp_path / report
    text = runbook(("Fix", f"echo once >> {proof}"), ("Verify", f"test -s {proof}"))
    desk.approve("job.md", text)
    for _ in range(3):
        desk.restart()
        desk.look()
    (desk.layout.folder(APPROVED) / "job.md").rename(desk.layout.folder(APPROVED) / "renamed.md")
    desk.restart()
    desk.look()
    assert proof.read_text() == "once\n"
    assert len(desk.ledger.journal.runs(10)) == 1


def test_incident_rundeck_1444_what_is_killed_does_not_keep_running(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    """A job shown as killed went on in the background, as did its children in sessions of their own."""
    pids = tmp_path / "pids"
    text = runbook(
        (
            "Fix",
            f"setsid sleep 7171 & echo $! >> {pids}; (sleep 7172 & echo $! >> {pids}) ; echo $$ >> {pids}; sleep 7173",
        )
    )
    desk.approve("long.md", text, wait=False)
    desk.until(lambda: pids.exists() and len(pids.read_text().split()) == 3)
    assert desk.runner is not None
    desk.runner.stop(desk.last.run_id)
    desk.look()
    assert desk.last.state is RunState.STOPPED
    alive = [p for pid in pids.read_text().split() if (p := process.look(int(pid))) and not p.dead]
    assert alive == []
    assert not [p for p in process.table() if process.command_line(p.pid).startswith("sleep 717")]


def test_incident_kubernaut_616_a_fix_that_does_not_help_is_no_success_and_no_loop(
    desk: Desk, runbook: Write, tmp_path: Path
) -> None:
    """A remediation that changed nothing was counted as successful and started again and again."""
    proof = tmp_path / "proof"
    desk.approve("restart.md", runbook(("Fix", f"echo tried >> {proof}"), ("Verify", "false")))
    for _ in range(3):
        desk.look()
    assert desk.last.state is RunState.FAILED
    approval = desk.ledger.journal.approval(f"{APPROVED}/restart.md")
    assert approval is not None
    assert approval.state is FileState.FAILED
    assert proof.read_text() == "tried\n"


def test_incident_tinydb_301_no_json_has_garbage_at_its_end(desk: Desk, runbook: Write, tmp_path: Path) -> None:
    """A shorter text written over a longer one and cut off in between left two documents in one file."""
    target = tmp_path / "state.json"
    code = (
        "import sys\nfrom pathlib import Path\nfrom reifierd.redaction import Redactor\n"
        "from reifierd.workspace.files import Door\ndoor, n = Door(Redactor()), 0\n"
        "while True:\n    n += 1\n"
        "    door.replace_json(Path(sys.argv[1]), {'list': list(range(3000 if n % 2 else 3))})\n"
    )
    for moment in range(12):
        writer = subprocess.Popen([sys.executable, "-c", code, str(target)])
        desk.until(target.exists)
        first = target.stat().st_ino
        desk.until(lambda first=first: target.stat().st_ino != first)
        time.sleep(moment / 1000)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert len(json.loads(target.read_text())["list"]) in {3, 3000}


def every_byte(desk: Desk) -> bytes:
    """All that reports and ledger hold."""
    files = [*desk.layout.folder(REPORTS).iterdir(), *desk.layout.state.iterdir()]
    return b"".join(p.read_bytes() for p in files if p.is_file())


@pytest.mark.parametrize("how", ["plain", "base64", "url", "json", "lines"])
def test_incident_actions_runner_291_161_326_a_given_secret_is_masked_however_it_is_printed(
    desk: Desk, runbook: Write, how: str
) -> None:
    """Masked in its plain form, a secret stood in the log in another: base64, URL, JSON, over several lines."""
    secret = 'Tr0ub4dor&3 "x\nsecond-Line+77' if how == "lines" else 'Tr0ub4dor&3"x/+77'
    shown = {
        "plain": secret,
        "base64": base64.b64encode(secret.encode()).decode(),
        "url": quote(secret, safe=""),
        "json": json.dumps(secret),
        "lines": secret,
    }[how]
    front = "params:\n  TOKEN: {secret: true}"
    code = {
        "plain": 'printf "%s\\n" "$TOKEN"',
        "base64": 'printf %s "$TOKEN" | base64 -w0; echo',
        "url": 'python3 -c \'import os, urllib.parse as u; print(u.quote(os.environ["TOKEN"], safe=""))\'',
        "json": "python3 -c 'import os, json; print(json.dumps(os.environ[\"TOKEN\"]))'",
        "lines": 'printf "%s\\n" "$TOKEN"',
    }[how]
    desk.approve("print.md", runbook(("Fix", code), front=front), params={"TOKEN": secret})
    assert desk.last.state is RunState.SUCCEEDED
    kept = every_byte(desk).decode(errors="replace")
    for line in shown.strip('"').splitlines():
        assert line not in kept


def test_incident_actions_runner_326_a_secret_of_one_character_masks_nothing(desk: Desk, runbook: Write) -> None:
    """A secret of one letter turned every log into asterisks: nothing shorter than four characters is looked for."""
    front = "params:\n  PIN: {secret: true}"
    desk.approve("pin.md", runbook(("Fix", 'echo "all is well: ${#PIN}"'), front=front), params={"PIN": "e"})
    assert desk.last.state is RunState.SUCCEEDED
    assert "all is well: 1" in desk.report["steps"][0]["output"]
    assert desk.report["steps"][0]["state"] == StepState.FINISHED.value
