"""What a sandbox tells is compared with the machine as it stands."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from reifierd.execution.sandbox.compare import Change, changes


def told(path: Path, data: bytes, **more: Any) -> dict[str, Any]:
    facts = {"mode": 0o644, "uid": os.getuid(), "gid": os.getgid(), "size": len(data)}
    content = {"sha256": hashlib.sha256(data).hexdigest(), "data": base64.b64encode(data).decode()}
    return {"path": str(path), "kind": "file", **facts, **content, **more}


def one(*records: dict[str, Any]) -> Change:
    [change] = changes(records, lambda text: text)
    return change


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"a\nb\n")
    path.chmod(0o644)
    return path


def test_the_same_bytes_are_no_change(file: Path) -> None:
    assert changes([told(file, b"a\nb\n")], str) == []


def test_text_is_shown_as_a_diff(file: Path) -> None:
    change = one(told(file, b"a\nc\n"))
    assert change.kind == "changed"
    assert change.diff.splitlines()[2:] == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]


def test_a_missing_end_of_line_is_told(file: Path) -> None:
    assert one(told(file, b"a\nb")).diff.endswith("-b\n+b\n\\ No newline at end of file")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b"])
def test_what_is_no_text_is_told_by_its_size(file: Path, data: bytes) -> None:
    change = one(told(file, data))
    assert (change.diff, change.note) == ("", f"4 → {len(data)} bytes")


def test_a_large_file_is_told_by_its_size(file: Path) -> None:
    assert one(told(file, b"x") | {"size": 1 << 30, "data": None}).note == f"4 → {1 << 30} bytes"


def test_a_mode_is_told_beside_the_content(file: Path) -> None:
    found = changes([told(file, b"c\n", mode=0o600)], str)
    assert [(c.kind, c.note) for c in found] == [("changed", ""), ("mode", "0644 → 0600")]
    assert [c.kind for c in changes([told(file, b"c\n", mode=None)], str)] == ["changed"]


def test_a_file_in_the_place_of_a_folder_is_new(tmp_path: Path) -> None:
    change = one(told(tmp_path, b"x\n"))
    assert (change.kind, change.note) == ("new", "in the place of a folder")


def test_a_deleted_folder_is_counted_and_what_never_was_is_not_told(file: Path) -> None:
    assert one({"path": str(file.parent), "kind": "deleted"}).note.endswith("in it")
    assert changes([{"path": str(file.parent / "none"), "kind": "deleted"}], str) == []


def test_a_folder_made_again_shows_what_it_lost(file: Path) -> None:
    info = file.parent.stat()
    record = {"path": str(file.parent), "kind": "folder", "opaque": True, "mode": info.st_mode & 0o7777,
              "uid": info.st_uid, "gid": info.st_gid}  # fmt: skip
    deleted = [c for c in changes([record], str) if c.path == str(file)]
    assert [c.kind for c in deleted] == ["deleted"]


def test_every_text_is_cleaned_and_names_of_any_bytes_can_be_shown(tmp_path: Path) -> None:
    record = told(Path(os.fsdecode(bytes(tmp_path) + b"/secret\xff")), b"secret\n")
    [change] = changes([record], lambda text: text.replace("secret", "***"))
    assert change.path.endswith("/***\\xff")
    assert "secret" not in change.diff
