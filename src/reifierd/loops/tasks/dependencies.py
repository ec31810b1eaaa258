"""What a task needs before it can run: other tasks, and programs.

- A task that it depends on must be done: it stands in `tasks/done/`, or its status says so. Circles are told.
- Programs that the task names (`requires`, a Dependencies section) must be in PATH, or the whole task waits.
- So must the first words of its commands, or that criterion waits. A program that the block itself asks about
  (`command -v x`), or that may come with a package or a PATH of an earlier command, is left to the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reifierd.documents.task_model import Task
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.knowledge import table
from reifierd.loops.tasks.scripts import is_elsewhere
from reifierd.shell.model import EffectKind, Invocation

Which = Callable[[str], str | None]
DONE = frozenset({"done", "completed", "complete", "closed", "verified", "committed"})


@dataclass(frozen=True)
class Known:
    """What is known of another task: `done` where it stands in `tasks/done/`."""

    id: str
    status: str = ""
    done: bool = False
    dependencies: tuple[str, ...] = ()
    approved: bool = False

    @property
    def met(self) -> bool:
        return self.done or re.sub(r"[\s_-]+", " ", self.status).strip().lower() in DONE


def task_blockers(task: Task, known: Iterable[Known]) -> tuple[Blocker, ...]:
    """The tasks that this one waits for, each with why; ids are compared without case."""
    by_id = {other.id.lower(): other for other in known}
    found = []
    circle = circle_of(task.id, {**{k: v.dependencies for k, v in by_id.items()}, task.id.lower(): task.dependencies})
    if circle:
        reason = f"tasks wait for each other: {' → '.join(circle)}"
        found.append(Blocker("dependency", reason, "take one of these dependencies out"))
    for needed in task.dependencies:
        other = by_id.get(needed.lower())
        if other is None:
            reason, remedy = f"it depends on {needed}, and there is no such task", "correct dependencies"
        elif not other.met:
            reason = f"it depends on {needed}, which is not done"
            remedy = f"reifierd task run {needed}" if other.approved else f"move {needed} into tasks/approved"
        else:
            continue
        found.append(Blocker("dependency", reason, remedy))
    return tuple(found)


def with_named(task: Task, known: Iterable[Known]) -> Task:
    """The task, with those of the programs it names that are tasks: an id may look like a program's name."""
    ids = {other.id.lower(): other.id for other in known}
    named = tuple(ids[name.lower()] for name in task.programs if name.lower() in ids)
    programs = tuple(name for name in task.programs if name.lower() not in ids)
    return replace(task, dependencies=(*task.dependencies, *named), programs=programs)


def circle_of(start: str, dependencies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from a task back to itself (`A → B → A`); empty where there is none. Keys are in lower case."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for needed in dependencies.get(way[-1].lower(), ()):
            if needed.lower() == start.lower():
                return (*way, start)
            if needed.lower() not in seen:
                seen.add(needed.lower())
                ways.append((*way, needed))
    return ()


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """By priority, then by id, each behind those of them that it depends on; those in a circle keep their place."""
    waiting = sorted(tasks, key=lambda t: (t.rank, t.id))
    ordered: list[Task] = []
    while waiting:
        open_ids = {t.id.lower() for t in waiting}
        free = (t for t in waiting if not open_ids.intersection(d.lower() for d in t.dependencies if d != t.id))
        following = next(free, waiting[0])
        waiting.remove(following)
        ordered.append(following)
    return tuple(ordered)


# --- programs ---------------------------------------------------------------------------------------------------------


def named_program_blockers(task: Task, which: Which) -> tuple[Blocker, ...]:
    """Programs that the task says it needs and that are not there."""
    return tuple(
        Blocker("missing-program", f"{name} is needed and not installed", to_install(name))
        for name in task.programs
        if which(name) is None
    )


def program_blockers(works: Iterable[Work], which: Which) -> Iterator[Blocker]:
    """Programs that the blocks (in the order in which they run) call and that are not there, each once for a block."""
    brought = False
    for work in works:
        wanted: dict[str, None] = {}
        for command in work.view.commands:
            brought = brought or _brings(command)
            if not brought and (name := _plain_name(command)) and not _asked_about(name, work.step.command):
                wanted[name] = None
        if work.step.attributes.interpreter not in ("bash", "sh", ""):
            wanted = {work.step.attributes.interpreter.split()[0]: None}
        for name in wanted:
            if which(name) is None:
                reason = f"{name} is not installed"
                yield Blocker(
                    "missing-program", reason, to_install(name), work.criterion, work.step.line, work.step.command
                )


def to_install(program: str) -> str:
    """What a person types to get a program, or the page that tells it."""
    elsewhere = table("packages.elsewhere").get(program)
    package = table("packages.apt").get(program, program)
    return f"install {program}: {elsewhere}" if elsewhere else f"apt-get install {package}"


def _plain_name(command: Invocation) -> str:
    """The program that is looked for in PATH; "" for builtins, functions, paths, and what runs elsewhere."""
    word = command.argv[0] if command.argv else None
    if word is None or not word.text or "/" in word.text or is_elsewhere(command) or _is_of_bash(word.text):
        return ""
    return word.text if re.fullmatch(r"[\w.+@-]+", word.text) else ""


def _is_of_bash(name: str) -> bool:
    return name in table("bash")["builtins"]


def _brings(command: Invocation) -> bool:
    """After this one a program may be there that is not there now."""
    paths = any(name == "PATH" for name, _ in command.assignments)
    loads = command.program in {"source", ".", "eval", "hash", "nvm", "asdf", "mise", "conda", "module"}
    return paths or loads or any(e.kind is EffectKind.PACKAGE for e in command.effects)


def _asked_about(name: str, source: str) -> bool:
    return (
        re.search(rf"\b(?:command\s+-[vV]|which|type|hash)\s[^\n;|&]*(?<![\w-]){re.escape(name)}(?![\w-])", source)
        is not None
    )
