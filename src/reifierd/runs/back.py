"""A file leaves the folder of its consent: refused, to where a person edits it; done, to where nothing is executed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reifierd.errors import ReifierError
from reifierd.ledger import Ledger
from reifierd.ledger.records import FileState
from reifierd.runs.house import House
from reifierd.runs.job import Job
from reifierd.workspace.files import move_no_replace
from reifierd.workspace.layout import Layout


def send_back(job: Job, house: House, drafts: str) -> str | None:
    """Move a refused file to the folder `drafts`, unless somebody changed or took it meanwhile; what to say of it."""
    path = house.layout.root / job.name
    try:
        if path.read_bytes() != job.data:
            return None
        moved = moved_to(path, house.layout, house.ledger, drafts, "refused, and back in drafts/")
    except (OSError, ReifierError) as error:
        return f"the file could not be moved back to {drafts}/: {error}"
    return f"the file is back in {drafts}/{moved.name}, unchanged"


def moved_to(path: Path, layout: Layout, ledger: Ledger, folder: str, reason: str) -> Path:
    """Move it; its next arrival is a new consent, also when no look sees it missing in between."""
    name = str(path.relative_to(layout.root))
    moved = move_no_replace(path, layout.folder(folder))
    approval = ledger.journal.approval(name)
    if approval is not None:
        ledger.journal.put_approval(replace(approval, state=FileState.GONE, hold=None, reason=reason))
    return moved
