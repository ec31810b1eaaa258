"""A session sorted: what was looked at (Diagnosis), what was changed and stays (Fix), what was checked then (Verify).

- Diagnosis: what only reads, up to the last change; each once. A probe that exits non-zero is a finding; what failed
  otherwise (a wrong path, a slip) is left out.
- Verify: what only reads, after the last change, and exited 0 when it was run last; each once. A check that failed
  before a change and passed after it tells sick from healthy (a gate), wherever its last run was; unless what it found
  may have been the engineer's own doing (a syntax check between two edits of one file).
- What names a process id or a moment of that day literally is in neither; nor what looks at a thing that only this
  session made (a temporary folder).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reifierd.ledger.records import Command
from reifierd.loops.scribe.behaviour import told_by_use
from reifierd.loops.scribe.cells import overlap
from reifierd.loops.scribe.facts import Fact, look
from reifierd.loops.scribe.files import split, words
from reifierd.loops.scribe.hindsight import with_hindsight
from reifierd.loops.scribe.kinds import Kind, class_of
from reifierd.loops.scribe.knowledge import knowledge
from reifierd.loops.scribe.outcomes import near_paths, typos
from reifierd.loops.scribe.pruning import Pruned, prune
from reifierd.loops.scribe.secret_names import plainly_named
from reifierd.loops.scribe.services import only_asks
from reifierd.loops.scribe.wants import wanted_state

_MOMENT = re.compile(r"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d(?::\d\d)?\b(?!\d)")
_PROCESS = re.compile(
    r"/proc/\d+|\b(?:ps|strace|lsof|top|pidstat|perf|nsenter)\b.*\s(?:-p|--pid)[ =,]?\d{2,}"
    r"|\bkill\s+(?:-\S+\s+)*\d{2,}|\b(?:strace|gdb|pmap|pwdx|taskset|pstree)\b.*\b\d{3,}"
)


@dataclass(frozen=True)
class Check:
    """A Verify step. `polled` says how often it was run until it passed, in a row after the last change."""

    fact: Fact
    gate: bool = False
    polled: int = 1


@dataclass(frozen=True)
class Analysis:
    """A session as the scribe sees it. `looked_in_vain` are reads that failed and are in no section; `on_the_way`
    are those that looked at what only stood there then."""

    facts: tuple[Fact, ...]
    pruned: Pruned
    diagnosis: tuple[Fact, ...]
    verify: tuple[Check, ...]
    manual: tuple[Fact, ...]
    looked_in_vain: tuple[Fact, ...]
    on_the_way: tuple[Fact, ...] = ()

    @property
    def fix(self) -> tuple[Fact, ...]:
        return self.pruned.kept

    @property
    def exits_known(self) -> bool:
        return any(f.exit is not None for f in self.facts)

    @property
    def changed(self) -> bool:
        """Something was changed that is worth a runbook; an edit that was not recorded counts."""
        return bool(self.pruned.changes) or any(is_edit(f) for f in self.manual)


def analyse(commands: Sequence[Command], home: str = "~") -> Analysis:
    """Read and sort a session's commands, which stand in the order in which they were started."""
    facts = with_hindsight(told_by_use(look(commands, home)))
    pruned = prune(facts)
    renamed = plainly_named(commands, [f.text for f in pruned.kept])
    if renamed is not None:
        return analyse(renamed, home)
    changes = pruned.changes
    last = changes[-1].n if changes else -1
    slips = typos(facts)  # of reads as well: they stand in no section either
    reads = [f for f in facts if f.kind is Kind.READ and f.n not in slips and not _idle(f)]
    passing = {f.n for f in reads if _made_for_now(f, facts)}
    reads = [f for f in reads if f.n not in passing]
    diagnosis = _once(
        [f for f in reads if (f.n < last or last < 0) and (f.ok or finding(f, facts)) and not _transient(f)]
    )
    lost = {f.n for f in facts if f.n in pruned.tried}
    vain = [f for f in facts if f.kind is Kind.READ and not f.ok and not finding(f, facts)]
    return Analysis(
        facts=facts,
        pruned=pruned,
        diagnosis=tuple(f for f in diagnosis if not _reads_from(f, facts, lost)),
        verify=tuple(_verify(reads, changes, facts, lost)),
        manual=tuple(f for f in facts if f.kind is Kind.MANUAL and not (f.edits and not any(e.diff for e in f.edits))),
        looked_in_vain=tuple(vain),
        on_the_way=tuple(facts[n] for n in sorted(passing) if facts[n].ok),
    )


def _made_for_now(fact: Fact, facts: Sequence[Fact]) -> bool:
    """It needs a variable that holds what a command made (`d=$(mktemp -d)`): the next time that is another thing."""
    if not fact.origins:
        return False
    sources = (facts[n] for n in wanted_state([fact], facts))
    return any(class_of(inv) is Kind.CHANGE for f in sources for inv in f.view.commands if not inv.wrapped)


def finding(fact: Fact, facts: Sequence[Fact]) -> bool:
    """A non-zero exit that answers a question, as against one that says that the question was wrong."""
    if fact.exit in (None, 0) or not fact.probe or fact.exit in (126, 127) or (fact.exit or 0) > 128:
        return False
    program = fact.programs[-1] if fact.programs else ""
    if fact.exit in knowledge().trouble.get(program, ()):
        return False
    if _answered_at_once(fact, facts):
        return False
    return not any(_corrects(f, fact) or _misspells(fact, f) for f in facts[fact.n + 1 : fact.n + 5])


def _answered_at_once(fact: Fact, facts: Sequence[Fact]) -> bool:
    """The same question was answered later with nothing changed in between: it was asked wrongly or too early."""
    for f in facts[fact.n + 1 :]:
        if f.kind is Kind.CHANGE and f.ok:
            return False
        if f.kind is Kind.READ and f.shape == fact.shape and f.ok:
            return True
    return False


def _corrects(later: Fact, fact: Fact) -> bool:
    """Right after, the same program is asked nearly the same and answers; the same words again are no correction."""
    if later.kind is not Kind.READ or not later.ok or later.shell != fact.shell or later.shape == fact.shape:
        return False
    one, other = set(fact.words), set(later.words)
    return fact.words[:1] == later.words[:1] and len(fact.words) > 2 and len(one - other) == 1


def _misspells(fact: Fact, later: Fact) -> bool:
    """A word of this stands in a command right after, with a slip put right."""
    if not later.ok or later.shell != fact.shell or later.words[:1] != fact.words[:1]:
        return False
    wrong = [w for w in fact.words[1:] if w not in later.words]
    right = [w for w in later.words[1:] if w not in fact.words]
    return any(near_paths(a, b) for a in wrong for b in right)


def _verify(reads: Sequence[Fact], changes: Sequence[Fact], facts: Sequence[Fact], lost: set[int]) -> list[Check]:
    if not changes:
        return []
    last = changes[-1].n
    found: list[Check] = []
    for runs in _runs(reads):
        final = runs[-1]
        gate = final.exit == 0 and _turned(runs, changes) and not _own_doing(runs[0], facts)
        if not final.ok or _transient(final) or _reads_from(final, facts, lost) or not (final.n > last or gate):
            continue
        found.append(Check(final, gate, sum(f.n > last for f in runs)))
    return sorted(found, key=lambda check: check.fact.n)


def _turned(runs: Sequence[Fact], changes: Sequence[Fact]) -> bool:
    """It failed, something was changed that stays, and it passed."""
    return any(
        not one.ok and other.exit == 0 and any(one.n < c.n < other.n for c in changes) for one, other in pairwise(runs)
    )


def _own_doing(first: Fact, facts: Sequence[Fact]) -> bool:
    """What this check found when it was asked first may be the session's own doing, not the incident: all was well, or
    it looks at what had been changed (a check of settings at any file) and had to be changed again."""
    if first.ok:
        return True
    done = [f for f in facts if f.kind is Kind.CHANGE and f.ok]
    before = {t.cell for f in done if f.n < first.n for t in f.written()}
    after = {t.cell for f in done if f.n > first.n for t in f.written()}
    again = [one for one in before if any(overlap(one, other) for other in after)]
    if any(only_asks(inv) or knowledge().verbs["proofread"] & set(words(inv)) for inv in first.view.commands):
        return bool(again)
    return any(overlap(one, t.cell) for one in again for t in first.touches)


def _runs(reads: Sequence[Fact]) -> list[list[Fact]]:
    """The same question in the same surroundings, each time it was asked."""
    groups: dict[tuple[object, ...], list[Fact]] = {}
    for f in reads:
        groups.setdefault((*f.same, _surroundings(f)), []).append(f)
    return list(groups.values())


def _surroundings(fact: Fact) -> frozenset[int]:
    """Exported settings that are known to decide what its programs talk to."""
    known, programs = knowledge(), set(fact.programs)
    return frozenset(n for name, n in fact.exported if (known.readers(name) or frozenset()) & programs)


def _once(reads: Sequence[Fact]) -> list[Fact]:
    seen: set[tuple[object, ...]] = set()
    return [f for f in reads if not (f.same in seen or seen.add(f.same))]  # type: ignore[func-returns-value] # set.add is None


def _idle(fact: Fact) -> bool:
    """Looking around: a bare `ls`, the shell's own history."""
    inv = next((i for i in fact.view.commands if not i.wrapped and "$()" not in i.via), None)
    if inv is None or fact.programs[:1] == ("history",):
        return True
    if inv.program in ("ls", "ll", "dir") and len(fact.programs) == 1:
        options, operands = split(inv)
        return not (options and operands)
    return set(fact.programs) <= knowledge().programs["noise"]


def _transient(fact: Fact) -> bool:
    """It names a process or a moment that will not come again."""
    return bool(_PROCESS.search(fact.text) or _MOMENT.search(fact.text))


def _reads_from(fact: Fact, facts: Sequence[Fact], lost: set[int]) -> bool:
    """It reads what only a command that was left out had made."""
    if not fact.touches:
        return False
    made = [t.cell for f in facts[: fact.n] if f.n in lost and f.ok for t in f.written() if t.creates]
    kept = [t.cell for f in facts if f.n not in lost and f.ok for t in f.written()]
    own = [t.cell for t in fact.touches]
    return any(c in made and c not in kept and not _known_before(c, facts) for c in own)


def _known_before(cell: str, facts: Sequence[Fact]) -> bool:
    """Something read it successfully before the session wrote it."""
    for f in facts:
        if any(t.cell == cell and t.writes for t in f.touches):
            return False
        if f.ok and any(overlap(t.cell, cell) for t in f.touches):
            return True
    return False


def is_edit(fact: Fact) -> bool:
    """An editor on a file (or a crontab), whose change was not recorded."""
    known = knowledge().programs["editors"]
    return any(p in known or p == "crontab" for p in fact.programs) or (
        "systemctl" in fact.programs and "edit" in fact.words
    )
