"""What stands: items only, nothing followed, a vanished workspace never looks empty."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, MARKER, PAUSE, Layout
from reifierd.workspace.root import Root, Vanished, paused
from reifierd.workspace.scan import is_item, scan

NOTHING = [
    ".x.md.swp", "x.md~", ".#x.md", "#x.md#", "4913", ".goutputstream-AB12", "x.md.tmp", "x.md.part", "x.md.orig",
    "README.md", ".hidden.md", "x.md.swp", "x.md.bak", ".reifierd-tmp-1-ab", "~", "x.md.lock",
]  # fmt: skip


def test_only_runbooks_are_items_and_editors_leavings_are_nothing() -> None:
    assert {name: is_item(name) for name in NOTHING} == dict.fromkeys(NOTHING)
    assert [is_item(n) for n in ("fix.md", "4913.md", "readme.md", "a b.md", "#1.md")] == [True] * 5
    assert [is_item(n) for n in ("fix.txt", "run.sh", "fix.MD", "fix")] == [False] * 4


def test_entries_carry_the_facts_and_strangers_are_named(root: Root, approved: Path) -> None:
    (approved / "b.md").write_text("hello")
    (approved / "a.md").symlink_to("b.md")
    (approved / "dir.md").mkdir()
    os.mkfifo(approved / "fifo.md")
    (approved / "notes.txt").touch()
    for name in NOTHING[:8]:
        (approved / name).touch()
    found = scan(root)
    assert [(e.path, e.kind) for e in found.entries] == [
        (f"{APPROVED}/a.md", "link"),
        (f"{APPROVED}/b.md", "file"),
        (f"{APPROVED}/dir.md", "folder"),
        (f"{APPROVED}/fifo.md", "other"),
    ]
    assert found.strangers == (f"{APPROVED}/notes.txt",)
    entry, info = found.entries[1], (approved / "b.md").stat()
    assert entry.facts == (info.st_dev, info.st_ino, 5, info.st_mtime_ns, info.st_ctime_ns)
    assert (entry.uid, entry.nlink, entry.mode) == (os.getuid(), 1, info.st_mode)


def test_several_folders_are_one_pass(root: Root, approved: Path, layout: Layout) -> None:
    (approved / "a.md").touch()
    (layout.folder(DRAFTS) / "d.md").touch()
    assert [e.path for e in scan(root, (APPROVED, DRAFTS)).entries] == [f"{APPROVED}/a.md", f"{DRAFTS}/d.md"]


def test_a_name_that_is_no_utf8_or_has_a_newline_is_listed(root: Root, approved: Path) -> None:
    (approved / "caf\udce9.md").touch()
    (approved / "a\nb.md").touch()
    assert [e.name for e in scan(root).entries] == ["a\nb.md", "caf\udce9.md"]


def test_invariant_9_a_workspace_without_its_marker_has_vanished(root: Root, layout: Layout) -> None:
    (layout.root / MARKER).rename(layout.root / "away")
    with pytest.raises(Vanished, match="no marker"):
        scan(root)
    (layout.root / "away").rename(layout.root / MARKER)
    assert scan(root).entries == ()


def test_invariant_9_another_folder_in_its_place_is_not_it(root: Root, layout: Layout, tmp_path: Path) -> None:
    layout.root.rename(tmp_path / "moved")
    with pytest.raises(Vanished):
        scan(root)
    shutil.copytree(tmp_path / "moved", layout.root)
    with pytest.raises(Vanished, match="taken its place"):
        scan(root)


def test_invariant_9_another_workspaces_marker_is_not_it(root: Root, layout: Layout, tmp_path: Path) -> None:
    other = make_workspace(tmp_path / "other")
    shutil.copy(other.root / MARKER, layout.root / MARKER)
    with pytest.raises(Vanished, match=f"has the id {other.id}"):
        scan(root)


def test_syncthing_4345_a_missing_folder_is_not_an_empty_one(root: Root, approved: Path) -> None:
    shutil.rmtree(approved)
    with pytest.raises(Vanished, match="runbooks/approved is missing"):
        scan(root)


def test_a_folder_that_became_a_link_is_not_followed(root: Root, approved: Path, tmp_path: Path) -> None:
    approved.rename(tmp_path / "real")
    approved.symlink_to(tmp_path / "real")
    with pytest.raises(Vanished, match="symbolic link"):
        scan(root)


def test_a_root_that_is_not_there_has_vanished(layout: Layout) -> None:
    shutil.rmtree(layout.root)
    with pytest.raises(Vanished):
        Root(layout)


def test_the_kill_switch_is_any_file_of_that_name(layout: Layout) -> None:
    assert not paused(layout.root)
    (layout.root / PAUSE).symlink_to("nowhere")
    assert paused(layout.root)


def test_ten_thousand_files_are_all_seen(root: Root, approved: Path) -> None:
    for n in range(10_000):
        os.close(os.open(approved / f"r{n}.md", os.O_CREAT | os.O_WRONLY))
    assert len(scan(root).entries) == 10_000


def test_what_did_not_change_is_the_same_object(root: Root, approved: Path) -> None:
    (approved / "a.md").write_text("a")
    (approved / "b.md").write_text("b")
    before = scan(root).standing
    assert scan(root, before=before).standing is before
    (approved / "b.md").chmod(0o640)
    after = scan(root, before=before).standing
    assert after[f"{APPROVED}/a.md"] is before[f"{APPROVED}/a.md"]
    assert after[f"{APPROVED}/b.md"] != before[f"{APPROVED}/b.md"]
    (approved / "a.md").unlink()
    assert list(scan(root, before=after).standing) == [f"{APPROVED}/b.md"]
