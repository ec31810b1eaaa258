"""Files and folders that are swapped while they are looked at: what runs was trustworthy at the moment of reading."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reifierd.errors import Refused
from reifierd.workspace.consent import Busy, open_approved
from reifierd.workspace.layout import APPROVED, Layout
from reifierd.workspace.root import Root

GOOD, EVIL = b"# good\n", b"# evil\n"
ROUNDS = 1500
NAME = f"{APPROVED}/fix.md"
Swap = Callable[[], None]


@contextmanager
def hammered(swap: Swap) -> Iterator[None]:
    """`swap` again and again, in a thread of its own, until the block ends."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            with contextlib.suppress(FileNotFoundError):
                swap()

    thread, before = threading.Thread(target=work), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(before)


def reads(root: Root) -> set[bytes | str]:
    """All that came of many readings: bytes that were trusted, or why not."""
    found: set[bytes | str] = set()
    for _ in range(ROUNDS):
        try:
            found.add(open_approved(root, NAME).data)
        except (Refused, Busy) as error:
            found.add(error.message)
        except FileNotFoundError:
            found.add("gone")
    return found


@pytest.fixture
def places(layout: Layout, tmp_path: Path) -> tuple[Path, Path]:
    """The approved file, and an evil one elsewhere."""
    good, evil = layout.root / NAME, tmp_path / "evil"
    good.write_bytes(GOOD)
    evil.mkdir()
    (evil / "fix.md").write_bytes(EVIL)
    return good, evil


def test_a_file_that_becomes_a_link_and_back_is_never_followed(root: Root, places: tuple[Path, Path]) -> None:
    good, evil = places
    link, real = good.with_suffix(".link"), good.with_suffix(".real")

    def swap() -> None:
        real.write_bytes(GOOD)
        link.symlink_to(evil / "fix.md")
        link.rename(good)
        real.rename(good)

    with hammered(swap):
        found = reads(root)
    assert EVIL not in found
    assert {f for f in found if isinstance(f, bytes)} <= {GOOD}


@pytest.mark.parametrize("parent", [APPROVED, "runbooks"])
def test_a_parent_that_becomes_a_link_and_back_leads_nowhere(
    root: Root, places: tuple[Path, Path], parent: str, layout: Layout
) -> None:
    _, evil = places
    (evil / "approved").symlink_to(evil)
    folder, away = layout.root / parent, layout.root / "away"

    def swap() -> None:
        folder.rename(away)
        folder.symlink_to(evil)
        folder.unlink()
        away.rename(folder)

    with hammered(swap):
        found = reads(root)
    assert EVIL not in found


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_never_taken_for_ours(root: Root, places: tuple[Path, Path]) -> None:
    good, _ = places
    foreign, real = good.with_suffix(".foreign"), good.with_suffix(".real")

    def swap() -> None:
        real.write_bytes(GOOD)
        foreign.write_bytes(EVIL)
        os.chown(foreign, 12345, 12345)
        foreign.rename(good)
        real.rename(good)

    with hammered(swap):
        found = reads(root)
    assert EVIL not in found


def test_a_half_written_file_is_never_read(root: Root, places: tuple[Path, Path]) -> None:
    """The writer truncates and writes in two halves, as editors do: the lease or the second look sees it."""
    good, _ = places
    whole = b"# " + b"x" * 4000

    def swap() -> None:
        with good.open("r+b", buffering=0) as file:
            file.truncate(0)
            file.write(whole[:2000])
            file.write(whole[2000:])

    good.write_bytes(whole)
    with hammered(swap):
        found = reads(root)
    assert {f for f in found if isinstance(f, bytes)} <= {whole}


_MOUNTED = """
import os, subprocess, sys, time
from pathlib import Path
from reifierd.ledger import open_ledger
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED
from reifierd.workspace.lifecycle import Limits
from reifierd.workspace.review import Reviewer, introduce
from reifierd.workspace.root import Root, Vanished

disk = Path(sys.argv[1]); place = disk / "mnt"; place.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
layout = make_workspace(place / "ws")
ledger = open_ledger(layout.ledger, Redactor())
root = Root(layout)
introduce(root, ledger)
reviewer = Reviewer(root, ledger, Limits())
reviewer.review(time.time())
(layout.folder(APPROVED) / "fix.md").write_text("x")
assert len(reviewer.review(time.time()).runs) == 1
spare = disk / "spare"; spare.mkdir()
subprocess.run(["mount", "--move", place, spare], check=True) if sys.argv[2] == "unmounted" else \\
    subprocess.run(["mount", "-t", "tmpfs", "over", place / "ws" / APPROVED], check=True)
try:
    reviewer.review(time.time())
except Vanished as vanished:
    print("vanished:", vanished.message)
if sys.argv[2] == "unmounted":
    subprocess.run(["mount", "--move", spare, place], check=True)
else:
    subprocess.run(["umount", place / "ws" / APPROVED], check=True)
print("back:", len(Reviewer(Root(layout), ledger, Limits()).review(time.time()).runs))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
@pytest.mark.parametrize(
    ("what", "why"), [("unmounted", "No such file or directory|no marker"), ("covered", "mount point")]
)
def test_invariant_9_a_workspace_that_is_unmounted_is_waited_for(
    tmp_path: Path, need: Callable[..., None], what: str, why: str
) -> None:
    """A real mount, in a mount namespace of its own."""
    need("unshare", "mount")
    words = ["unshare", "-m", "--propagation", "private", sys.executable, "-c", _MOUNTED, str(tmp_path), what]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr or "permission denied" in done.stderr:
        pytest.skip("this machine does not let root mount (a container)")
    assert done.returncode == 0, done.stderr
    vanished, back = done.stdout.splitlines()
    assert any(reason in vanished for reason in why.split("|")), vanished
    assert back == "back: 1"
