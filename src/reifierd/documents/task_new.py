"""The template of a new task file. Titles and labels are anyone's text: YAML by the library, prose escaped."""

from __future__ import annotations

from collections.abc import Iterable

from reifierd.documents.yaml_text import dump_yaml, flow

_BODY = """\
<!-- Nothing happens while this file stands in drafts/. Moving it into tasks/approved/ is consent: the open boxes below
are executed in order, and a box is ticked only when its commands, and its check, have succeeded. -->

## Acceptance Criteria

- [ ] Say what must hold, and below it the commands that make it so

  ```bash
  false # write the commands here; a criterion without any is a person's
  ```

  ```bash {verify}
  false # write here what proves it; leave this block out where the commands themselves do
  ```

## Verification

<!-- Checks for the whole task, run when the criteria are complete and before anything is committed: `- `command`` -->

## Progress Log
"""


def new_task(task_id: str, title: str, labels: Iterable[str] = (), project: str = "", day: str = "") -> bytes:
    """A task file to fill in; `day` (`2026-11-20`) is its `updated`. As it stands it would fail, and tick nothing."""
    front = {"id": task_id, "title": title, "priority": "medium", "labels": flow(list(labels)), "status": "open"}
    front |= {"updated": day} if day else {}
    front |= {"dependencies": flow([])}
    front |= {"project": project} if project else {}
    return f"---\n{dump_yaml(front)}---\n\n{_BODY}".encode()
