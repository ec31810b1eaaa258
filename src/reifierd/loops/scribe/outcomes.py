"""Commands that did not do what was meant: failed, mistyped, corrected at once, or proved to change nothing.

With exit codes a failure is known. Without them (history files hold none) only correction patterns tell: a
near-identical command right after, a program name that looks like another one of the session.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.shell.model import EffectKind


def failures(facts: Sequence[Fact]) -> dict[int, str]:
    """Changes, settings and directories that failed, and the `--abort` that cleaned up after one."""
    gone = {f.n: f"exit {f.exit}" for f in facts if not f.ok and f.kind in (Kind.CHANGE, Kind.STATE)}
    for f in facts:
        if f.ok and f.kind is Kind.CHANGE and "--abort" in f.words:
            failed = [
                g for g in facts[: f.n] if g.n in gone and set(g.words[:1]) == set(f.words[:1]) and g.cwd == f.cwd
            ]
            if failed:
                gone[f.n] = "it only cleaned up after a command that failed"
    return gone


def without_change(facts: Sequence[Fact]) -> dict[int, str]:
    """Changes of files alone whose files are the same afterwards (a copy from before the command proves it)."""
    return {
        f.n: "it changed nothing"
        for f in facts
        if f.kind is Kind.CHANGE and f.ok and f.edits and not any(e.diff for e in f.edits) and only_files(f)
    }


def only_files(fact: Fact) -> bool:
    """Everything it writes is a file of which there was a copy."""
    paths = {"file:" + e.path for e in fact.edits}
    return not fact.services and all(t.cell in paths for t in fact.written())


def typos(facts: Sequence[Fact]) -> dict[int, str]:
    """Commands typed again with a letter corrected, and unknown programs that look like a known one."""
    known = {p for f in facts if f.exit == 0 for p in f.programs} | {
        inv.program
        for f in facts
        for inv in f.view.commands
        if inv.program and EffectKind.UNKNOWN not in {e.kind for e in inv.effects}
    }
    known |= knowledge().programs["noise"] | knowledge().programs["plain"] | {"ls", "vim", "git"}
    gone: dict[int, str] = {}
    for f in facts:
        if not f.ok or f.kind in (Kind.NOISE, Kind.DIRECTORY):
            continue
        follower = next((g for g in facts[f.n + 1 : f.n + 4] if g.kind is not Kind.NOISE and _letter_apart(f, g)), None)
        if follower is not None and not _dealt_with(f, follower, facts):
            gone[f.n] = f"a slip, typed again as `{follower.shape}`"
        elif f.exit is None and (fuller := _said_again_in_full(f, facts)):
            gone[f.n] = f"tried again as `{fuller.shape}`"
        elif f.exit is None and _is_misspelt(f, known, facts):
            gone[f.n] = "a slip: no such program"
    return gone


def _dealt_with(fact: Fact, follower: Fact, facts: Sequence[Fact]) -> bool:
    """What the slip made was taken away before it was typed again: then both count, or neither."""
    cells = {t.cell for t in fact.written()}
    return fact.kind is Kind.CHANGE and any(
        t.cell in cells for f in facts[fact.n + 1 : follower.n] if f.ok for t in f.written()
    )


def _said_again_in_full(fact: Fact, facts: Sequence[Fact]) -> Fact | None:
    """Without exit codes: the next command is the same change with words added, or a look at a sibling of the file."""
    later = next((g for g in facts[fact.n + 1 :] if g.kind is not Kind.NOISE), None)
    if later is None or later.shell != fact.shell or later.kind is not fact.kind or later.words[:1] != fact.words[:1]:
        return None
    one, other = list(fact.words), list(later.words)
    if fact.kind is Kind.CHANGE:
        return (
            later
            if len(one) > 2 and len(one) < len(other) and all(other.count(w) >= one.count(w) for w in one)
            else None
        )
    missing = [w for w in one if w not in other]
    siblings = [w for w in other if w not in one and missing and _siblings(missing[0], w)]
    return later if fact.kind is Kind.READ and len(missing) == 1 and siblings and len(one) > 2 else None


def _siblings(one: str, other: str) -> bool:
    """Two files of one kind in one folder."""
    return (
        "." in one
        and one.rpartition(".")[2] == other.rpartition(".")[2]
        and one.rpartition("/")[0] == other.rpartition("/")[0]
    )


def _letter_apart(one: Fact, other: Fact) -> bool:
    """The same words but for one, which differs by a letter or two (and not by a number, a path or an option)."""
    a, b = one.text.split(), other.text.split()
    if len(a) != len(b) or one.shell != other.shell or not other.ok:
        return False
    differing = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    return len(differing) == 1 and slip(*differing[0])


def slip(one: str, other: str) -> bool:
    """Two spellings of one word: letters only, four or more (or two swapped), at most two apart."""
    words = re.compile(r"[./]*[A-Za-z][A-Za-z_-]*")
    if not words.fullmatch(one) or not words.fullmatch(other) or one.lower() == other.lower():
        return False
    if sorted(one) == sorted(other):
        return distance(one, other) == 1
    limit = 1 if min(len(one), len(other)) < 6 else 2
    return min(len(one), len(other)) >= 4 and distance(one, other) <= limit


def near_paths(one: str, other: str) -> bool:
    """Two spellings of one path: the same folders but for a slip in one name, of which no digit differs."""
    a, b = one.split("/"), other.split("/")
    if len(a) != len(b):
        return False
    differing = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
    return len(differing) == 1 and _near_names(*differing[0])


def _near_names(one: str, other: str) -> bool:
    if re.sub(r"[^\d.]", "", one) != re.sub(r"[^\d.]", "", other):
        return False
    first, second = (max(re.split(r"[\d.]+", name), key=len) for name in (one, other))
    return min(len(one), len(other)) >= 4 and (slip(one, other) or distance(one, other) == 1 or slip(first, second))


def _is_misspelt(fact: Fact, known: set[str], facts: Sequence[Fact]) -> bool:
    """A bare program name that no table knows, typed once, and a letter away from one that is known."""
    name = fact.programs[0] if fact.programs else ""
    bare = bool(name) and fact.words[:1] == (name,) and name not in known
    return bare and sum(name in f.programs for f in facts) == 1 and _like_any(name, known)


def _like_any(program: str, known: set[str]) -> bool:
    return any(
        (len(k) > 1 and distance(program, k) == 1 and sorted(program) == sorted(k)) or slip(program, k) for k in known
    )


def distance(one: str, other: str) -> int:
    """Damerau-Levenshtein, optimal string alignment: insertions, deletions, changes and swaps of neighbours."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
