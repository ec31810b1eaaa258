"""Private folders are the user's alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reifierd.errors import ReifierError
from reifierd.execution.private import private_folder, remove_private, write_private


def test_folders_and_files_are_the_users_alone() -> None:
    folder = private_folder("runs", "x")
    write_private(folder / "state", "caf\udce9")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "state").stat().st_mode) == 0o600
    assert (folder / "state").read_bytes() == b"caf\xe9"
    remove_private(folder)
    assert not folder.exists()


def test_a_folder_that_others_can_enter_is_not_used() -> None:
    private_folder("runs").chmod(0o755)
    with pytest.raises(ReifierError, match="not private"):
        private_folder("runs")


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (Path(os.environ["REIFIERD_RUNTIME_DIR"]) / "runs").symlink_to(tmp_path)
    with pytest.raises(ReifierError, match="not private"):
        private_folder("runs")
