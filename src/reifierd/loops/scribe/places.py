"""Whether a command means the same in every directory, or only in the one that it was typed in."""

from __future__ import annotations

from reifierd.loops.scribe.files import split
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.shell import ShellView
from reifierd.shell.model import Invocation

_FILED = ("-f", "-o", "-O", "-T", "-K", "--file", "--output")


def place_of(view: ShellView, cwd: str | None) -> str:
    """The absolute directory that these commands must run in; "" where it does not matter, or none is known."""
    if not cwd or not cwd.startswith("/"):
        return ""
    return cwd if any(_depends(inv) for inv in view.commands if not inv.wrapped) else ""


def _depends(inv: Invocation) -> bool:
    if not inv.argv:
        return False
    name, known = inv.argv[0].text or "", knowledge()
    relative = [
        r
        for r in inv.redirects
        if r.target is not None
        and not (r.target.text or "").startswith(("/", "&"))
        and r.op not in ("<<", "<<-", "<<<", ">&", "<&")
    ]
    if relative or ("/" in name and not name.startswith("/")):
        return True
    options, operands = split(inv)
    if inv.program in known.programs["placeless"]:
        given = options + operands
        return any(o in _FILED or (o.startswith("@") and not o.startswith(("@/", "@-"))) for o in given)
    values = [o.partition("=")[2] if "=" in o else o for o in options + operands]
    return (
        inv.program == "git"
        or any(v and not v.startswith(("/", "-")) and "://" not in v for v in values)
        or not operands
    )
