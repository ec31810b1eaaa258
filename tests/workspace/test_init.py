"""Making and finding workspaces."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from reifierd.errors import UsageError
from reifierd.ledger import open_ledger
from reifierd.redaction import Redactor
from reifierd.workspace.init import complete_workspace, find_workspace, make_workspace
from reifierd.workspace.layout import APPROVED, FOLDERS, MARKER, TASK_APPROVED, TASK_DONE, TASK_DRAFTS
from reifierd.workspace.review import introduce
from reifierd.workspace.root import Root, Vanished
from reifierd.workspace.scan import scan

REPOSITORY = Path(__file__).parents[2]


def test_a_workspace_has_its_folders_explained_and_private(tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "new" / "ws")
    for name in FOLDERS:
        folder = layout.folder(name)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len((folder / "README.md").read_text().splitlines()) > 3
    assert find_workspace(layout.root) == layout


def test_making_it_again_changes_nothing_and_completes_what_is_missing(tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "ws")
    edited, missing = layout.folder("reports") / "README.md", layout.folder("runbooks/drafts") / "README.md"
    edited.write_text("mine")
    missing.unlink()
    assert make_workspace(layout.root) == layout
    assert edited.read_text() == "mine"
    assert missing.exists()


def test_the_repository_ships_the_same_explanations(tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "ws")
    made = {p.relative_to(layout.root): p.read_text() for p in layout.root.rglob("README.md")}
    shipped = {p: (REPOSITORY / "workspace" / p).read_text() for p in made}
    assert made == shipped


def test_no_marker_is_no_workspace_and_the_hint_makes_one(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="no marker") as caught:
            find_workspace(place)
        assert caught.value.hint == f"reifierd init {place}"


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (b"", "cannot be read"),
        (b"[1]", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'{"id": "../../etc", "format": 1}', "is no marker"),
        (b'{"format": 1}', "is no marker"),
        (json.dumps({"id": "abc", "format": 99}).encode(), "has format 99"),
    ],
)
def test_a_broken_or_newer_marker_is_said(tmp_path: Path, marker: bytes, message: str) -> None:
    layout = make_workspace(tmp_path / "ws")
    (layout.root / MARKER).write_bytes(marker)
    with pytest.raises(UsageError, match=message):
        find_workspace(layout.root)


def test_a_place_that_others_can_write_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(UsageError, match="writable by everyone") as caught:
        make_workspace(place)
    assert caught.value.hint == f"chmod go-w {place}"


def test_a_link_or_file_in_a_folders_place_is_no_way_out(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ws" / "runbooks").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="in the way"):
        make_workspace(tmp_path / "ws")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with pytest.raises(UsageError, match="cannot be made"):
        make_workspace(Path("/proc/nothing"))


def test_a_workspace_from_before_there_were_tasks_is_completed_once(tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "ws")
    shutil.rmtree(layout.root / "tasks")
    with Root(layout) as root, open_ledger(layout.ledger, Redactor()) as ledger:
        introduce(root, ledger, (APPROVED,))
        assert complete_workspace(root, ledger) == (TASK_DRAFTS, TASK_APPROVED, TASK_DONE)
        assert (layout.folder(TASK_APPROVED) / "README.md").exists()
        assert ledger.journal.familiar(root.identity, TASK_APPROVED), "what arrives from now on is consent"
        assert complete_workspace(root, ledger) == ()


def test_invariant_9_folders_that_the_ledger_knows_are_not_made_again(tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "ws")
    with Root(layout) as root, open_ledger(layout.ledger, Redactor()) as ledger:
        introduce(root, ledger)
        shutil.rmtree(layout.root / "tasks")
        assert complete_workspace(root, ledger) == ()
        with pytest.raises(Vanished):
            scan(root, (TASK_APPROVED,))
