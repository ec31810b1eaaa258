"""Hostile and unfinished files: each refused with the repair, or Busy; what is good is read once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.errors import Refused
from reifierd.workspace import consent
from reifierd.workspace.beneath import open_beneath, walk_beneath
from reifierd.workspace.consent import Busy, open_approved, ready_for_leases
from reifierd.workspace.layout import Layout
from reifierd.workspace.root import Root

NAME = "runbooks/approved/fix.md"


@pytest.fixture
def good(approved: Path) -> Path:
    path = approved / "fix.md"
    path.write_text("# fix\n")
    return path


def refused(root: Root, name: str = NAME) -> Refused:
    with pytest.raises(Refused) as caught:
        open_approved(root, name)
    assert caught.value.exit_code == 3
    return caught.value


def test_a_good_file_is_read_and_hashed(root: Root, good: Path) -> None:
    found = open_approved(root, NAME)
    assert (found.name, found.data) == (NAME, b"# fix\n")
    assert found.sha256 == hashlib.sha256(b"# fix\n").hexdigest()
    assert found.facts.ino == good.stat().st_ino


def test_a_missing_file_is_missing_not_refused(root: Root) -> None:
    with pytest.raises(FileNotFoundError):
        open_approved(root, NAME)


def test_a_symbolic_link_is_refused_and_the_repair_makes_it_a_file(root: Root, good: Path, tmp_path: Path) -> None:
    good.rename(tmp_path / "real.md")
    good.symlink_to(tmp_path / "real.md")
    error = refused(root)
    assert "symbolic link" in error.message
    subprocess.run(["bash", "-c", error.hint], check=True)
    assert open_approved(root, NAME).data == b"# fix\n"


def test_a_linked_parent_folder_is_refused(root: Root, good: Path, tmp_path: Path) -> None:
    good.parent.rename(tmp_path / "approved")
    good.parent.symlink_to(tmp_path / "approved")
    assert "symbolic link" in refused(root).message


def test_a_way_out_is_refused(root: Root, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("x")
    assert "mount point" in refused(root, "runbooks/approved/../../../x.md").message


def test_a_second_name_is_refused_and_the_repair_leaves_one(root: Root, good: Path, tmp_path: Path) -> None:
    os.link(good, tmp_path / "other.md")
    error = refused(root)
    assert "2 names" in error.message
    subprocess.run(["bash", "-c", error.hint], check=True)
    assert open_approved(root, NAME).data == b"# fix\n"


@pytest.mark.parametrize(("mode", "who"), [(0o646, "everyone"), (0o666, "everyone")])
def test_a_file_that_others_can_write_is_refused(root: Root, good: Path, mode: int, who: str) -> None:
    good.chmod(mode)
    error = refused(root)
    assert f"can be written by {who}" in error.message
    subprocess.run(["bash", "-c", error.hint], check=True)
    assert open_approved(root, NAME).data == b"# fix\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_foreign_group_or_owner_is_refused(root: Root, good: Path) -> None:
    os.chown(good, 0, 12345)
    good.chmod(0o664)
    assert "the group 12345" in refused(root).message
    good.chmod(0o644)
    assert open_approved(root, NAME).data == b"# fix\n"
    os.chown(good, 12345, 0)
    assert "belongs to another user (uid 12345)" in refused(root).message


def test_a_private_group_may_write(root: Root, good: Path) -> None:
    """Root's own group here; an ordinary user's where umask is 002."""
    good.chmod(0o664)
    assert open_approved(root, NAME).data == b"# fix\n"


def test_an_access_control_list_hides_no_writer(root: Root, good: Path) -> None:
    """`setfacl -m u:12345:rw` as the kernel stores it (linux/posix_acl_xattr.h); the mode shows the list's mask."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, 6, nobody), (0x02, 6, 12345), (0x04, 4, nobody), (0x10, 6, nobody), (0x20, 4, nobody)]
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)
    try:
        os.setxattr(good, "system.posix_acl_access", value)
    except OSError:
        pytest.skip("this file system has no access control lists")
    error = refused(root)
    assert "access control list" in error.message
    assert error.hint.startswith("setfacl -b ")


@pytest.mark.parametrize("folder", ["runbooks/approved", "runbooks", "."])
def test_a_folder_that_others_can_write_is_refused(root: Root, good: Path, layout: Layout, folder: str) -> None:
    place = layout.root / folder
    place.chmod(0o777)
    error = refused(root)
    assert "folder can be written by everyone" in error.message
    subprocess.run(["bash", "-c", error.hint], check=True)
    assert open_approved(root, NAME).data == b"# fix\n"


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket"])
def test_what_is_no_regular_file_is_refused_without_waiting(root: Root, approved: Path, kind: str) -> None:
    path = approved / "fix.md"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        import socket  # noqa: PLC0415

        here = Path.cwd()
        os.chdir(approved)  # a socket's path has at most 107 bytes
        try:
            socket.socket(socket.AF_UNIX).bind("fix.md")
        finally:
            os.chdir(here)
    assert "not a regular file" in refused(root).message


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a device")
def test_a_device_is_refused(root: Root, approved: Path) -> None:
    os.mknod(approved / "fix.md", 0o600 | 0o020000, os.makedev(1, 3))
    assert "not a regular file" in refused(root).message


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_mount_point_is_refused(root: Root, good: Path, tmp_path: Path, what: str) -> None:
    source = tmp_path / "outside"
    target = good if what == "file" else good.parent
    shutil.copy(good, source) if what == "file" else shutil.copytree(good.parent, source)
    if subprocess.run(["mount", "--bind", source, target], check=False, capture_output=True).returncode:
        pytest.skip("mounting is forbidden here")
    try:
        assert "mount point" in refused(root).message
        with pytest.raises(OSError, match="Invalid cross-device link"):
            walk_beneath(root.fd, NAME, os.O_RDONLY)
    finally:
        subprocess.run(["umount", target], check=True)


def test_a_huge_file_is_refused(root: Root, good: Path) -> None:
    os.truncate(good, consent.MAX_BYTES + 1)
    assert "1000001 bytes" in refused(root).message


@pytest.mark.parametrize("name", ["a\nb.md", "a\x1b[2Jb.md", "caf\udce9.md"])
def test_a_name_that_cannot_be_shown_is_refused_visibly(root: Root, approved: Path, name: str) -> None:
    (approved / name).write_text("x")
    error = refused(root, f"runbooks/approved/{name}")
    assert str(error).isascii() or "→" in str(error)
    assert "\x1b" not in str(error)
    assert error.where.count("\n") == 0
    if "\udce9" not in name:
        subprocess.run(["bash", "-c", error.hint], check=True)
        assert open_approved(root, "runbooks/approved/renamed.md").data == b"x"


def test_a_file_that_someone_writes_is_busy_until_it_is_closed(root: Root, good: Path) -> None:
    with good.open("a"), pytest.raises(Busy, match="still being written"):
        open_approved(root, NAME)
    assert open_approved(root, NAME).data == b"# fix\n"


def test_a_writer_that_comes_while_we_read_waits_and_no_signal_kills_us(root: Root, good: Path) -> None:
    assert ready_for_leases()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            subprocess.run(["bash", "-c", 'printf "# fix\\n" > "$1"', "-", str(good)], check=True)

    thread = threading.Thread(target=write)
    thread.start()
    seen = set()
    try:
        for _ in range(300):
            try:
                seen.add(open_approved(root, NAME).data)
            except Busy:
                seen.add(b"busy")
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"# fix\n", b"busy", b""}


def test_without_leases_a_fresh_change_is_still_busy(tmp_path: Path, root: Root, good: Path) -> None:
    """In a process whose SIGIO is left at its default, as in any thread before `ready_for_leases`."""
    code = (
        "import os, sys, threading, time\nfrom pathlib import Path\n"
        "from reifierd.workspace.consent import Busy, open_approved\n"
        "from reifierd.workspace.init import find_workspace\nfrom reifierd.workspace.root import Root\n"
        "root = Root(find_workspace(Path(sys.argv[1])))\nname = 'runbooks/approved/fix.md'\n"
        "def look():\n"
        "    os.utime(root.path(name))\n"
        "    try: open_approved(root, name)\n"
        "    except Busy: print('busy')\n"
        "    os.utime(root.path(name), (1, 1))\n"
        "    print(open_approved(root, name).data)\n"
        "t = threading.Thread(target=look); t.start(); t.join()"
    )
    command = [sys.executable, "-c", code, str(root.layout.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "busy\nb'# fix\\n'\n"


def test_steps_do_not_inherit_an_ignored_signal() -> None:
    assert ready_for_leases()
    code = "import signal; print(signal.getsignal(signal.SIGIO) == signal.SIG_DFL)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert signal.getsignal(signal.SIGIO) is not signal.SIG_IGN


def test_a_file_swapped_for_a_link_while_we_look_never_leads_out(root: Root, good: Path, tmp_path: Path) -> None:
    """Someone swaps the file and its folder for links to a trap as fast as they can: the trap is never read."""
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "fix.md").write_text("trap")
    stop = threading.Event()

    def swap() -> None:
        folder, away = good.parent, tmp_path / "away"
        while not stop.is_set():
            folder.rename(away)
            folder.symlink_to(tmp_path / "trap")
            folder.unlink()
            away.rename(folder)
            good.rename(tmp_path / "kept.md")
            good.symlink_to(tmp_path / "trap" / "fix.md")
            good.unlink()
            (tmp_path / "kept.md").rename(good)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for _ in range(2000):
            try:
                seen.add(open_approved(root, NAME).data)
            except (Refused, Busy, FileNotFoundError):
                seen.add(b"refused")
    finally:
        stop.set()
        thread.join()
    assert b"trap" not in seen
    assert b"refused" in seen


@pytest.mark.parametrize("opener", [open_beneath, walk_beneath])
def test_both_ways_of_opening_agree(
    root: Root, good: Path, tmp_path: Path, opener: Callable[[int, str, int], int]
) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW
    (good.parent / "link.md").symlink_to(good)
    (root.layout.root / "linked").symlink_to(good.parent)
    os.close(opener(root.fd, NAME, flags))
    os.close(opener(root.fd, "runbooks", flags | os.O_DIRECTORY))
    os.close(opener(root.fd, ".", flags | os.O_DIRECTORY))
    codes = {}
    for bad in ("runbooks/approved/link.md", "linked/fix.md", "../x", "/etc/passwd", "runbooks/none.md", f"{NAME}/x"):
        with pytest.raises(OSError) as caught:
            opener(root.fd, bad, flags)
        codes[bad] = os.strerror(caught.value.errno or 0)
    assert list(codes.values()) == [
        "Too many levels of symbolic links",
        "Too many levels of symbolic links",
        "Invalid cross-device link",
        "Invalid cross-device link",
        "No such file or directory",
        "Not a directory",
    ]


def test_descriptors_are_closed_whatever_happens(root: Root, good: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    for name in (NAME, "runbooks/approved/none.md", "linked/x.md", "../x.md", "a\nb.md"):
        with contextlib.suppress(Refused, OSError):
            open_approved(root, name)
        with contextlib.suppress(OSError):
            os.close(walk_beneath(root.fd, name, os.O_RDONLY))
    assert descriptors() == before
