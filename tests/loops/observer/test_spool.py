"""Reading and emptying the spool: nothing lost, nothing doubled, nothing of strangers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reifierd.loops.observer.spool import SpoolFile, make_spools, read_spool, remove

SESSION = "bash-4000000-1795218257119613"
HEAD = b"H1\0p=4000000\0k=bash\0v=5.2\0.\0"


def record(n: int) -> bytes:
    return b"R1\0n=%d\0t=1795218257178911\0d=1500\0e=3\0w=/srv\0c=true\0.\0" % n


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    make_spools([tmp_path / "run"])
    return tmp_path / "run/spool"


def read(spool: Path) -> list[SpoolFile]:
    return list(read_spool([spool.parent]))


def test_a_file_says_whose_it_is_and_how_far_it_goes(spool: Path) -> None:
    (spool / f"{SESSION}.spool").write_bytes(HEAD + record(1) + record(2))
    [file] = read(spool)
    assert (file.session, file.source, file.last) == (SESSION, f"hook:{SESSION}", 2)
    assert [r.shell for r in file.records] == ["bash", "bash"]


def test_what_was_not_removed_comes_again_and_is_recognised(spool: Path) -> None:
    """Killed between "stored" and "removed": the same file is read again, and has nothing new."""
    live = spool / f"{SESSION}.spool"
    live.write_bytes(HEAD + record(1) + record(2))
    [first] = read(spool)
    assert not live.exists()
    live.write_bytes(HEAD + record(3))
    again, later = read(spool)
    assert again == first
    assert again.after(2) == ()
    assert [r.seq for r in later.after(2)] == [3]
    for file in (again, later):
        remove(file)
    assert list(spool.iterdir()) == []


def test_a_file_that_its_shell_has_open_waits_and_so_does_what_is_later(spool: Path) -> None:
    live = spool / f"{SESSION}.spool"
    with live.open("ab") as shell:
        shell.write(HEAD + record(1))
        shell.flush()
        assert read(spool) == []
        live.write_bytes(HEAD + record(3))
        (spool / "zsh-4000001-1.spool").write_bytes(record(1))
        assert [f.session for f in read(spool)] == ["zsh-4000001-1"]
        shell.write(record(2))
    assert [[r.seq for r in f.records] for f in read(spool) if f.session == SESSION] == [[1, 2], [3]]


def test_strangers_are_skipped_with_the_reason(spool: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(record(1))
    (spool / "bash-4000001-1.spool").symlink_to(elsewhere)
    (spool / "bash-4000002-1.1.taken").symlink_to(elsewhere)
    (spool / "bash-4000003-1.spool").write_bytes(record(1))
    (spool / "bash-4000003-1.spool").chmod(0o666)
    os.mkfifo(spool / "bash-4000004-1.spool")
    os.link(elsewhere, spool / "bash-4000005-1.spool")
    (spool / "notes.txt").write_text("not ours to read")
    found = {f.session: f.problem for f in read(spool)}
    assert found == {
        "bash-4000002-1": "is a symbolic link: not read",
        "bash-4000003-1": "can be written by others: not read",
        "bash-4000004-1": "is not a regular file of ours: not read",
        "bash-4000005-1": "can be written by others: not read",
    }


def test_a_folder_open_to_others_is_not_read(spool: Path, tmp_path: Path) -> None:
    (spool / f"{SESSION}.spool").write_bytes(record(1))
    spool.chmod(0o755)
    [found] = read(spool)
    assert (found.records, found.problem) == ((), "is open to others: not read (chmod 700 it)")
    spool.chmod(0o700)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/spool").symlink_to(spool)
    [found] = read_spool([tmp_path / "other"])
    assert found.problem == "is not a folder: not read"


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    assert list(read_spool([tmp_path / "nowhere"])) == []


def test_scratch_files_of_shells_that_are_gone_are_removed(spool: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    (spool / f".bash-{gone.pid}-1.tmp").write_text("x")
    (spool / f".bash-{os.getpid()}-1.tmp").write_text("x")
    read(spool)
    assert [p.name for p in spool.iterdir()] == [f".bash-{os.getpid()}-1.tmp"]


def test_the_spool_folder_is_made_private_where_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "run").mkdir(mode=0o755)
    make_spools([tmp_path / "file", tmp_path / "run", tmp_path / "later"])
    assert (tmp_path / "run/spool").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "later").exists()
