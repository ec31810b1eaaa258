"""The file itself: private, durable, redacted, shared by threads and processes, and clear about what is wrong."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from reifierd.errors import ReifierError, UsageError
from reifierd.ledger import Ledger, disk, open_ledger
from reifierd.ledger.migrations import MIGRATIONS
from reifierd.ledger.records import (
    Approval,
    Command,
    FileEdit,
    FileState,
    Run,
    RunState,
    SecretParam,
    Session,
    SessionState,
    SourceMark,
    StepRun,
    StepState,
)
from reifierd.redaction import Redactor

CANARY = "s3cr3t-Canary-9f8e7d"
VERBATIM = {"id", "run_id", "session", "sha256", "key", "digests"}


def test_the_folder_and_the_file_are_private(ledger: Ledger, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    ledger.history.put("a", "b")
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "state").iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_what_was_acknowledged_is_synced(ledger: Ledger, tmp_path: Path) -> None:
    """WAL with synchronous=FULL (2) syncs the log at each commit: sqlite.org/pragma.html#pragma_synchronous."""
    rows = ledger._db.rows
    assert [rows(f"PRAGMA {p}")[0][0] for p in ("journal_mode", "synchronous", "foreign_keys")] == ["wal", 2, 1]


def _with_canaries(kind: type[Any], **given: Any) -> Any:
    """A record whose every free text holds the canary."""
    values = {f.name: f"x {CANARY}" for f in fields(kind) if "str" in str(f.type) and f.name not in VERBATIM}
    return kind(**{**values, **given})


def test_invariant_6_no_text_reaches_the_disk_unredacted(ledger: Ledger, redactor: Redactor, tmp_path: Path) -> None:
    """Every text field of every record, found by looking at the records, so that a new one is covered."""
    redactor.learn(CANARY, "TOKEN")
    edit = _with_canaries(FileEdit, sha_before="", sha_after="")
    param = _with_canaries(SecretParam)
    ledger.history.put_session(_with_canaries(Session, id="s", state=SessionState.OPEN, started=1.0, ended=2.0))
    ledger.history.ingest(
        _with_canaries(SourceMark, digests=()),
        [_with_canaries(Command, session="s", env=((f"E{CANARY}", CANARY),), params=(param,), edits=(edit,))],
    )
    ledger.history.put("k", f"v {CANARY}")
    ledger.journal.put_approval(
        _with_canaries(Approval, sha256="aa", state=FileState.FILED, seen=1.0, run_id=None, hold=None)
    )
    ledger.journal.start_run(_with_canaries(Run, run_id="r", sha256="aa", state=RunState.RUNNING, started=1.0))
    ledger.journal.start_step(
        _with_canaries(StepRun, run_id="r", n=1, attempt=1, line=1, state=StepState.STARTED, started=1.0)
    )
    ledger.journal.end_step("r", 1, 1, StepState.FINISHED, exit=0, duration=1.0, output=CANARY)
    ledger.journal.end_run("r", RunState.FAILED, 2.0, CANARY, f"reports/{CANARY}.md")
    ledger.journal.add_line("r", 1.0, CANARY)
    ledger.journal.say("approve", CANARY, CANARY, 1.0)
    left = b"".join(p.read_bytes() for p in (tmp_path / "state").iterdir())
    assert b"REDACTED" in left
    assert CANARY.encode() not in left
    (command,) = ledger.history.commands("s")
    assert all(is_dataclass(x) for x in (*command.edits, *command.params))


def test_bytes_that_are_no_utf8_are_stored_visibly(ledger: Ledger) -> None:
    ledger.history.put("name", "caf\udce9")
    assert ledger.history.get("name") == "caf\\udce9"


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    def work(thread: int) -> None:
        for n in range(20):
            ledger.history.add([Command(f"echo {thread} {n}", "bash", "hook")])

    threads = [threading.Thread(target=work, args=(t,)) for t in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.history.unassigned()) == 100


def test_another_process_reads_and_writes_while_this_one_has_it_open(ledger: Ledger, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from reifierd.ledger import open_ledger\n"
        "from reifierd.redaction import Redactor\n"
        "with open_ledger(Path(sys.argv[1]), Redactor()) as l:\n"
        "    print(l.history.get('a')); l.journal.say('stop', 'r1', '', 1.0)"
    )
    ledger.history.put("a", "from the daemon")
    path = str(tmp_path / "state" / "ledger.sqlite3")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout == "from the daemon\n"
    assert [w.subject for w in ledger.journal.words()] == ["r1"]


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction():
            ledger.history.put("a", "1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.history.get("a") is None
    ledger.history.put("a", "2")
    assert ledger.history.get("a") == "2"


def test_a_newer_ledger_is_left_alone(tmp_path: Path, redactor: Redactor) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    open_ledger(path, redactor).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(UsageError, match=f"version {len(MIGRATIONS) + 1}"):
        open_ledger(path, redactor)


def test_a_damaged_ledger_is_said_and_not_touched(tmp_path: Path, redactor: Redactor) -> None:
    path = tmp_path / "state" / "ledger.sqlite3"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(ReifierError, match="damaged") as caught:
        open_ledger(path, redactor)
    assert "mv " in caught.value.hint
    assert path.read_bytes().startswith(b"no database")


def test_a_full_disk_is_said_with_what_to_free(ledger: Ledger) -> None:
    ledger._db.rows("PRAGMA max_page_count = 60")
    with pytest.raises(ReifierError, match="disk is full") as caught:
        for n in range(1000):
            ledger.history.put(f"key {n}", "word " * 500)
    assert "df -h" in caught.value.hint
    assert ledger.problems() == []


def test_a_network_file_system_is_refused_with_the_reason(
    tmp_path: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's answer is replaced here and only here: a test cannot mount NFS."""
    monkeypatch.setattr(disk, "_magic", lambda path: 0x6969)
    with pytest.raises(UsageError, match=r"network file system \(nfs\)"):
        open_ledger(tmp_path / "state" / "ledger.sqlite3", redactor)
    assert not (tmp_path / "state" / "ledger.sqlite3").exists()


def test_local_file_systems_are_known_as_local(tmp_path: Path) -> None:
    assert disk.network_filesystem(tmp_path) is None
    assert disk.network_filesystem(Path("/dev/shm")) is None


def test_digests_are_kept_by_inode(ledger: Ledger) -> None:
    from reifierd.ledger.digests import FileFacts  # noqa: PLC0415

    old, new = FileFacts(1, 2, 3, 4, 5), FileFacts(1, 2, 9, 9, 9)
    ledger.digests.put({old: "aa"})
    ledger.digests.put({new: "bb"})
    assert ledger.digests.all() == {new: "bb"}
    ledger.digests.drop([new])
    assert ledger.digests.all() == {}


def test_what_need_not_be_durable_is_seen_by_others_at_once_and_later_commits_are_synced_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ledger.db"
    with open_ledger(path, Redactor()) as one, open_ledger(path, Redactor()) as other:
        one.journal.start_run(Run(run_id="r", runbook="a.md", sha256="0", state=RunState.RUNNING, started=1.0))
        one.journal.add_line("r", 1.0, "now")
        one.journal.settle()
        assert [line.text for line in other.journal.lines("r")] == ["now"]
        [full] = one.journal._db.rows("PRAGMA synchronous")
        assert full[0] == 2  # FULL
