"""What of a session is needed: which changes stay, which go and why, and which are doubtful.

The rules, surest first: it failed; a copy of the file proves that nothing changed; a slip typed again; done and undone;
set again later; edited again for the same words. They are applied until none finds anything more, since what one
takes out may be all that kept another one in. Nothing that a step which stays depends on is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reifierd.loops.scribe.bounces import needless
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.outcomes import failures, typos, without_change
from reifierd.loops.scribe.retries import tried_again
from reifierd.loops.scribe.sequels import one_edit
from reifierd.loops.scribe.similar import replaced_edits
from reifierd.loops.scribe.stores import superseded
from reifierd.loops.scribe.trials import doubts, in_vain
from reifierd.loops.scribe.undo import undone
from reifierd.loops.scribe.wants import wanted_state


@dataclass(frozen=True)
class Pruned:
    """`kept` holds the facts to run, in order, settings of variables included; `tried` what was left out, by number,
    with the reason; `doubts` the reason why a kept one may be needless."""

    kept: tuple[Fact, ...]
    tried: dict[int, str]
    doubts: dict[int, str]

    @property
    def changes(self) -> tuple[Fact, ...]:
        return tuple(f for f in self.kept if f.kind is Kind.CHANGE)


def prune(facts: Sequence[Fact]) -> Pruned:
    """Apply the rules to a session."""
    tried = failures(facts) | typos(facts)
    tried |= {n: why for n, why in without_change(facts).items() if n not in tried}
    while True:
        changes = [f for f in facts if f.kind is Kind.CHANGE and f.n not in tried]
        found = _next(changes, facts)
        if not found:
            break
        tried |= found
    changes = [f for f in facts if f.kind is Kind.CHANGE and f.n not in tried]
    better, needless_now = one_edit(changes)
    tried |= needless_now
    doubtful = doubts(changes, facts)
    changes = [better.get(f.n, f) for f in changes if f.n not in needless_now]
    kept = sorted({f.n for f in changes} | wanted_state(changes, facts, tried) | _pauses(changes, facts))
    stay = {n: why for n, why in doubtful.items() if n not in needless_now}
    return Pruned(tuple(better.get(n, facts[n]) for n in kept), tried, stay)


def _pauses(changes: Sequence[Fact], facts: Sequence[Fact]) -> set[int]:
    """A `sleep` that was typed right after a change that stays, with another one to come: it waited for something."""
    numbers = {f.n for f in changes}
    last = max(numbers, default=-1)
    return {f.n for f in facts if f.programs == ("sleep",) and f.ok and f.n - 1 in numbers and f.n < last}


def _next(changes: list[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """What the first rule that finds anything takes out."""
    return (
        undone(changes)
        or superseded(changes, needless(changes, facts))
        or replaced_edits(changes, facts)
        or tried_again(changes, facts)
        or in_vain(changes, facts)
    )
