"""A refused file goes back to where a person edits it, unless somebody changed or took it meanwhile."""

from __future__ import annotations

from dataclasses import replace

from reifierd.errors import ReifierError
from reifierd.ledger.records import FileState
from reifierd.runs.house import House
from reifierd.runs.job import Job
from reifierd.workspace.files import move_no_replace


def send_back(job: Job, house: House, drafts: str) -> str | None:
    """Move the file to the folder `drafts`; returns what to say about it."""
    path = house.layout.root / job.name
    try:
        if path.read_bytes() != job.data:
            return None
        moved = move_no_replace(path, house.layout.folder(drafts))
    except (OSError, ReifierError) as error:
        return f"the file could not be moved back to {drafts}/: {error}"
    approval = house.ledger.journal.approval(job.name)
    if approval is not None:  # its next arrival is a new consent, also when no look sees it missing in between
        gone = replace(approval, state=FileState.GONE, hold=None, reason=f"refused, and back in {drafts}/")
        house.persist(lambda: house.ledger.journal.put_approval(gone))
    return f"the file is back in {drafts}/{moved.name}, unchanged"
