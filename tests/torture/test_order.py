"""What a power cut may take: a file is written, synced, given its name, and its folder synced, in this order."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CALLS = "write,pwrite64,fsync,fdatasync,?rename,?renameat,?renameat2,?link,?linkat"
CODE = """
import sys
from pathlib import Path
from reifierd.redaction import Redactor
from reifierd.workspace.files import Door
door = Door(Redactor())
Path(sys.argv[1], "begin").touch()
door.write_new(Path(sys.argv[1]) / "report.md", "text of the report")
"""


def test_write_sync_rename_sync(tmp_path: Path, need: Callable[..., None]) -> None:
    need("strace")
    trace = tmp_path / "trace"
    folder = tmp_path / "folder"
    folder.mkdir()
    subprocess.run(
        ["strace", "-f", "-y", "-o", str(trace), "-e", f"trace={CALLS}", sys.executable, "-c", CODE, str(folder)],
        check=True, timeout=60,
    )  # fmt: skip
    calls = [line.split(" ", 1)[1].strip() for line in trace.read_text().splitlines() if str(folder) in line]
    order = [re.split(r"\(", call)[0] for call in calls]
    assert order[0] == "write"
    assert order[1:] == ["fsync", order[2], "fsync"]
    assert order[2].startswith(("rename", "link"))
    assert "report.md" in calls[2]
    assert calls[3].rstrip().endswith("= 0")
    assert f"<{folder}>" in calls[3]
    assert (folder / "report.md").read_text() == "text of the report"


def test_a_journal_line_is_synced_before_the_step_is_spawned(tmp_path: Path, need: Callable[..., None]) -> None:
    need("strace")
    trace = tmp_path / "trace"
    code = (
        "import sys, time; from pathlib import Path; from reifierd.ledger import open_ledger; "
        "from reifierd.ledger.records import *; from reifierd.redaction import Redactor; "
        "ledger = open_ledger(Path(sys.argv[1]) / 'ledger.sqlite3', Redactor()); "
        "ledger.journal.start_run(Run('r1', 'runbooks/approved/a.md', 'x', RunState.RUNNING, 1.0)); "
        "print('#begin', flush=True); "
        "ledger.journal.start_step(StepRun('r1', 1, 1, 'Fix', 'true', 1, '/', StepState.STARTED, 1.0)); "
        "print('#end', flush=True)"
    )
    subprocess.run(
        ["strace", "-f", "-y", "-o", str(trace), "-e", f"trace={CALLS}", sys.executable, "-c", code, str(tmp_path)],
        check=True, timeout=60, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    text = trace.read_text()
    between = text[text.index("#begin") : text.index("#end")].splitlines()
    wal = [line for line in between if "ledger.sqlite3-wal" in line]
    assert [line for line in wal if "pwrite64(" in line]
    assert re.search(r"f(?:data)?sync\(", wal[-1]), "the last thing done to the log is to sync it"
