"""The tool does not consent for itself (invariant 11): no step writes where consent, rules or the journal stand, and
none
calls the commands that stand for a person's word. There is no override for this.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from functools import lru_cache

from reifierd.shell.context import Context
from reifierd.shell.model import EffectKind, Finding, Invocation, Verdict
from reifierd.shell.places import absolute
from reifierd.shell.words import FILLED, UNKNOWN

_WORDS_OF_A_PERSON = frozenset({"approve", "resume", "reject", "run", "forget", "init", "service", "stop"})
_CARRIERS = frozenset({"uv", "pipx", "poetry", "python", "python3", "uvx"})
_COPIERS = frozenset({"cp", "scp"})  # their sources are only read
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
    if not context.protected or (command.effects and all(e.kind in _QUIET for e in command.effects)):
        return ""
    touched = (_touched(s, command.cwd, context.protected) for s in dict.fromkeys(_changed(command)))
    return next(filter(None, touched), "") or _replaced(command, context)


def _changed(command: Invocation) -> Iterator[str]:
    """Whatever a command may change: its targets, its words (a wrapper: those of what it runs) and its input."""
    yield from (r.target.shape for r in command.redirects if r.target is not None and ">" in r.op)
    yield from (s for e in command.effects for s in e.shapes if e.kind not in _QUIET)
    if not command.wrapped:
        words = [w.shape for w in command.argv[1:]]
        yield from words[-1:] if command.program in _COPIERS else words
        if command.stdin is not None:
            yield command.stdin.shape


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


@lru_cache(maxsize=8192)
def _touched(shape: str, cwd: str | None, places: tuple[str, ...]) -> str:
    """The protected place that a word or a text names, or may name when it runs; empty for none."""
    spelled = absolute(shape.split("=", 1)[-1] if shape.startswith("-") else shape, cwd)
    return next((place for place in places if _touches(shape, spelled, place.rstrip("/"))), "")


def _touches(shape: str, spelled: str, place: str) -> bool:
    if spelled == place or spelled.startswith(place + "/") or place + "/" in shape or shape.endswith(place):
        return True
    beginning = "/".join(spelled.split("/")[: place.count("/") + 1])
    if any(c in beginning for c in "*?[") and fnmatch.fnmatchcase(place, beginning):
        return True
    if spelled.startswith("/") and UNKNOWN not in spelled and FILLED not in spelled:
        return False
    tail = "/".join(place.split("/")[-2:])  # "$W/runbooks/approved/x": an unknown beginning, a telling end
    return tail + "/" in spelled + "/"
