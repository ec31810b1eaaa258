"""The daemon tells of a draft that somebody else's process wrote, once, and of none that it found there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reifierd.daemon.drafting import Drafting
from reifierd.ledger import open_ledger
from reifierd.loops.scribe.settings import ScribeSettings
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import DRAFTS

DRAFT = "---\nsource: {commands: 13, kept: 5}\n---\n# T\n"


def test_a_draft_of_another_process_is_told_once(tmp_path: Path) -> None:
    layout = make_workspace(tmp_path / "w")
    said: list[Mapping[str, Any]] = []
    drafts = layout.folder(DRAFTS)
    (drafts / "old.md").write_text(DRAFT)
    with open_ledger(layout.ledger, Redactor()) as ledger:
        loop = Drafting(ScribeSettings(), ledger, Redactor(), layout, lambda event, fields: said.append(fields))
        loop.tick(1.0)
        (drafts / "new.md").write_text(DRAFT)
        loop.tick(2.0)
        loop.tick(3.0)
    assert said == [{"session": "", "draft": f"{DRAFTS}/new.md", "commands": 13, "kept": 5}]
