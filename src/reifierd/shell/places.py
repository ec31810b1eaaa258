"""Which class a target falls into: the root, a system folder, a device, credentials, … (`knowledge/places.toml`).

A target is a shape (see `words`): an unknown part is taken for empty *and* for some name, and a glob for all names, so
that every class is found that the target may fall into.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from functools import cache, lru_cache

from reifierd.shell.shapes import FILLED, UNKNOWN
from reifierd.shell.tables import table

_SWEPT = frozenset({"root", "system"})


@cache
def matcher(patterns: tuple[str, ...], home: str) -> re.Pattern[str]:
    """One expression for many path patterns: `*` within a name, `**` over names, `[*]` a star itself."""
    return re.compile("|".join(f"(?:{_expression(p, home)})" for p in patterns) + r"\Z" if patterns else r"(?!)")


def _expression(pattern: str, home: str) -> str:
    pattern = home.rstrip("/") + pattern[1:] if pattern.startswith("~") else pattern
    out, i = "", 0
    while i < len(pattern):
        if pattern.startswith("/**/", i):
            out, i = out + "/(?:.*/)?", i + 4
        elif pattern.startswith("**", i):
            out, i = out + ".+", i + 2
        elif pattern[i] == "*":
            out, i = out + "[^/]*", i + 1
        elif pattern[i] == "[":
            end = pattern.index("]", i)
            inside = pattern[i + 1 : end]
            out, i = out + (re.escape(inside) if inside in {"*", "?"} else f"[{inside}]"), end + 1
        else:
            out, i = out + re.escape(pattern[i]), i + 1
    return out + r"\Z"


@cache
def _classes(home: str) -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    return {
        name: (matcher(tuple(row["patterns"]), home), matcher(tuple(row.get("except", ())), home))
        for name, row in table("places")["class"].items()
    }


@lru_cache(maxsize=8192)
def absolute(shape: str, cwd: str | None) -> str:
    """The target as an absolute path where that can be told; `..` is followed, unknown parts stay."""
    trailing = shape.endswith("/") and len(shape) > 1
    if not shape.startswith("/") and cwd and not shape.startswith((UNKNOWN, FILLED)):
        shape = posixpath.join(cwd, shape)
    here = shape.startswith("./") and shape[2:3] in {UNKNOWN, FILLED}  # what find prints: below here, not anything
    shape = posixpath.normpath(shape) if shape else shape
    shape = "./" + shape if here and not shape.startswith("/") else shape
    shape = re.sub(r"^//+", "/", shape)
    return shape + "/" if trailing and shape[-1] in "\x00\x01" else shape


@lru_cache(maxsize=4096)
def classes(shape: str, cwd: str | None, home: str) -> frozenset[str]:
    """All classes of one target."""
    path = absolute(shape, cwd)
    found = set(_known(path, home)) if UNKNOWN not in path and FILLED not in path else _open(path, home)
    if not path.startswith("/"):
        found |= _relative(path)
    if not path.startswith("/") and "unknown" not in found:
        found |= {
            c for c in _known("/x/x/x/" + path.replace("../", ""), home) if c in {"vcs", "history", "secrets", "logins"}
        }
    return frozenset(found)


def _known(path: str, home: str) -> set[str]:
    path = re.sub(r"/(?:\.?\[?[*?.!\]]+|\{\*\})\Z", "/*", path) if "*" in path else path
    found = {name for name, (yes, no) in _classes(home).items() if yes.match(path) and not no.match(path)}
    if "?" in path or "*" in path or "[" in path:
        found |= _globbed(path, home)
    return found


def _globbed(path: str, home: str) -> set[str]:
    """`/e*`, `/et?`, `/[a-z]*`: a glob in the first name may be any system folder."""
    first = path.split("/")[1] if path.startswith("/") and path.count("/") <= 2 else ""
    if any(c in first for c in "*?["):
        names = ("etc", "usr", "bin", "var", "boot", "lib", "home", "root", "dev")
        if any(fnmatch.fnmatchcase(name, first) for name in names):
            return {"root"}
    return set()


def _open(path: str, home: str) -> set[str]:
    """A target with unknown parts: what it is when they are empty, what it is when they are some name."""
    found: set[str] = set()
    if path.startswith((UNKNOWN, FILLED)):
        found |= {"unknown"} if path[0] == UNKNOWN or path.strip("/") == FILLED else {"unknown-name"}
        if UNKNOWN in path and path.strip("\x00\x01/*.") == "":
            found.add("unknown-all")
        return found
    named = path.replace(FILLED, "\x02").replace(UNKNOWN, "\x02")
    found |= _known(named.replace("\x02", "x"), home)
    if UNKNOWN in path:
        emptied = posixpath.normpath(path.replace(UNKNOWN, "").replace(FILLED, "x") or ".")
        found |= _known(emptied, home) if emptied.startswith("/") else _relative(emptied)
    folder = posixpath.dirname(path.rstrip("/"))
    if path.endswith(("/" + FILLED, "/" + UNKNOWN)) and _known(folder or "/", home) & _SWEPT:
        found.add("sweep")
    found.add("partly")
    return found


def _relative(path: str) -> set[str]:
    if path in {".", "..", "*", "./*", ".*", "", "?*", "./.*"} or re.fullmatch(r"(\.\./?)+\*?", path):
        return {"here"}
    return {"upwards"} if path.startswith("../") and path.endswith(("/*", "..")) else set()
