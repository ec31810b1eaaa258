"""Attempts that a check showed to have failed and that were typed again with one word put right.

`update … where name = 'profesional'` and then `… 'professional'`; `jq '.flag = "2"' …` and then `.flag = "v2"`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.files import words
from reifierd.loops.scribe.outcomes import slip
from reifierd.loops.scribe.trials import Failures, still_failing

NEAREST = 10  # changes by the same program that are looked at for the one that puts this right
_ASSIGNED = re.compile(r"(?s)(\.[\w.\[\]\"-]+|[A-Za-z_][\w.-]*)\s*(?:\|?=|:)\s*(.+)")


def tried_again(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """Which of these changes were typed again, put right, after a check had failed."""
    failures = Failures(facts)
    gone: dict[int, str] = {}
    later: dict[tuple[object, ...], list[tuple[Fact, list[str]]]] = {}  # of one program, the nearest first
    covered = set[str]()
    for fact in reversed(changes):
        text = _first(fact)
        alike = later.setdefault((fact.shell, fact.place, len(text), *text[:1]), [])
        if text and not fact.services and not fact.by_hand and fact.told:
            whole = all(t.cell in covered for t in fact.written())
            right = next((g for g, other in alike if _put_right(text, other, whole)), None)
            if right is not None and still_failing(fact, changes, failures) is not None:
                gone[fact.n] = f"tried again as `{right.shape}`"
                continue
        alike[:0] = [(fact, text)]
        del alike[NEAREST:]
        covered |= {t.cell for t in fact.written()}
    return gone


def _put_right(one: Sequence[str], other: Sequence[str], covered: bool) -> bool:
    """The same words but for one: a slip in it, or (where the rest is `covered`) another value given to one name."""
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(differing) != 1:
        return False
    a, b = (_ASSIGNED.fullmatch(word) for word in differing[0])
    return _one_slip(*differing[0]) or bool(covered and a and b and a[1] == b[1])


def _first(fact: Fact) -> list[str]:
    inv = next((i for i in fact.view.commands if not i.wrapped), None)
    return words(inv) if inv is not None else []


def _one_slip(one: str, other: str) -> bool:
    """Two texts that differ in a single word, by a slip."""
    a, b = (re.findall(r"\w+|\W", text) for text in (one, other))
    differing = [(x, y) for x, y in zip(a, b, strict=False) if x != y]
    return len(a) == len(b) and len(differing) == 1 and slip(*differing[0])
