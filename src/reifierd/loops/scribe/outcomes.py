"""Commands that did not do what was meant: failed, mistyped, corrected at once, or proved to change nothing.

With exit codes a failure is known. Without them (history files hold none) only correction patterns tell: a near-identical
command right after, a program name that looks like another one of the session.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact, Kind
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
        if follower is not None:
            gone[f.n] = f"a slip, typed again as `{follower.shape}`"
        elif f.exit is None and f.programs[:1] and f.programs[0] not in known and _like_any(f.programs[0], known):
            gone[f.n] = "a slip: no such program"
    return gone


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
