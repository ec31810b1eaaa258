"""A step runner that carries its state on, and a clean-up of whatever a test left running."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reifierd.execution import process
from reifierd.execution.environment import clean_environment
from reifierd.execution.shell_run import run_step
from reifierd.execution.state import ShellState
from reifierd.execution.step import StepResult, StepSpec

Run = Callable[..., StepResult]


@pytest.fixture(scope="session", autouse=True)
def subreaper() -> None:
    assert process.adopt_orphans()


@pytest.fixture
def base(tmp_path: Path, private_places: Path) -> StepSpec:
    """The first step of a run, still without a command."""
    return StepSpec(":", f"test-{tmp_path.name}/0", tmp_path / "private", clean_environment(os.environ), grace=0.5)


@pytest.fixture
def run(base: StepSpec) -> Iterator[Run]:
    """`run(command, **fields)`: one step after the other in one shell's state; left processes are ended afterwards."""
    state: ShellState | None = None
    numbers = count(1)
    left: list[process.Left] = []

    def step(command: str, *, stop: Any = None, on_output: Any = lambda _: None, **fields: Any) -> StepResult:
        nonlocal state
        mark = f"{base.mark}/{next(numbers)}"
        spec = replace(base, **{"command": command, "mark": mark, "state": state, **fields})
        result = run_step(spec, stop=stop, on_output=on_output)
        state = result.state or state
        left.extend(result.left_running)
        return result

    yield step
    for one in left:
        now = process.look(one.pid)
        if now and now.start == one.start:
            os.kill(one.pid, signal.SIGKILL)
