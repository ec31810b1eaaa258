"""Reasons as prose: the rules give them as plain text in which a command stands between backticks."""

from __future__ import annotations

from reifierd.documents.draft import Code


def quoted(reason: str) -> tuple[str | Code, ...]:
    """A reason, with the command in it as code; a command may hold backticks itself, so the outermost two count."""
    first, last = reason.find("`"), reason.rfind("`")
    if first == last:
        return (reason,)
    parts = (reason[:first], Code(reason[first + 1 : last]), reason[last + 1 :])
    return tuple(part for part in parts if part)
