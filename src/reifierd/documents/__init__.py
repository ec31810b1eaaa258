"""Markdown as data: runbooks and tasks read, drafts written, bytes edited. Pure: no file, process or clock."""

from __future__ import annotations

from reifierd.documents.model import (
    Attributes,
    Param,
    Problem,
    Question,
    Runbook,
    SectionKind,
    Step,
)
from reifierd.documents.runbook import parse_runbook

__all__ = ["Attributes", "Param", "Problem", "Question", "Runbook", "SectionKind", "Step", "parse_runbook"]
