"""`reifierd task list`, `show` and `new`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.documents.task import parse_task
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import TASK_APPROVED, TASK_DONE, TASK_DRAFTS, Layout

TASK = """---
id: {id}
title: {title}
priority: {priority}
dependencies: [{after}]
---
## Acceptance Criteria
- [ ] Built
  ```bash
  make all
  make install
  ```
- [x] Pushed (after: 1)
  ```bash {{verify}}
  true
  ```
## Verification
- `make check`
"""


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A workspace with a task in each folder."""
    monkeypatch.setenv("REIFIERD_WORKSPACE", str(tmp_path / "w"))
    layout = make_workspace(tmp_path / "w")
    for folder in (TASK_DRAFTS, TASK_APPROVED, TASK_DONE):
        layout.folder(folder).mkdir(parents=True, exist_ok=True)
    put(layout, f"{TASK_DRAFTS}/TASK-003", "Draft it", "low", "TASK-001, TASK-002")
    put(layout, f"{TASK_APPROVED}/TASK-002", "Do it", "medium")
    put(layout, f"{TASK_APPROVED}/TASK-007", "Hurry", "urgent", "TASK-001")
    put(layout, f"{TASK_DONE}/TASK-001", "Was done", "high")
    (layout.folder(TASK_DRAFTS) / "README.md").write_text("what this folder is")
    return layout


def put(layout: Layout, place: str, title: str, priority: str, after: str = "") -> None:
    text = TASK.format(id=Path(place).name, title=title, priority=priority, after=after)
    (layout.root / f"{place}.md").write_text(text)


def test_tasks_are_listed_approved_first_and_the_most_urgent_before(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["task", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["folder"]) for row in rows] == [
        ("TASK-007", TASK_APPROVED),
        ("TASK-002", TASK_APPROVED),
        ("TASK-003", TASK_DRAFTS),
        ("TASK-001", TASK_DONE),
    ]
    assert rows[0]["dependencies"] == [{"id": "TASK-001", "done": True}]
    assert rows[1]["criteria"] == {"total": 2, "open": 1}
    assert rows[2]["dependencies"][1] == {"id": "TASK-002", "done": False}


def test_the_table_says_what_a_task_waits_for_and_what_is_wrong(
    layout: Layout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    (layout.folder(TASK_DRAFTS) / "empty.md").write_text("# Empty\n")
    assert run(["task"]) == 0
    out = capsys.readouterr().out
    assert "Draft it (after TASK-002)" in out
    assert "Hurry (after" not in out
    assert "no acceptance criterion was found" in out
    assert "README" not in out


def test_an_empty_workspace_says_the_next_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_workspace(tmp_path / "e")
    assert run(["-w", str(tmp_path / "e"), "task", "list"]) == 0
    assert "reifierd task new" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["TASK-002", "task-002", "TASK-002.md", "tasks/approved/TASK-002.md", "002"])
def test_a_task_is_shown_by_its_id_its_name_its_path_or_a_part(
    layout: Layout, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["task", "show", name]) == 0
    out = capsys.readouterr().out
    assert "TASK-002: Do it" in out
    assert "2 criteria, 1 open\n[ ] 1  Built\n      make all\n      make install\n" in out
    assert "[x] 2  Pushed (after 1)\n      proved by  true\n" in out
    assert "checks for the whole\n  make check\n" in out
    assert "  type:        general\n" in out
    assert "→ reifierd task run TASK-002 --dry-run\n" in out


def test_show_says_that_two_files_have_one_id(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    text = (layout.folder(TASK_APPROVED) / "TASK-002.md").read_text()
    (layout.folder(TASK_DRAFTS) / "copy.md").write_text(text)
    assert run(["task", "show", "tasks/approved/TASK-002.md"]) == 0
    assert "note: tasks/drafts/copy.md has the same id" in capsys.readouterr().out


def test_show_as_json_is_the_whole_task(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["task", "show", "TASK-002", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["file"], facts["id"]) == ("tasks/approved/TASK-002.md", "TASK-002")
    assert facts["criteria"][0]["commands"][0]["command"] == "make all\nmake install"


def test_show_says_what_is_wrong_with_its_line_and_fails(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    (layout.folder(TASK_DRAFTS) / "odd.md").write_text("## Acceptance Criteria\n- [ ] a\n- [] b \x1b[2J\n")
    assert run(["task", "show", "odd"]) == 1
    out = capsys.readouterr().out
    assert "error: odd.md:3: this looks like a checkbox and is none" in out
    assert "\x1b" not in out


def test_a_name_that_is_none_or_several_is_a_usage_error(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["task", "show", "TASK-077"]) == 2
    assert "did you mean: TASK-007" in capsys.readouterr().err
    assert run(["task", "show", "TASK"]) == 2
    assert "4 tasks are called TASK" in capsys.readouterr().err


def test_a_new_task_gets_the_next_free_number_and_nothing_is_overwritten(
    layout: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "service").mkdir()
    argv = ["task", "new", "Build: it", "--label", "builds", "--label", "x", "--project", str(tmp_path / "service")]
    assert run([*argv, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"id": "TASK-008", "file": "tasks/drafts/TASK-008.md"}
    made = parse_task((layout.root / "tasks/drafts/TASK-008.md").read_bytes())
    assert (made.title, made.labels, made.project) == ("Build: it", ("builds", "x"), str(tmp_path / "service"))
    assert made.problems == ()
    assert run(["task", "new", "Another"]) == 0
    assert "tasks/drafts/TASK-009.md" in capsys.readouterr().out


def test_a_number_that_someone_took_meanwhile_is_left_alone(layout: Layout) -> None:
    (layout.folder(TASK_DRAFTS) / "TASK-008.md").symlink_to("/nowhere")  # no task, but the name is taken
    assert run(["task", "new", "Build it"]) == 0
    assert (layout.folder(TASK_DRAFTS) / "TASK-009.md").is_file()
    assert not (layout.folder(TASK_DRAFTS) / "TASK-008-2.md").exists()


def test_a_workspace_without_task_folders_is_told_to_be_completed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = make_workspace(tmp_path / "old")
    if layout.folder(TASK_DRAFTS).exists():
        shutil.rmtree(layout.root / "tasks")
    assert run(["-w", str(layout.root), "task", "new", "x"]) == 2
    assert f"reifierd init {layout.root}" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["task", "new", " "], ["task", "new", "x", "--project", "/no/such/folder"]])
def test_a_new_task_needs_a_title_and_a_project_that_is_there(layout: Layout, argv: list[str]) -> None:
    assert run(argv) == 2


def test_a_secret_in_a_title_is_not_written(layout: Layout) -> None:
    assert run(["task", "new", "Rotate password=hunter2horse99 now"]) == 0
    assert "hunter2horse99" not in (layout.folder(TASK_DRAFTS) / "TASK-008.md").read_text()
