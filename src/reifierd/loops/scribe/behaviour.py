"""Checks that are told by how they were used: run with the same words before and after the changes, first failing, then
passing, with nothing of their own to show.

No table knows `./bin/smoke`; what it does is seen from the session. Not so where its name or its words say that it
acts (`./ctl start`, `./deploy`, `curl …/reload`): an action that failed until something else was mended is a step of
the fix.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.files import words
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.shell.model import EffectKind, Invocation

NOT_RUN = 126  # from here on the shell says that the program was not found, not allowed, or killed
_INTERPRETERS = frozenset({"bash", "sh", "zsh", "python", "python3", "perl", "ruby", "node", "php"})
_PART = re.compile(r"[-_.:/=?&]+")


def told_by_use(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts, those that behaved as checks as looks."""
    groups: dict[tuple[object, ...], list[Fact]] = {}
    made = set[str]()  # a script that the session wrote is a tool of the fix
    for fact in facts:
        made |= {t.cell for t in fact.written() if fact.ok}
        own = any(t.cell in made for t in fact.touches if _is_program(t.cell, fact))
        if fact.kind is Kind.CHANGE and not own and may_be_check(fact):
            groups.setdefault(fact.same, []).append(fact)
    able = {same: runs for same, runs in groups.items() if _fails_then_passes(runs)}
    others = [f.n for f in facts if f.kind is Kind.CHANGE and f.ok and f.same not in able]
    checks = {f.n for runs in able.values() if _stands_around(runs, others) for f in runs}
    return tuple(
        replace(f, kind=Kind.READ, probe=True, touches=tuple(t for t in f.touches if not t.writes))
        if f.n in checks
        else f
        for f in facts
    )


def _is_program(cell: str, fact: Fact) -> bool:
    """The cell is the file of a program or of a script that this command runs."""
    return any(cell.endswith("/" + posixpath.basename(w)) for w in _named(fact) if w)


def _named(fact: Fact) -> list[str]:
    return [_name(inv) for inv in fact.view.commands if not inv.wrapped and inv.argv]


def _name(inv: Invocation) -> str:
    """The program's name; of an interpreter that of its script."""
    text = words(inv)
    script = next((w for w in text[1:] if not w.startswith("-")), "") if inv.program in _INTERPRETERS else ""
    return script or text[0]


def _fails_then_passes(runs: Sequence[Fact]) -> bool:
    known = all(f.exit is not None and f.exit < NOT_RUN for f in runs)
    return known and len(runs) > 1 and not runs[0].ok and runs[-1].ok


def _stands_around(runs: Sequence[Fact], others: Sequence[int]) -> bool:
    """Something was changed between its last failure and its success; and nothing afterwards, unless it was asked
    again and again: what only once failed, then passed and was followed by more had to wait for another step."""
    failed = [f.n for f in runs if not f.ok]
    between = any(failed[-1] < n < runs[-1].n for n in others)
    asked_again = any(one < n < other for one, other in pairwise(failed) for n in others)
    return between and (asked_again or not any(n > runs[-1].n for n in others))


def may_be_check(fact: Fact) -> bool:
    """Nothing that is known of it changes anything, and no word of it says that it acts."""
    mine = [inv for inv in fact.view.commands if not inv.wrapped]
    return (
        fact.view.unread is None
        and not fact.written()
        and not fact.services
        and not fact.sets
        and not any(e.diff for e in fact.edits)
        and all(_harmless(inv) for inv in mine)
    )


def _harmless(inv: Invocation) -> bool:
    kinds = {e.kind for e in inv.effects}
    if kinds <= {EffectKind.READ, EffectKind.SHELL_STATE}:
        return True
    asks_over_network = inv.program in ("curl", "wget", "http", "grpcurl") and kinds <= {
        EffectKind.NETWORK_WRITE,
        EffectKind.READ,
    }
    if not asks_over_network and not kinds <= {EffectKind.UNKNOWN, EffectKind.READ}:
        return False
    return not acts(inv)


def acts(inv: Invocation) -> bool:
    """A word of it says that it does something: a verb of its name, an argument that is one, a part of an address."""
    known, text = knowledge(), words(inv)
    doing = known.verbs["do"] | known.verbs["set"] | known.verbs["act"] | frozenset(known.inverse)
    doing |= known.verbs["start"] | known.verbs["stop"] | known.verbs["restart"] | known.verbs["reload"]
    name = _parts(posixpath.basename(_name(inv))) if text else set[str]()
    if name & known.verbs["read"]:  # run-tests, check-deploy
        name = set()
    said = name | {p for w in text[1:] for p in _said(w)}
    return bool(said & (doing | known.verbs["more"]))


def _said(word: str) -> set[str]:
    """The words that an argument says: itself, or the last part of an address or of a `job:verb`."""
    if "://" in word:
        return set(_PART.split(word.partition("://")[2].partition("?")[0].partition("/")[2].lower())) - {"upload"}
    if word in ("GET", "HEAD", "POST"):
        return set()
    if word in ("DELETE", "PUT", "PATCH"):
        return {"delete"}
    return {word.lower(), re.split(r"[-_.:]+", word.lower())[-1]} if not word.startswith(("-", "@", "/")) else set()


def _parts(name: str) -> set[str]:
    return {p for p in _PART.split(name.lower()) if p not in ("sh", "py", "pl", "rb", "js", "")}
