"""What the other task files of a workspace say of themselves: which tasks are done, which wait for which."""

from __future__ import annotations

from collections.abc import Iterator

from reifierd.documents.task import parse_task
from reifierd.loops.tasks.dependencies import Known
from reifierd.workspace.layout import TASK_APPROVED, TASK_DONE, TASK_DRAFTS, Layout
from reifierd.workspace.scan import is_item


def known_tasks(layout: Layout, but: str = "") -> Iterator[Known]:
    """All of them but the file of that name (relative to the workspace); one that stands in `tasks/done/` wins."""
    for folder in (TASK_DRAFTS, TASK_APPROVED, TASK_DONE):
        for path in sorted(layout.folder(folder).glob("*.md")):
            if f"{folder}/{path.name}" == but or not is_item(path.name) or not path.is_file() or path.is_symlink():
                continue
            task = parse_task(path.read_bytes(), path.name)
            status = "" if task.open else task.status  # "done" with an open box was proved by nobody
            needs = (*task.dependencies, *task.programs)  # an id may look like a program's name
            yield Known(task.id, status, folder == TASK_DONE, needs, folder == TASK_APPROVED)
