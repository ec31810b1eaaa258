"""Why something of a task may not run, or what a person should know about it: one shape for all that looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reifierd.documents.model import Step
from reifierd.shell.model import ShellView


@dataclass(frozen=True)
class Blocker:
    """`criterion` is the `n` of the criterion that it stops, 0 for the whole task; `line` is 1-based in the task file.

    `rule` names what found it (`branch`, `kube-context`, `production-database`, …), `remedy` is what a person does or
    types. With `blocks` False it stops nothing and belongs into the report.
    """

    rule: str
    reason: str
    remedy: str = ""
    criterion: int = 0
    line: int = 1
    command: str = ""
    blocks: bool = True

    def __str__(self) -> str:
        return self.reason + (f" ({self.remedy})" if self.remedy else "")


@dataclass(frozen=True)
class Work:
    """One block as it will run: whose it is (0: the whole task's), the filled-in step and what the guard read in it.

    `checks` says that it is one of the checks (Verification, `{verify}`), not one of the commands.
    """

    criterion: int
    step: Step
    view: ShellView
    checks: bool = False


def stopping(found: Iterable[Blocker], criterion: int) -> tuple[Blocker, ...]:
    """What stops this criterion: its own blockers and those of the whole task."""
    return tuple(b for b in found if b.blocks and b.criterion in (0, criterion))
