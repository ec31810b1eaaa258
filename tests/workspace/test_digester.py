"""Hashes that need not be made again, and those that must."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

from reifierd.ledger import Ledger
from reifierd.workspace.digester import SETTLED, Digester
from reifierd.workspace.layout import APPROVED
from reifierd.workspace.library import RUNBOOKS
from reifierd.workspace.root import Root
from reifierd.workspace.scan import Entry, scan


def entry_of(root: Root, name: str) -> Entry:
    return next(e for e in scan(root).entries if e.name == name)


def test_a_file_at_rest_is_read_once_also_across_restarts(root: Root, ledger: Ledger, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    time.sleep(SETTLED * 1.2)
    entry = entry_of(root, "fix.md")
    first = Digester(root, ledger.digests)
    assert first.digest(entry, time.time()) == hashlib.sha256(b"x").hexdigest()
    first.save()
    ledger.digests.of(APPROVED).put({entry.facts: "from the ledger"})
    assert Digester(root, ledger.digests).digest(entry, time.time()) == "from the ledger"


def test_a_file_that_just_changed_is_read_again(root: Root, ledger: Ledger, approved: Path) -> None:
    """Two changes within one tick of the file system's clock have the same facts."""
    digester = Digester(root, ledger.digests)
    (approved / "fix.md").write_text("x")
    entry = entry_of(root, "fix.md")
    digester.digest(entry, entry.changed)
    (approved / "fix.md").write_text("y")
    assert digester.digest(entry, entry.changed) == hashlib.sha256(b"y").hexdigest()
    digester.save()
    assert ledger.digests.of(APPROVED).all() == {}


def test_what_could_never_run_has_no_digest(root: Root, ledger: Ledger, approved: Path, tmp_path: Path) -> None:
    (approved / "link.md").symlink_to(tmp_path / "x")
    os.mkfifo(approved / "fifo.md")
    (approved / "dir.md").mkdir()
    (approved / "huge.md").touch()
    os.truncate(approved / "huge.md", 2_000_000)
    digester = Digester(root, ledger.digests)
    assert {digester.digest(e, time.time()) for e in scan(root).entries} == {""}


def test_files_that_are_gone_are_forgotten(root: Root, ledger: Ledger, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    time.sleep(SETTLED * 1.2)
    digester = Digester(root, ledger.digests)
    digester.digest(entry_of(root, "fix.md"), time.time())
    digester.save()
    digester.forget_all_but(())
    assert ledger.digests.of(APPROVED).all() == {}


def test_two_kinds_of_digests_are_never_mixed(root: Root, ledger: Ledger, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    entry = entry_of(root, "fix.md")
    later = time.time() + 1
    for library in (RUNBOOKS, replace(RUNBOOKS, folder="tasks/approved", digest=lambda data: f"task {data!r}")):
        for _ in range(2):
            digester = Digester(root, ledger.digests, library)
            assert digester.digest(entry, later) == library.digest(b"x")
            digester.save()
    Digester(root, ledger.digests, RUNBOOKS).forget_all_but(set())
    assert len(ledger.digests.of("tasks/approved").all()) == 1
