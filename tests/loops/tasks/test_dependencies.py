"""What a task needs before it can run: other tasks, and programs."""

from __future__ import annotations

import pytest

from reifierd.documents.model import Attributes, SectionKind, Step
from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Work
from reifierd.loops.tasks.dependencies import (
    Known,
    circle_of,
    in_order,
    named_program_blockers,
    program_blockers,
    task_blockers,
    to_install,
)
from reifierd.shell import Context, read

HERE = {"make", "git", "python3", "sudo", "apt-get", "env", "bash", "xargs", "ssh", "docker", "which"}


def which(name: str) -> str | None:
    return f"/usr/bin/{name}" if name in HERE else None


def missing(*sources: str, interpreter: str = "bash") -> list[str]:
    works = []
    for n, source in enumerate(sources, 1):
        step = Step(1, SectionKind.FIX, "", source, source, n, attributes=Attributes(interpreter=interpreter))
        works.append(Work(n, step, read(source, Context(cwd="/w"))))
    return [f"{b.criterion}: {b.reason.split()[0]}" for b in program_blockers(works, which)]


@pytest.mark.parametrize(
    ("other", "met"),
    [(Known("T-1", done=True), True), (Known("t-1", status="Completed"), True), (Known("T-1", status="open"), False)],
)
def test_a_task_waits_for_those_it_depends_on(other: Known, met: bool) -> None:
    found = task_blockers(Task("T-2", dependencies=("T-1",)), [other])
    assert (found == ()) is met


def test_a_task_that_does_not_exist_is_told() -> None:
    [blocker] = task_blockers(Task("T-2", dependencies=("T-9",)), [])
    assert (blocker.reason, blocker.blocks) == ("it depends on T-9, and there is no such task", True)


def test_circles_are_told_with_the_way() -> None:
    known = [Known("T-1", dependencies=("T-3",)), Known("T-3", dependencies=("T-2",))]
    found = task_blockers(Task("T-2", dependencies=("T-1",)), known)
    assert found[0].reason == "tasks wait for each other: T-2 → T-1 → T-3 → T-2"
    assert circle_of("A", {"a": ["A"]}) == ("A", "A")
    assert circle_of("A", {"a": ["B"], "b": ["C"], "c": ["B"]}) == ()


def test_tasks_are_taken_by_priority_behind_what_they_depend_on() -> None:
    tasks = [Task("a", rank=0, dependencies=("c",)), Task("b", rank=1), Task("c", rank=2), Task("d", rank=0)]
    assert [t.id for t in in_order(tasks)] == ["d", "b", "c", "a"]
    circle = [Task("a", dependencies=("b",)), Task("b", dependencies=("a",))]
    assert [t.id for t in in_order(circle)] == ["a", "b"]


def test_named_programs_must_be_there() -> None:
    [blocker] = named_program_blockers(Task(programs=("make", "psql")), which)
    assert (blocker.criterion, blocker.reason, blocker.remedy) == (
        0,
        "psql is needed and not installed",
        "apt-get install postgresql-client",
    )


@pytest.mark.parametrize(
    ("program", "how"),
    [("jq", "apt-get install jq"), ("docker", "apt-get install docker.io"), ("g++", "apt-get install g++")],
)
def test_what_to_install(program: str, how: str) -> None:
    assert to_install(program) == how
    assert to_install("kustomize").startswith("install kustomize: https://")


def test_first_words_that_are_not_there_block_their_criterion() -> None:
    assert missing("make all", "frob --all | make x", "sudo frob", "bash -c 'frob x'") == [
        "2: frob",
        "3: frob",
        "4: frob",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "cd x && test -f y || echo z; [ a = b ]; [[ a = b ]]; for i in 1; do :; done",
        "f() { make; }; f",
        "if ! command -v frob >/dev/null; then echo none; else frob; fi",
        "which frob && frob",
        "sudo apt-get install -y frob && frob",
        "source venv/bin/activate; frob",
        "PATH=$HOME/bin:$PATH; frob",
        "./frob; /opt/frob",
        "$FROB x",
        "ssh host frob",
        "docker exec c frob",
        "alias frob=make; frob",
    ],
)
def test_what_is_left_to_the_run(source: str) -> None:
    assert missing(source) == []


def test_what_an_earlier_criterion_installs_is_left_to_the_run() -> None:
    assert missing("sudo apt-get install -y frob", "frob") == []


def test_another_interpreter_must_be_there_and_its_text_is_no_shell() -> None:
    assert missing("frob()", interpreter="python3") == []
    assert missing("frob()", interpreter="ruby") == ["1: ruby"]
