"""Types, handlers and checks of the configuration and of other packages; a broken one stops the start."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from reifierd.errors import UsageError
from reifierd.loops.tasks.extensions import Extensions, load_extensions
from reifierd.loops.tasks.kinds import kind_of
from reifierd.loops.tasks.settings import TasksSettings

MODULE = """
from reifierd.loops.tasks.kinds import Kind
firmware = Kind("firmware", ("firmware",), readonly=True)
table = {"labels": ["Boards"], "variables": ["BOARD"]}
handlers = [{"pattern": "flash (.*)", "commands": ["flash"]}]
def check(done):
    return []
wrong = 3
typo = {"label": ["x"]}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "their_rules.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "their_rules", raising=False)
    return "their_rules"


def load(*entries: tuple[str, str, str], **settings: object) -> Extensions:
    points = [EntryPoint(name, value, f"reifierd.{group}") for group, name, value in entries]
    return load_extensions(TasksSettings.model_validate(settings), points)


def test_without_any_the_packaged_ones_are_there() -> None:
    assert [kind.name for kind in load().kinds] == ["build", "deployment", "configuration", "verification"]
    assert load_extensions(TasksSettings()).kinds == load().kinds


def test_other_packages_add_types_handlers_and_checks(package: str) -> None:
    found = load(
        ("task_types", "firmware", f"{package}:firmware"), ("task_types", "boards", f"{package}:table"),
        ("task_handlers", "flash", f"{package}:handlers"), ("task_checks", "weight", f"{package}:check"),
    )  # fmt: skip
    assert kind_of(["firmware"], found.kinds).readonly
    assert kind_of(["boards"], found.kinds).variables == ("BOARD",)
    assert found.handlers[0].commands == ("flash",)
    assert (found.checks[0].name, callable(found.checks[0].function)) == ("weight", True)


def test_the_configuration_wins(package: str) -> None:
    found = load(
        ("task_types", "firmware", f"{package}:firmware"),
        ("task_handlers", "flash", f"{package}:handlers"),
        types={"firmware": {"labels": ["firmware"]}, "build": {"labels": ["builds"]}},
        handlers=[{"pattern": "flash", "commands": ["mine"]}],
        checks=[{"name": "size", "command": "du -s ."}],
    )
    assert not kind_of(["firmware"], found.kinds).readonly
    assert kind_of(["builds"], found.kinds).variables == ()
    assert [h.commands for h in found.handlers] == [("mine",), ("flash",)]
    assert [c.name for c in found.checks] == ["size"]


@pytest.mark.parametrize("value", ["no_such_module:x", "{package}:missing", "{package}:wrong", "{package}:typo"])
def test_a_broken_one_names_its_package_and_its_error(package: str, value: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(("task_types", "odd", value.format(package=package)))
    assert "entry point odd of reifierd.task_types" in raised.value.where
    assert "Error" in raised.value.message
