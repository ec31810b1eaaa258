"""Edits as blocks: applied by real bash and patch."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.ledger.records import FileEdit
from reifierd.loops.scribe.edits import patch_block, replayable

OLD = "[web]\nlisten = 80\nroot = /srv\n"
NEW = "[web]\nlisten = 8080\nroot = /srv\nlog = 'it''s'"


@pytest.fixture
def patch_there(need: Callable[..., None]) -> None:
    need("patch")


def edit(path: Path, old: str = OLD, new: str = NEW) -> FileEdit:
    def lines(text: str) -> list[str]:
        return text.splitlines(keepends=True)

    told = difflib.unified_diff(lines(old), lines(new), f"a{path}", f"b{path}")
    diff = "".join(x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in told)
    return FileEdit(str(path), diff, "hook")


def run(block: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", block], capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("patch_there")
def test_the_block_makes_the_edit_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "a file.ini"
    file.write_text(OLD)
    assert run(patch_block(edit(file))).returncode == 0
    assert file.read_text() == NEW
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a file.ini"]


@pytest.mark.usefixtures("patch_there")
def test_an_edit_that_is_made_already_succeeds_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "x.ini"
    file.write_text(NEW)
    done = run(patch_block(edit(file)))
    assert (done.returncode, file.read_text()) == (0, NEW)
    assert "already changed" in done.stdout


@pytest.mark.usefixtures("patch_there")
def test_a_file_that_has_moved_on_fails_and_is_left_as_it_is(tmp_path: Path) -> None:
    first, second = "one\n" * 3, "two\n" * 3
    body = "\n".join(f"line {n}" for n in range(30)) + "\n"
    file = tmp_path / "x.ini"
    changed = edit(file, first + body + second, "1\n" * 3 + body + "2\n" * 3)
    file.write_text(first + body + "other\n" * 3)  # the first half of the diff would still fit
    assert run(patch_block(changed)).returncode == 1
    assert file.read_text() == first + body + "other\n" * 3
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["x.ini"]


@pytest.mark.usefixtures("patch_there")
def test_a_line_that_looks_like_the_delimiter_ends_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("a\n")
    assert run(patch_block(edit(file, "a\n", "a\nEND_OF_DIFF\n"))).returncode == 0
    assert file.read_text() == "a\nEND_OF_DIFF\n"


@pytest.mark.parametrize(
    "diff", ["", "@@ -1 +1 @@\n-a\n+password=[REDACTED:password]\n", "@@ -1 +1 @@\n-a\n+\x1b[2J\n"]
)
def test_no_edit_a_secret_or_control_characters_make_no_block(diff: str) -> None:
    assert not replayable(FileEdit("/etc/x", diff, "hook"))
