"""Edits tried twice: a first `sed -i` that did not help, and a second one that goes for the same words.

The first one goes when both edit the same file, go for the same words, and a check failed in between (without exit
codes: when nothing else was changed in between). It stays when the second one builds on what the first one wrote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.files import edit_script, edits_in_place
from reifierd.loops.scribe.kinds import Kind
from reifierd.shell.model import Invocation

_WORD = re.compile(r"[A-Za-z_][\w-]{2,}|\d+(?:\.\d+)+|\d{2,}")

_PLAIN = re.compile(r"s(?P<d>[/|#,])\^?(?P<old>[\w =.:-]+)\$?(?P=d)(?P<new>[\w =.:-]+)(?P=d)g?")


def replaced_edits(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """Which of these changes were edits that a later edit of the same words replaced."""
    gone: dict[int, str] = {}
    edits = [f for f in changes if _in_place(f) is not None]
    rows = {f.n: at for at, f in enumerate(changes)}
    for fact in edits:
        at = rows[fact.n]
        if at + 1 < len(changes) and _takes_back(fact, changes[at + 1]):
            return {fact.n: "undone later", changes[at + 1].n: "it only undid an earlier step"}
        later = next((g for g in edits if g.n > fact.n and _replaces(fact, g, changes, facts)), None)
        if later is not None:
            gone[fact.n] = f"tried again as `{later.shape}`"
    return gone


def _replaces(fact: Fact, later: Fact, changes: Sequence[Fact], facts: Sequence[Fact]) -> bool:
    cells = {t.cell for t in fact.written()}
    if not cells or cells != {t.cell for t in later.written()} or not fact.told:
        return False
    one, other = _in_place(fact), _in_place(later)
    if one is None or other is None or fact.shape == later.shape:
        return False
    (goal, new), (other_goal, _) = _goal(edit_script(one)), _goal(edit_script(other))
    if _builds_on(goal, new, other_goal) or not _same_goal(_words(goal), _words(other_goal)):
        return False
    if any(e.diff for e in fact.edits):
        return _changed_again(fact, later)
    checks = [f for f in facts if fact.n < f.n < later.n and f.kind is Kind.READ]
    if any(f.exit is not None for f in checks):
        return any(not f.ok and f.probe for f in checks)
    return not any(fact.n < f.n < later.n for f in changes)


def _takes_back(fact: Fact, later: Fact) -> bool:
    """`s/a/b/` on a file, and right after it `s/b/a/` on the same one."""
    one, other = _in_place(fact), _in_place(later)
    if one is None or other is None or {t.cell for t in fact.written()} != {t.cell for t in later.written()}:
        return False
    first, second = (_PLAIN.fullmatch(edit_script(inv)) for inv in (one, other))
    told = fact.told and later.told
    return bool(told and first and second and (first["old"], first["new"]) == (second["new"], second["old"]))


def _in_place(fact: Fact) -> Invocation | None:
    found = [inv for inv in fact.view.commands if not inv.wrapped and edits_in_place(inv)]
    return found[0] if len(found) == 1 else None


def _goal(script: str) -> tuple[str, str]:
    """(what the script looks for, what it writes), as text."""
    looked, written = "", ""
    rest = script
    while found := re.search(r"(?<![A-Za-z\\])s(?P<d>[/|#,!@%+])", rest):
        looked += " " + rest[: found.start()]
        pieces = re.split(rf"(?<!\\){re.escape(found['d'])}", rest[found.end() :], maxsplit=2)
        looked += " " + pieces[0]
        written += " " + (pieces[1] if len(pieces) > 1 else "")
        rest = pieces[2] if len(pieces) > 2 else ""
    return looked + " " + rest, written


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _builds_on(goal: str, new: str, other_goal: str) -> bool:
    """The second script looks for something that only the first one wrote."""
    one, wrote, other = (set(re.findall(r"\w+", text)) for text in (goal, new, other_goal))
    return bool((wrote - one) & (other - one))


def _changed_again(fact: Fact, later: Fact) -> bool:
    """Every line that the first edit wrote is changed again by the second, as the recorded diffs show."""
    wrote, replaced = _lines(fact, "+"), _lines(later, "-")
    return bool(wrote) and wrote <= replaced


def _lines(fact: Fact, sign: str) -> set[str]:
    lines = [line for e in fact.edits for line in e.diff.splitlines()]
    return {line[1:] for line in lines if line.startswith(sign) and not line.startswith(sign * 3)}


def _same_goal(one: set[str], other: set[str]) -> bool:
    common = one & other
    return bool(common) and len(common) * 2 >= min(len(one), len(other))
