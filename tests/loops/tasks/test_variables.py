"""REGISTRY_URL and VERSION of a build: where they come from, and what is said when they do not."""

from __future__ import annotations

from typing import Any

import pytest

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.documents.task_model import Criterion, Task
from reifierd.loops.tasks.kinds import GENERAL, kind_of
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.variables import registry_in, variables_for, version_in

BUILD = kind_of(["builds"])


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Build all containers with version 0.1.18", "0.1.18"),
        ("Build all containers with Version: `v0.1.18`.", "0.1.18"),
        ("./build.sh --version=2.0.0-rc.1", "2.0.0-rc.1"),
        ("Built service images v0.1.18, pushed to registry", "0.1.18"),
        ("Release 1.4.0", "1.4.0"),
        ("from v1.0.0 to v1.1.0", ""),
        ("on 127.0.0.1 with python3.11", ""),
        ("push to localhost:5000", ""),
        ("app:1.2.3 and file-1.2.3.tar", ""),
        ("nothing", ""),
    ],
)
def test_the_version_that_a_text_names(text: str, version: str) -> None:
    assert version_in(text) == version


@pytest.mark.parametrize(
    ("text", "registry"),
    [
        ("Images are pushed to localhost:5000", "localhost:5000"),
        ("Push all images to `registry.example.org/team`", "registry.example.org/team"),
        ("Registry: http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("Registry reachable", ""),
        ("push it to the registry", ""),
    ],
)
def test_the_registry_that_a_text_names(text: str, registry: str) -> None:
    assert registry_in(text) == registry


def criterion(text: str = "Build", command: str = "make", **env: str) -> Criterion:
    attributes = Attributes(env=tuple(env.items()))
    step = Step(1, SectionKind.FIX, "", command, command, 10, attributes=attributes)
    return Criterion(3, "", text, text, False, 9, commands=(step,))


def ask(
    one: Criterion, environ: dict[str, str] | None = None, *, title: str = "", settings: Any = None, **front: Any
) -> Any:
    task = Task("T-1", title, criteria=(one,), front=front)
    return variables_for(task, one, BUILD, TasksSettings.model_validate(settings or {}), environ or {})


def test_the_front_matter_comes_first_then_the_text_the_configuration_and_the_environment() -> None:
    environ = {"VERSION": "4.0.0", "REGISTRY_URL": "env:1"}
    configured = {"version": "3.0.0", "registry": "configured:1"}
    one = criterion()
    assert ask(one, environ, settings=configured, version="1.0", registry="front:1")[0] == {
        "VERSION": "1.0",
        "REGISTRY_URL": "front:1",
    }
    assert ask(criterion("with version 2.0.0"), environ, settings=configured)[0]["VERSION"] == "2.0.0"
    assert ask(one, environ, settings=configured)[0] == {"VERSION": "3.0.0", "REGISTRY_URL": "configured:1"}
    assert ask(one, environ)[0] == {"VERSION": "4.0.0", "REGISTRY_URL": "env:1"}
    assert ask(one, title="Release v5.0.0")[0] == {"VERSION": "5.0.0"}
    assert ask(one, env={"VERSION": "6", "REGISTRY_URL": "r:1"})[0] == {"VERSION": "6", "REGISTRY_URL": "r:1"}


def test_a_missing_value_blocks_the_criterion_and_says_what_to_write() -> None:
    _, blockers = ask(criterion())
    assert [(b.criterion, b.line, b.blocks) for b in blockers] == [(3, 9, True)] * 2
    assert "registry: localhost:5000" in blockers[0].remedy
    assert "version: 1.2.3" in blockers[1].remedy


def test_a_command_that_sets_it_itself_needs_none() -> None:
    assert ask(criterion(command="VERSION=1 REGISTRY_URL=r make"))[1] == ()
    assert ask(criterion(VERSION="1", REGISTRY_URL="r"))[1] == ()


def test_a_front_matter_and_a_criterion_that_contradict_each_other_stop_it() -> None:
    [blocker] = ask(criterion("with version 0.1.18"), version="v0.1.17", registry="r:1")[1]
    assert "0.1.17" in blocker.reason
    assert ask(criterion("with version 0.1.18"), version="v0.1.18", registry="r:1")[1] == ()


def test_other_types_need_none() -> None:
    one = criterion()
    assert variables_for(Task(criteria=(one,)), one, GENERAL, TasksSettings(), {}) == ({}, ())
