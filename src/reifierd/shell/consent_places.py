"""Where consent stands (invariant 11), worked out from the protected paths, and whether a path may lead there.

A path may hold parts that are only known at run time. It *is* the place where the last two names of the place stand in
it; it *may be* the place where one telling name does (`$d/approved/x`), or where the unknown part stands below the
workspace itself (`~/reifierd/$d/x`).
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache

from reifierd.shell.model import Verdict
from reifierd.shell.places import absolute
from reifierd.shell.shapes import FILLED, UNKNOWN

_CONSENT = ("runbooks/approved", "tasks/approved", "drift_patches/approved")
MARKER, SWITCH, TELLING = ".reifierd", "PAUSE", "approved"
_MARKS = re.compile(f"[{UNKNOWN}{FILLED}]")
_THROUGH = re.compile(r"/proc/[^/]+/(?:fd/[^/]+|cwd|root)(?=/|\Z)|/dev/fd/[^/]+(?=/)")
_CHANGES_MUCH = 4  # letters of a glob or a half-known name that make it telling


@dataclass(frozen=True)
class Places:
    """`consent`: nothing may write at or below; `above`: the workspace and its folders that hold consent; `holders`:
    the parents of configuration and state; `roots`: workspaces."""

    consent: tuple[str, ...] = ()
    above: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()

    @property
    def guarded(self) -> frozenset[str]:
        """What may not be deleted or moved away as a whole."""
        return self.above | self.holders | {f"{r}/{n}" for r in self.roots for n in (MARKER, SWITCH)}


@lru_cache(maxsize=64)
def places_of(protected: tuple[str, ...], home: str) -> Places:
    bare = [p.rstrip("/") for p in protected]
    roots = tuple(dict.fromkeys(p[: -len(c) - 1] for p in bare for c in _CONSENT if p.endswith("/" + c)))
    consent = tuple(dict.fromkeys([*bare, *(f"{root}/{c}" for root in roots for c in _CONSENT)]))
    above = frozenset({*roots, *(posixpath.dirname(f"{root}/{c}") for root in roots for c in _CONSENT)})
    holders: set[str] = set()
    for place in bare:
        parent = posixpath.dirname(place)
        while not place.endswith("/" + TELLING) and parent.startswith(home.rstrip("/") + "/"):
            holders.add(parent)
            parent = posixpath.dirname(parent)
    return Places(consent, above, frozenset(holders), roots)


def variables_of(places: Places) -> dict[str, str]:
    """The variables that name these places, as far as they are not known otherwise."""
    found = {"REIFIERD_WORKSPACE": places.roots[0]} if places.roots else {}
    for place in places.consent:
        if place.endswith("/reifierd"):
            name = "XDG_STATE_HOME" if place.endswith("/state/reifierd") else "XDG_CONFIG_HOME"
            found.setdefault(name, posixpath.dirname(place))
    return found


@lru_cache(maxsize=8192)
def spelled(shape: str, here: str) -> str:
    """A word as a path from `here`, which may begin with an unknown part."""
    bare = shape.split("=", 1)[-1] if shape.startswith("-") else shape
    through = _THROUGH.match(bare)
    if through:
        rest = bare[through.end() :]
        bare = {"/cwd": here + rest, "root": rest or "/"}.get(through.group()[-4:], UNKNOWN + rest)
    path = posixpath.join(here, bare) if not bare.startswith(("/", UNKNOWN, FILLED)) else bare
    return absolute(path, None)


def open_path(path: str) -> bool:
    """Some part of it is only known at run time."""
    return not path.startswith("/") or bool(_MARKS.search(path))


def names(path: str, place: str) -> bool:
    """The path is this very place, in whatever way it is written."""
    bare = path.rstrip("/") or "/"
    return bare == place or (any(c in bare for c in "*?[") and fnmatch.fnmatchcase(place, bare) and "/" in bare[1:])


@lru_cache(maxsize=8192)
def leads_to(shape: str, path: str, places: Places) -> tuple[Verdict, str]:
    """How surely a changed word (as written, and as a path) is at or below a place of consent, and which."""
    best, found = Verdict.ALLOW, ""
    for place in places.consent:
        sure = _leads(shape, path, place)
        if sure is Verdict.ALLOW and _below_workspace(path, places):
            sure = Verdict.OVERRIDE
        if sure.rank > best.rank:
            best, found = sure, place
    return best, found


def _leads(shape: str, path: str, place: str) -> Verdict:
    if path == place or path.startswith(place + "/") or place + "/" in shape or shape.endswith(place):
        return Verdict.REFUSE
    beginning = "/".join(path.split("/")[: place.count("/") + 1])
    if any(c in beginning for c in "*?[") and fnmatch.fnmatchcase(place, beginning):
        return Verdict.REFUSE
    if not open_path(path):
        return Verdict.ALLOW
    if "/".join(place.split("/")[-2:]) + "/" in path + "/":  # "$W/runbooks/approved/x"
        return Verdict.REFUSE
    return Verdict.OVERRIDE if place.endswith("/" + TELLING) and _may_be(path, place) else Verdict.ALLOW


def _may_be(path: str, place: str) -> bool:
    """`$d/approved/x`, `$d/appr*/x`: a beginning of the path ends in the telling name, and could be the place."""
    parts = path.split("/")
    for k, name in enumerate(parts, 1):
        letters = _MARKS.sub("", name).strip("*?")
        if len(letters) < _CHANGES_MUCH or not _pattern(name).fullmatch(TELLING):
            continue
        if _pattern("/".join(parts[:k])).fullmatch(place):
            return True
    return False


def _below_workspace(path: str, places: Places) -> bool:
    """`<workspace>/runbooks/$d/x`: an unknown name where `approved` may stand."""
    mark = _MARKS.search(path)
    if mark is None or not mark.start():
        return False
    folder, _, begun = path[: mark.start()].rpartition("/")
    return folder in places.above and any(c.startswith(f"{folder}/{begun}") for c in places.consent)


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[str]:
    """A path whose unknown parts may be anything (what begins nowhere begins anywhere)."""
    out = "" if path.startswith(("/", UNKNOWN, FILLED)) or "/" not in path else "(?:.*/)?"
    for char in path:
        out += (
            ".*"
            if char in {UNKNOWN, FILLED}
            else "[^/]*"
            if char == "*"
            else "[^/]"
            if char == "?"
            else re.escape(char)
        )
    return re.compile(out, re.S)
