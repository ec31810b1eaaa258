"""What the checks say of the changes: restarts in vain, and steps after which the check still failed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind

NOT_RUNNING = 3
ANSWERED = 22  # curl: the server answered, with an error


def checks(facts: Sequence[Fact]) -> dict[tuple[object, ...], list[Fact]]:
    """The commands whose exit status is known, by what they are, in order.

    An action that fails until something else is mended tells as much as a look.
    """
    found: dict[tuple[object, ...], list[Fact]] = {}
    for f in facts:
        if f.kind in (Kind.READ, Kind.CHANGE) and f.exit is not None:
            found.setdefault(f.same, []).append(f)
    return found


class Failures:
    """The runs of checks that failed and whose last run passed, in order: asked of again and again."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        ended = ((runs, runs[-1].n) for runs in checks(facts).values() if runs[-1].ok and len(runs) > 1)
        self._failed = sorted(((f.n, last, f) for runs, last in ended for f in runs if not f.ok), key=lambda x: x[:2])
        self._at = [n for n, _, _ in self._failed]

    def after(self, fact: Fact, end: int) -> Fact | None:
        """A check that failed after this change and before `end`, and that passed later on."""
        within = self._failed[bisect_right(self._at, fact.n) : bisect_left(self._at, end)]
        return next((f for _, last, f in reversed(within) if last > end), None)


def still_failing(fact: Fact, changes: Sequence[Fact], failures: Failures) -> Fact | None:
    """A check that failed after this change and before the next one, and that passed in the end."""
    at = bisect_right(changes, fact.n, key=lambda f: f.n)
    return failures.after(fact, changes[at].n) if at < len(changes) else None


def doubts(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """The changes that stay although a check still failed after them."""
    found: dict[int, str] = {}
    failures = Failures(facts)
    for fact in changes:
        failed = still_failing(fact, changes, failures)
        if failed is not None:
            found[fact.n] = f"the check still failed after this: `{failed.shape}` (exit {failed.exit})"
        elif fact.exit is None and _only_kills(fact):
            found[fact.n] = "whether there was such a process is not known"
        elif not fact.whole:
            found[fact.n] = (
                f"it stood in a line that failed in a later part: `{' '.join(fact.command.command.split())}`"
            )
    return found


def _only_kills(fact: Fact) -> bool:
    return fact.told and bool(fact.written()) and all(t.cell.startswith("process:") for t in fact.written())


def in_vain(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """Changes that the session itself shows to have been for nothing, although they exited 0."""
    return _first_bounce(changes, facts) or _kills_of_the_dead(changes, facts)


def _kills_of_the_dead(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """A kill after the service's own status had said that it was not running (exit 3: LSB, init scripts)."""
    for fact in changes:
        if not _only_kills(fact):
            continue
        asked = [f for f in facts[: fact.n] if f.kind is Kind.READ and "status" in f.words and f.exit is not None]
        since = [f for f in facts[: fact.n] if asked and f.n > asked[-1].n and f.services and f.ok]
        if asked and asked[-1].exit == NOT_RUNNING and asked[-1].cwd == fact.cwd and not since:
            return {fact.n: f"`{asked[-1].shape}` had said that it was not running"}
    return {}


def _answered_alike(first: Fact, failed: Fact, facts: Sequence[Fact]) -> bool:
    """The service was up before and after: it answered a client both times, with the same error (curl: 22)."""
    before = [f for f in facts[: first.n] if f.same == failed.same]
    return failed.exit == ANSWERED and "curl" in failed.programs and bool(before) and before[-1].exit == ANSWERED


def _first_bounce(changes: Sequence[Fact], facts: Sequence[Fact]) -> dict[int, str]:
    """A restart or reload as the first change of all, of a service that was up, after which the check still failed."""
    if not changes or not changes[0].services or not changes[0].told or changes[0].written() or len(changes) < 2:
        return {}
    first = changes[0]
    failed = still_failing(first, changes, Failures(facts))
    if failed is None or not all(e.verb in ("restart", "reload") for e in first.services):
        return {}
    if _answered_alike(first, failed, facts):
        return {first.n: f"`{failed.shape}` still failed after it (exit {failed.exit})"}
    asked = [
        f for f in facts[: first.n] if f.kind is Kind.READ and f.words[:1] == first.words[:1] and f.exit is not None
    ]
    if asked and asked[-1].ok:
        return {first.n: f"`{failed.shape}` still failed after it (exit {failed.exit})"}
    return {}
