"""What ends a verified task: each part of it may fail, and is made up for when the run goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from reifierd.runs.back import moved_to
from reifierd.workspace.exchange import swap_file
from reifierd.workspace.layout import TASK_APPROVED, TASK_DONE


def full(*_: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_that_cannot_be_moved_to_done_waits_for_it(
    desk: Any, task: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reifierd.loops.tasks.closing.moved_to", full)
    desk.approve(task(("Change a", "echo new > a")))
    assert (desk.last.state, desk.file().parent) == ("failed", desk.layout.folder(TASK_APPROVED))
    assert "could not be moved to tasks/done/" in desk.last.reason
    assert f"free space: df -h {desk.layout.folder(TASK_APPROVED)}" in desk.result["next_steps"]
    assert desk.result["status"] == "committed"
    monkeypatch.setattr("reifierd.loops.tasks.closing.moved_to", moved_to)
    desk.resume()
    assert (desk.last.state, desk.file().parent) == ("succeeded", desk.layout.folder(TASK_DONE))
    assert desk.project.git("rev-list", "--count", "HEAD").strip() == "2"
    assert len(desk.ran) == 1


def test_a_tick_that_cannot_be_written_is_written_when_the_run_goes_on(
    desk: Any, task: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reifierd.loops.tasks.taskfile.swap_file", full)
    monkeypatch.setattr("reifierd.loops.tasks.taskfile._BUSY", 0.2)
    desk.approve(task(("Change a", "echo new > a")))
    assert (desk.last.state, desk.boxes()) == ("failed", " ")
    assert f"free space: df -h {desk.layout.folder(TASK_APPROVED)}" in desk.result["next_steps"]
    assert desk.project.subject == "before"
    monkeypatch.setattr("reifierd.loops.tasks.taskfile.swap_file", swap_file)
    desk.resume()
    assert (desk.last.state, desk.boxes(), desk.project.committed) == ("succeeded", "x", ["a"])
    assert len(desk.ran) == 1
