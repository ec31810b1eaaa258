"""The tool does not consent for itself (invariant 11): no step writes where consent, rules or the journal stand, and
none
calls the commands that stand for a person's word. There is no override for this.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from reifierd.shell.context import Context
from reifierd.shell.model import EffectKind, Finding, Invocation, Verdict
from reifierd.shell.places import absolute
from reifierd.shell.words import FILLED, UNKNOWN

_WORDS_OF_A_PERSON = frozenset({"approve", "resume", "reject", "run", "forget", "init", "service", "stop"})
_CARRIERS = frozenset({"uv", "pipx", "poetry", "python", "python3", "uvx"})
_MOVERS = frozenset({"mv", "cp", "ln", "rsync", "tar", "unzip", "install", "scp"})
_QUIET = frozenset({EffectKind.READ, EffectKind.SHELL_STATE})


def self_consent(command: Invocation, context: Context) -> Iterator[Finding]:
    """At most one finding."""
    if _speaks_for_a_person(command):
        reason = "A step may not say a person's word: reifierd does not approve, resume or stop for itself."
    elif place := _protected_place(command, context):
        reason = f"A step may not change what consent stands on ({place})."
    else:
        return
    yield Finding(
        "self-consent", Verdict.REFUSE, reason, "", " ".join(w.source for w in command.argv)[:200], command.line
    )


def _speaks_for_a_person(command: Invocation) -> bool:
    shapes = [w.shape for w in command.argv]
    if command.program in _CARRIERS and "reifierd" in shapes:
        shapes = shapes[shapes.index("reifierd") :]
    elif command.program != "reifierd":
        return False
    words = [s for s in shapes[1:] if not s.startswith("-")]
    skipped = {shapes[i + 1] for i, s in enumerate(shapes[:-1]) if s in {"-w", "--workspace", "--config"}}
    words = [w for w in words if w not in skipped]
    if words[:2] == ["task", "run"] or words[:1] == [UNKNOWN]:
        return True
    return bool(words) and words[0] in _WORDS_OF_A_PERSON


def _protected_place(command: Invocation, context: Context) -> str:
    if not context.protected or (command.effects and all(e.kind in _QUIET for e in command.effects)) or command.wrapped:
        return ""
    shapes = [w.shape for w in command.argv[1:]] + [
        r.target.shape for r in command.redirects if r.target is not None and ">" in r.op
    ]
    shapes += [s for e in command.effects for s in e.shapes if e.kind not in _QUIET]
    if command.stdin is not None:
        shapes.append(command.stdin.shape)
    touched = next((p for s in shapes for p in context.protected if _touches(s, p, command.cwd)), "")
    return touched or _replaced(command, context)


def _replaced(command: Invocation, context: Context) -> str:
    """A folder with an `approved/` below it is put in place of the workspace's own."""
    if command.program not in _MOVERS:
        return ""
    targets = {t.rstrip("/") for e in command.effects if e.kind not in _QUIET for t in e.targets}
    above = {
        parent: place
        for place in context.protected
        if place.rstrip("/").endswith("/approved")
        for parent in (posixpath.dirname(place.rstrip("/")), posixpath.dirname(posixpath.dirname(place.rstrip("/"))))
    }
    return next((above[t] for t in targets if t in above), "")


def _touches(shape: str, place: str, cwd: str | None) -> bool:
    place = place.rstrip("/")
    spelled = absolute(shape.split("=", 1)[-1] if shape.startswith("-") else shape, cwd)
    if spelled == place or spelled.startswith(place + "/") or place + "/" in shape or shape.endswith(place):
        return True
    beginning = "/".join(spelled.split("/")[: place.count("/") + 1])
    if any(c in beginning for c in "*?[") and fnmatch.fnmatchcase(place, beginning):
        return True
    tail = "/".join(
        posixpath.normpath(place).split("/")[-2:]
    )  # "$W/runbooks/approved/x": an unknown beginning, a telling end
    return (UNKNOWN in spelled or FILLED in spelled or not spelled.startswith("/")) and (tail + "/" in spelled + "/")
