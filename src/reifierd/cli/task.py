"""`reifierd task`: the task files, one of them, a new one, and carrying one out.

NAME is a task's id, its file's name, a path, or a part of the name that only one has.
"""

from __future__ import annotations

import difflib
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reifierd.cli.common import echo_json, open_workspace
from reifierd.cli.task_run import run_task
from reifierd.errors import UsageError
from reifierd.workspace.layout import TASK_APPROVED, TASK_DONE, TASK_DRAFTS

if TYPE_CHECKING:
    from reifierd.documents.task_model import Criterion, Task
    from reifierd.workspace.layout import Layout

FOLDERS = (TASK_APPROVED, TASK_DRAFTS, TASK_DONE)
PREFIX = "TASK-"
_WORD = {TASK_APPROVED: "approved", TASK_DRAFTS: "draft", TASK_DONE: "done"}


@dataclass(frozen=True)
class Entry:
    """A task file and where it stands."""

    path: Path
    folder: str
    task: Task


@click.group(invoke_without_command=True)
@click.pass_context
def task(ctx: click.Context) -> None:
    """Task files: criteria that are ticked because an executed check proved them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_tasks, as_json=False)


task.add_command(run_task)


@task.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
@click.pass_context
def list_tasks(ctx: click.Context, as_json: bool) -> None:
    """All tasks: approved, drafts and done, the most urgent first."""
    entries = list(_entries(open_workspace(ctx).layout))
    done = {e.task.id.casefold() for e in entries if e.folder == TASK_DONE}
    entries.sort(key=lambda e: (FOLDERS.index(e.folder), e.task.rank, e.task.id))
    rows = [_row(entry, done) for entry in entries]
    if as_json:
        echo_json(rows)
    elif not rows:
        click.echo("no task yet  → reifierd task new 'What shall be done'")
    else:
        _table(rows)


@task.command(short_help="A task as it is read, and what is wrong with it.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """A task as it is read: its criteria, their commands, and what is wrong."""
    from reifierd.loops.tasks.extensions import load_extensions
    from reifierd.loops.tasks.kinds import kind_of

    opened = open_workspace(ctx)
    layout, entry = opened.layout, find_task(opened.layout, name)
    kind = kind_of(entry.task.labels, load_extensions(opened.config.tasks).kinds).name
    twins = [e for e in _entries(layout) if e.task.id.casefold() == entry.task.id.casefold() and e.path != entry.path]
    if as_json:
        file = _relative(layout, entry.path)
        echo_json({"file": file, "folder": entry.folder, "type": kind, **asdict(entry.task)})
    else:
        for line in _shown(layout, entry, kind, twins):
            click.echo(line)
    ctx.exit(1 if entry.task.fatal else 0)


@task.command()
@click.argument("title")
@click.option("--label", "labels", multiple=True, help="Decides the type: builds, deployment, security, health, …")
@click.option("--project", type=click.Path(path_type=Path), help="The folder that the commands run in.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def new(ctx: click.Context, title: str, labels: tuple[str, ...], project: Path | None, as_json: bool) -> None:
    """Write a template into tasks/drafts/, under the next free number."""
    from reifierd.documents.task_new import new_task
    from reifierd.workspace.files import Door

    if not title.strip():
        raise UsageError("a task needs a title", hint="reifierd task new 'What shall be done'")
    opened = open_workspace(ctx)
    place = str(_project(project)) if project else ""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    drafts = opened.layout.folder(TASK_DRAFTS)
    if not drafts.is_dir():
        raise UsageError("the folder is missing", where=str(drafts), hint=f"reifierd init {opened.layout.root}")
    number = _next_number(opened.layout)
    while True:
        task_id = f"{PREFIX}{number:03}"
        text = new_task(task_id, " ".join(title.split()), labels, place, day)
        written = Door(opened.redactor).write_new(drafts / f"{task_id}.md", text)
        if written.name == f"{task_id}.md":
            break
        written.unlink()  # someone was faster: the number is taken
        number += 1
    relative = _relative(opened.layout, written)
    if as_json:
        echo_json({"id": task_id, "file": relative})
    else:
        click.echo(f"wrote {written}\nfill it in, then  → reifierd task show {task_id}")


# --- finding ----------------------------------------------------------------------------------------------------------


def find_task(layout: Layout, name: str) -> Entry:
    """The task that a person means by `name`; of one that stands in several folders, the approved one.

    UsageError: there is none, or several have it in their name.
    """
    entries = list(_entries(layout))
    if "/" in name:
        wanted = {Path(name).absolute(), layout.root / name}
        entries = [e for e in entries if e.path in wanted]
    word = Path(name).name.removesuffix(".md").casefold()
    exact = [e for e in entries if word in (e.task.id.casefold(), e.path.stem.casefold())]
    found = [e for e in exact if e.folder == exact[0].folder]
    found = found or [e for e in entries if word in e.path.stem.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        paths = ", ".join(_relative(layout, e.path) for e in found[:5])
        raise UsageError(f"{len(found)} tasks are called {name}", where=str(layout.root), hint=f"name one: {paths}")
    near = difflib.get_close_matches(name, [e.task.id for e in entries], cutoff=0.5)
    hint = f"did you mean: {', '.join(near)}" if near else "reifierd task list"
    raise UsageError(f"there is no task {name}", where=str(layout.root / "tasks"), hint=hint)


def _entries(layout: Layout) -> Iterator[Entry]:
    from reifierd.documents.task import parse_task

    for folder in FOLDERS:
        for path in sorted(layout.folder(folder).glob("*.md")):
            if path.name == "README.md" or path.name.startswith(".") or not stat.S_ISREG(path.lstat().st_mode):
                continue
            yield Entry(path, folder, parse_task(path.read_bytes(), path.name))


def _next_number(layout: Layout) -> int:
    """One more than the highest number of any task, in its id or its file's name."""
    names = [name for e in _entries(layout) for name in (e.task.id, e.path.stem)]
    tails = [name[len(PREFIX) :] for name in names if name.upper().startswith(PREFIX)]
    heads = [tail[: len(tail) - len(tail.lstrip("0123456789"))] for tail in tails]
    return max((int(head) for head in heads if head and len(head) < 9), default=0) + 1


def _project(project: Path) -> Path:
    place = project.expanduser().absolute()
    if not place.is_dir():
        raise UsageError("there is no such folder", where=str(place), hint="--project names the project's folder")
    return place.resolve()


def _relative(layout: Layout, path: Path) -> str:
    return str(path.relative_to(layout.root))


# --- showing ----------------------------------------------------------------------------------------------------------


def _row(entry: Entry, done: set[str]) -> dict[str, Any]:
    task = entry.task
    return {
        "id": task.id,
        "title": task.title,
        "folder": entry.folder,
        "file": entry.path.name,
        "status": task.status,
        "priority": task.priority,
        "labels": task.labels,
        "dependencies": [{"id": name, "done": name.casefold() in done} for name in task.dependencies],
        "criteria": {"total": len(task.criteria), "open": len(task.open)},
        "problems": [asdict(problem) for problem in task.problems],
        "runnable": not task.fatal,
    }


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reifierd.documents.compose import shown

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("task", "stands in", "priority", "status", "open"):
        table.add_column(column, no_wrap=True)
    table.add_column("title", overflow="fold")
    for row in rows:
        waits = [d["id"] for d in row["dependencies"] if not d["done"]]
        remark = "" if row["runnable"] else f" ({row['problems'][0]['message']})"
        remark += f" (after {', '.join(waits)})" if waits and row["folder"] != TASK_DONE else ""
        cells = (row["id"], _WORD[row["folder"]], row["priority"] or "-", row["status"] or "-", _open(row["criteria"]))
        table.add_row(*(Text(shown(cell)) for cell in cells), Text(shown(row["title"] + remark)))
    Console(highlight=False).print(table)


def _open(criteria: dict[str, int]) -> str:
    return f"{criteria['open']} of {criteria['total']}"


def _shown(layout: Layout, entry: Entry, kind: str, twins: list[Entry]) -> Iterator[str]:
    from reifierd.documents.compose import shown

    task = entry.task
    yield shown(f"{task.id}: {task.title}")
    facts = (
        ("file", _relative(layout, entry.path)),
        ("priority", task.priority),
        ("status", task.status),
        ("labels", ", ".join(task.labels)),
        ("type", kind),
        ("project", task.project or f"{layout.root} (none is named)"),
        ("after tasks", ", ".join(task.dependencies)),
        ("programs", ", ".join(task.programs)),
    )
    for name, value in facts:
        if value:
            yield shown(f"  {name + ':':13}{value}")
    total = len(task.criteria)
    yield f"\n{total} criteri{'on' if total == 1 else 'a'}, {len(task.open)} open"
    for criterion in task.criteria:
        yield from map(shown, _criterion(criterion))
    if task.verification:
        yield "\nchecks for the whole"
        yield from (line for step in task.verification for line in _command(step.command, "  "))
    for problem in task.problems:
        sign = "error" if problem.fatal else "note"
        yield shown(f"{sign}: {entry.path.name}:{problem.line}: {problem.message}")
        if problem.hint:
            yield shown(f"  → {problem.hint}")
    for twin in twins:
        yield shown(f"note: {_relative(layout, twin.path)} has the same id: what depends on it cannot tell them apart")
    if not task.fatal and entry.folder != TASK_DONE:
        yield shown(
            f"\nwhat would be done, and what stands against it  → reifierd task run {entry.path.stem} --dry-run"
        )


def _criterion(criterion: Criterion) -> Iterator[str]:
    indent = "  " * criterion.depth
    waits = f" (after {', '.join(map(str, criterion.after))})" if criterion.after else ""
    yield f"{indent}[{'x' if criterion.checked else ' '}] {criterion.n}  {criterion.name}{waits}"
    for step in criterion.commands:
        yield from _command(step.command, indent + "      ")
    for step in criterion.verify:
        yield from _command(step.command, indent + "      proved by  ")


def _command(command: str, indent: str) -> Iterator[str]:
    from reifierd.documents.compose import shown

    first, *rest = shown(command).split("\n")
    yield f"{indent}{first}"
    yield from (" " * len(indent) + line for line in rest)
