"""Writing: whole or not at all, never over something, never a secret."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.redaction import Redactor
from reifierd.workspace.files import (
    TEMP,
    Door,
    link_and_unlink,
    move_no_replace,
    replace_atomic,
    sweep_temps,
    write_new,
)


def test_a_new_file_is_whole_and_private(tmp_path: Path) -> None:
    path = write_new(tmp_path / "fix.md", b"hello")
    assert (path, path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (tmp_path / "fix.md", b"hello", 0o600)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(TEMP)] == []


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    names = [write_new(tmp_path / "fix.v1.md", str(n).encode()).name for n in range(3)]
    assert names == ["fix.v1.md", "fix.v1-2.md", "fix.v1-3.md"]
    assert (tmp_path / "fix.v1.md").read_bytes() == b"0"
    assert [write_new(tmp_path / "plain", b"").name for _ in range(2)] == ["plain", "plain-2"]


def test_a_dangling_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "fix.md").symlink_to(tmp_path / "elsewhere")
    assert write_new(tmp_path / "fix.md", b"x").name == "fix-2.md"
    assert not (tmp_path / "elsewhere").exists()


def test_moving_never_overwrites_and_keeps_the_bytes(tmp_path: Path) -> None:
    start, goal = tmp_path / "a", tmp_path / "b"
    start.mkdir()
    goal.mkdir()
    (goal / "x.md").write_text("there first")
    (start / "x.md").write_text("moved")
    moved = move_no_replace(start / "x.md", goal)
    assert (moved.name, moved.read_text(), (goal / "x.md").read_text()) == ("x-2.md", "moved", "there first")
    assert list(start.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        move_no_replace(start / "x.md", goal)


def test_a_folder_moves_as_well(tmp_path: Path) -> None:
    for name in ("a/p1", "b/p1"):
        (tmp_path / name).mkdir(parents=True)
    assert move_no_replace(tmp_path / "a" / "p1", tmp_path / "b").name == "p1-2"


def test_without_rename_noreplace_a_link_does_the_same(tmp_path: Path) -> None:
    for name in ("old.md", "taken.md"):
        (tmp_path / name).write_text(name)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(FileExistsError):
            link_and_unlink(folder, "old.md", folder, "taken.md")
        link_and_unlink(folder, "old.md", folder, "new.md")
        (tmp_path / "d1").mkdir()
        (tmp_path / "d2").mkdir()
        with pytest.raises(FileExistsError):
            link_and_unlink(folder, "d1", folder, "d2")
        link_and_unlink(folder, "d1", folder, "d3")
    finally:
        os.close(folder)
    assert sorted(p.name for p in tmp_path.iterdir()) >= ["d2", "d3"]
    assert (tmp_path / "new.md").read_text() == "old.md"
    assert (tmp_path / "taken.md").read_text() == "taken.md"


def test_replacing_leaves_no_moment_without_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_atomic(path, b"one")
    before = path.stat().st_ino
    replace_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_ino != before


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file-size limit stands for the full disk: the write fails half-way in the same place."""
    place = tmp_path / "out"
    place.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        for write in (write_new, replace_atomic):
            with pytest.raises(OSError, match="File too large"):
                write(place / "x.md", b"x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(place.iterdir()) == []


def test_every_text_that_goes_through_the_door_is_redacted(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.learn("hunter2-is-my-pass", "DB_PASSWORD")
    door = Door(redactor)
    door.write_new(tmp_path / "a.md", "psql -W hunter2-is-my-pass\n")
    door.write_new(tmp_path / "b.md", b"bytes hunter2-is-my-pass \xff\n")
    door.replace(tmp_path / "c.md", "hunter2-is-my-pass")
    door.write_new_json(tmp_path / "d.json", {"k": ["hunter2-is-my-pass", 1, None], "hunter2-is-my-pass": "x"})
    door.replace_json(tmp_path / "e.json", ("hunter2-is-my-pass",))
    everything = {p.name: p.read_text() for p in tmp_path.iterdir() if p.is_file()}
    assert len(everything) == 5
    assert not [n for n, text in everything.items() if "hunter2" in text]
    assert "\\xff" in everything["b.md"]
    assert json.loads(everything["d.json"])["k"][1:] == [1, None]


def test_what_a_dead_writer_left_is_swept_and_a_living_ones_is_not(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    (tmp_path / f"{TEMP}{dead.stdout.strip()}-abc").touch()
    (tmp_path / f"{TEMP}{os.getppid()}-abc").touch()
    (tmp_path / "x.md").touch()
    assert sweep_temps(tmp_path) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [f"{TEMP}{os.getppid()}-abc", "home", "runtime", "x.md"]
    )


@pytest.mark.parametrize("how", ["write_new", "replace_atomic"])
def test_the_order_is_write_fsync_rename_fsync_folder(tmp_path: Path, need: Callable[..., None], how: str) -> None:
    """A power cut between any two of these leaves the old state or the new one; SIGKILL could not show that."""
    need("strace")
    log = tmp_path / "trace"
    code = f"import sys, pathlib, reifierd.workspace.files as f; f.{how}(pathlib.Path(sys.argv[1]), b'x')"
    calls = "trace=write,fsync,rename,renameat,renameat2,linkat"
    command = ["strace", "-f", "-y", "-o", str(log), "-e", calls, sys.executable, "-c", code, str(tmp_path / "out.md")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    seen = [line.split("(")[0].split()[-1] for line in log.read_text().splitlines() if str(tmp_path) in line]
    assert [c[:6] for c in seen] == ["write", "fsync", "rename", "fsync"]
    assert f"<{tmp_path}>" in log.read_text().splitlines()[-2]
