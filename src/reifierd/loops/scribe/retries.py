"""Attempts that a check showed to have failed and that were typed again with one word put right.

`update … where name = 'profesional'` and then `… 'professional'`; `jq '.flag = "2"' …` and then `.flag = "v2"`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.files import words
from reifierd.loops.scribe.outcomes import slip
from reifierd.loops.scribe.trials import still_failing

_ASSIGNED = re.compile(r"(?s)(\.[\w.\[\]\"-]+|[A-Za-z_][\w.-]*)\s*(?:\|?=|:)\s*(.+)")


def tried_again(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """Which of these changes were typed again, put right, after a check had failed."""
    for at, fact in enumerate(changes):
        if fact.services or fact.by_hand or not fact.told:
            continue
        later = next((g for g in changes[at + 1 :] if g.shell == fact.shell and _put_right(fact, g, changes)), None)
        if later is not None and still_failing(fact, changes, facts) is not None:
            return {fact.n: f"tried again as `{later.shape}`"}
    return {}


def _put_right(fact: Fact, later: Fact, changes: Sequence[Fact]) -> bool:
    """The same program with the same words but for one: a slip in it, or another value given to the same name."""
    one, other = _first(fact), _first(later)
    if len(one) != len(other) or fact.place != later.place or one[:1] != other[:1]:
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(differing) != 1:
        return False
    if _one_slip(*differing[0]):
        return True
    a, b = (_ASSIGNED.fullmatch(word) for word in differing[0])
    covered = {t.cell for f in changes if f.n > fact.n for t in f.written()}
    return bool(a and b and a[1] == b[1]) and all(t.cell in covered for t in fact.written())


def _first(fact: Fact) -> list[str]:
    inv = next((i for i in fact.view.commands if not i.wrapped), None)
    return words(inv) if inv is not None else []


def _one_slip(one: str, other: str) -> bool:
    """Two texts that differ in a single word, by a slip."""
    a, b = (re.findall(r"\w+|\W", text) for text in (one, other))
    differing = [(x, y) for x, y in zip(a, b, strict=False) if x != y]
    return len(a) == len(b) and len(differing) == 1 and slip(*differing[0])
