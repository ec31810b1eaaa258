"""The diff of two copies is one that `patch` applies, byte for byte."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.loops.observer.edits import file_edit
from reifierd.loops.observer.spool_records import FileCopy


def applied(edit_path: Path, before: bytes | None, after: bytes | None) -> bytes | None:
    """What `patch` makes of the file, with the diff of (before, after)."""
    edit_path.unlink(missing_ok=True)
    if before is not None:
        edit_path.write_bytes(before)
    edit = file_edit(FileCopy(str(edit_path), before, after))
    assert edit is not None
    subprocess.run(
        ["patch", "-p1", "-d", "/", "-s"], input=edit.diff.encode(), check=True, capture_output=True, timeout=10
    )
    return edit_path.read_bytes() if edit_path.exists() else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\nb", b"a\nb\n"),
        (b"a\n", b"a"),
        (None, b"new\nfile\n"),
        (None, b"no newline"),
        (None, b""),
        (b"old\n", None),
        (b"a\r\nb\x0cc\n", b"a\r\nb\x0cd\n"),
        ("é\u2028x\n".encode(), "è\u2028x\n".encode()),
        (b"--- x\n+++ y\n", b"--- x\n+++ z\n"),
    ],
)
@pytest.mark.parametrize("name", ["file", "with space"])
def test_patch_makes_the_same_bytes(
    before: bytes | None, after: bytes | None, name: str, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("patch")
    assert applied(tmp_path / name, before, after) == after


TEXT = st.text(st.sampled_from("ab\n\r\t é"), max_size=30).map(str.encode)


@given(before=TEXT, after=TEXT)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_patch_makes_the_same_bytes_of_any_text(
    before: bytes, after: bytes, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("patch")
    if before != after and after:
        assert applied(tmp_path / "f", before, after) == after


def test_unchanged_is_an_empty_diff_without_hashes() -> None:
    edit = file_edit(FileCopy("/etc/x", b"", b""), key=b"k")
    assert edit is not None
    assert (edit.path, edit.diff, edit.origin, edit.sha_before, edit.sha_after) == ("/etc/x", "", "hook", "", "")


def test_hashes_are_keyed_or_absent() -> None:
    copy = FileCopy("/etc/x", None, b"PIN=1234\n")
    one, two, none = file_edit(copy, b"one"), file_edit(copy, b"two"), file_edit(copy)
    assert one and two and none
    assert one.sha_after != two.sha_after
    assert len(one.sha_after) == 64
    assert (one.sha_before, none.sha_after) == ("", "")


def test_what_is_no_text_has_no_edit() -> None:
    assert file_edit(FileCopy("/x", b"\xff\n", b"a\n")) is None
    assert file_edit(FileCopy("/x\ny", b"b\n", b"a\n")) is None
