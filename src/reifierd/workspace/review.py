"""From what stands to what is to be done: a scan, the ledger and a person's words, put before `lifecycle.decide`.

Everything but running is done here at once: held, filed, void, adopted and gone are written to the ledger,
together. What is to be run is returned and stays open until the caller claims it (`Reviewer.claim` with state
RUNNING, the run's id and the word). So claim and run one, then review again: a copy that came with it is then
known as a copy. A crash before the claim loses nothing.

Files whose stat facts are those of the last look, and about which nothing is open, are passed over: with a library
of thousands a look costs little more than the scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from reifierd.ledger import Ledger
from reifierd.ledger.records import Approval, FileState, Hold, Run, Word, key_of
from reifierd.workspace.digester import Digester, at_rest
from reifierd.workspace.generation import reconcile
from reifierd.workspace.known import Everything, Knows
from reifierd.workspace.layout import CONSENT
from reifierd.workspace.library import RUNBOOKS, Library, folder_of
from reifierd.workspace.lifecycle import Action, Decision, Facts, Limits, Twin, decide
from reifierd.workspace.missing import Missing
from reifierd.workspace.newcomers import Newcomers, is_newcomer
from reifierd.workspace.origin import origin_of
from reifierd.workspace.root import Root, paused
from reifierd.workspace.scan import Entry, scan

_T = TypeVar("_T")
WORD_WAITS = 60.0  # seconds for which an approve waits for the file that it names
_UNANSWERED = (FileState.GONE, FileState.HELD, FileState.CHANGED)  # states that are no answer to a word
TOLD_EVERY = 1000  # files; the first look at a library of thousands takes seconds, and says how far it is
ALL_AT_ONCE = 100  # from so many files on, the ledger is asked for everything at once


@dataclass(frozen=True)
class Ruling:
    """A decision about a name. `entry` is None when nothing stands there, `known` is what the ledger said before,
    `word` what a person said, to be claimed together with a run."""

    name: str
    decision: Decision
    sha256: str = ""
    entry: Entry | None = None
    known: Approval | None = None
    word: Word | None = None


@dataclass(frozen=True)
class Review:
    """`runs` are the caller's to run; `done` was written to the ledger; `strangers` (no runbooks) are told once.

    `again`: a file is missing and may be back in a moment: look again after so many seconds. None: no need.
    """

    runs: tuple[Ruling, ...]
    done: tuple[Ruling, ...]
    strangers: tuple[str, ...]
    again: float | None


@dataclass(frozen=True)
class _Look:
    """What one look has before it. `inodes` are those that stood decided at the last one."""

    now: float
    standing: Mapping[str, Entry]
    fresh: bool
    paused: bool
    words: Mapping[str, Word]
    inodes: Set[tuple[int, int]]

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all that stands, where someone asks for them."""
        return frozenset(key_of(p) for p in self.standing)


def introduce(root: Root, ledger: Ledger, folders: Iterable[str] = CONSENT) -> None:
    """Let a ledger and a workspace meet, folder by folder, where nothing stands yet: what arrives from now on is
    consent.

    For `reifierd init`. Where something stands already, the first review files it unexecuted.
    """
    for folder in folders:
        if not scan(root, (folder,)).entries:
            ledger.journal.meet(root.identity, folder)


class Reviewer:
    """Looks at one library of one pinned root with one ledger. Make a new one when the root was opened anew.

    `progress(what, done, all)` is called now and then when there are thousands of files to decide about.
    """

    def __init__(
        self,
        root: Root,
        ledger: Ledger,
        limits: Limits,
        progress: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
        library: Library = RUNBOOKS,
    ) -> None:
        self._progress, self._library = progress, library
        self._root, self._ledger, self._journal, self._limits = root, ledger, ledger.journal, limits
        self._digester = Digester(root, ledger.digests, library)
        self._newcomers = Newcomers(root, ledger.journal, library)
        self._missing = Missing(ledger.journal, library.folder)
        self._before: Mapping[str, Entry] = {}  # what stood at the last look
        self._open: set[str] = set()  # names among them about which something is open
        self._told: set[str] = set()
        self._first = True
        reconcile(root, ledger)

    def claim(self, ruling: Ruling, approval: Approval, run: Run | None = None) -> None:
        """What is to run is taken (`approval` says RUNNING), durably. `generation.note` it before its first step."""
        assert ruling.entry is not None, "what does not stand is not run"
        origin = origin_of(self._root, ruling.entry)
        self._journal.claim(approval, ruling.word.id if ruling.word else None, run, origin)

    def review(self, now: float) -> Review:
        """One look. Vanished: the workspace is not there; nothing was concluded."""
        self._newcomers.look(now)
        found = scan(self._root, (self._library.folder,), self._before)
        standing = found.standing
        fresh = self._first and not self._journal.familiar(self._root.identity, self._library.folder)
        pause, inodes = paused(self._root.layout.root), self._inodes(standing)
        look = _Look(now, standing, fresh, pause, self._words(), inodes)
        rulings = [*self._rule_standing(look), *self._rule_missing(look)]
        self._record_all(rulings, look)
        self._settle(look, rulings)
        told, self._told = self._told, set(found.strangers)
        runs = tuple(r for r in rulings if r.decision.action is Action.RUN)
        return Review(
            _each_bytes_once(runs),
            tuple(r for r in rulings if r.decision.action is not Action.RUN and r.decision.reason),
            tuple(s for s in found.strangers if s not in told),
            self._limits.settle if self._missing else None,
        )

    # what stands

    def _rule_standing(self, look: _Look) -> list[Ruling]:
        undecided = self._undecided(look)
        ledger: Knows = self._journal
        if len(undecided) >= ALL_AT_ONCE:
            ledger = Everything(self._journal, self._library.folder)
            self._digester.expect_many()
        cases = [self._case(entry, ledger, look) for entry in self._counted("read", undecided)]
        self._newcomers.note([c.entry for c in cases if is_newcomer(c.facts)], look.now)
        return [self._ruled(case, ledger) for case in cases]

    def _ruled(self, case: _Case, ledger: Knows) -> Ruling:
        entry, facts = case.entry, case.facts
        if is_newcomer(facts):
            facts = self._newcomers.placed(facts, entry, case.sha256, ledger)
        return Ruling(entry.path, decide(facts, self._limits), case.sha256, entry, case.known, case.word)

    def _undecided(self, look: _Look) -> list[Entry]:
        if look.standing is self._before and not look.words:
            return [look.standing[path] for path in sorted(self._open)]
        return [
            e
            for path, e in look.standing.items()
            if path in self._open
            or path not in self._before
            or (self._before[path] is not e and self._before[path].facts != e.facts)
            or (look.words and key_of(path) in look.words)
        ]

    def _case(self, entry: Entry, ledger: Knows, look: _Look) -> _Case:
        known = ledger.approval(entry.path)
        sha256 = self._digester.digest(entry, look.now)
        word = look.words.get(key_of(entry.path)) if look.words else None
        if word and (look.now - word.at > self._limits.consent_age or not _answerable(word, known, sha256)):
            word = None
        facts = Facts(
            folder=entry.folder,
            stands=True,
            state=known.state if known else None,
            same=known.sha256 == sha256 if known else None,
            hold=known.hold if known else None,
            twin=_twin(entry.path, ledger.by_sha(sha256), look) if sha256 else None,
            renamed=entry.path not in self._before and entry.facts[:2] in look.inodes,
            word=word is not None,
            paused=look.paused,
            fresh=look.fresh,
        )
        return _Case(entry, known, word, sha256, facts)

    def _inodes(self, standing: Mapping[str, Entry]) -> Set[tuple[int, int]]:
        if standing is self._before or standing.keys() <= self._before.keys():
            return frozenset()  # nobody is new, nobody will ask
        return {e.facts[:2] for p, e in self._before.items() if p not in self._open}

    # what does not

    def _rule_missing(self, look: _Look) -> list[Ruling]:
        if self._first:
            self._missing.begin(look.keys, look.now)
        elif look.standing is not self._before:
            self._missing.note(self._before.keys(), look.standing.keys(), look.now)
        return [self._missed(known, seconds) for known, seconds in self._missing.known(look.now)]

    def _missed(self, known: Approval, missing_for: float) -> Ruling:
        facts = Facts(self._library.folder, stands=False, state=known.state, hold=known.hold, missing_for=missing_for)
        return Ruling(known.name, decide(facts, self._limits), known.sha256, known=known)

    # what the ledger is told

    def _words(self) -> dict[str, Word]:
        words = (w for w in self._journal.words() if w.kind == "approve")
        return {w.key: w for w in words if folder_of(w.subject) == self._library.folder}

    def _record_all(self, rulings: Sequence[Ruling], look: _Look) -> None:
        with self._ledger.transaction():
            for ruling in self._counted("recorded", rulings):
                self._record(ruling, look.now)
            waiting = {r.word.id for r in rulings if r.word and r.decision.action is Action.RUN}
            for word in look.words.values():
                if word.id not in waiting and (word.key in look.keys or look.now - word.at > WORD_WAITS):
                    self._journal.heard(word.id)
            if look.fresh:
                self._journal.meet(self._root.identity, self._library.folder)
        self._digester.save()
        if self._first or len(rulings) >= ALL_AT_ONCE:
            self._digester.forget_all_but({e.facts for e in look.standing.values()})

    def _record(self, ruling: Ruling, now: float) -> None:
        decision, known = ruling.decision, ruling.known
        if decision.action in (Action.NOTHING, Action.RUN) or decision.state is None:
            return
        if known and decision.action is Action.MARK_GONE:
            self._journal.put_approval(replace(known, state=decision.state, hold=None, reason=decision.reason))
            return
        run_id = None
        if decision.action is Action.ADOPT:
            same = self._journal.by_sha(ruling.sha256)
            run_id = next((a.run_id for a in same if a.state is decision.state), None)
        used = decision.action is Action.ADOPT and self._journal.spent(self._library.folder, ruling.sha256)
        if ruling.entry and (used or decision.action is Action.FILE_UNEXECUTED):
            self._journal.spend(self._library.folder, ruling.sha256, origin_of(self._root, ruling.entry))
        self._journal.put_approval(
            Approval(ruling.name, ruling.sha256, decision.state, now, run_id, decision.reason, hold=decision.hold)
        )

    def _settle(self, look: _Look, rulings: Iterable[Ruling]) -> None:
        """Remember this look; open stays what waits for a run or the end of a pause, or has not come to rest."""
        self._open = {r.name for r in rulings if r.entry and _stays_open(r, r.entry, look.now)}
        waiting = {r.known.key for r in rulings if r.entry is None and r.known and r.decision.action is Action.NOTHING}
        self._missing.keep(waiting)
        self._before, self._first = look.standing, False

    def _counted(self, what: str, items: Sequence[_T]) -> Iterator[_T]:
        for number, item in enumerate(items, 1):
            yield item
            if number % TOLD_EVERY == 0:
                self._progress(what, number, len(items))


class _Case(NamedTuple):
    """A file about which is to be decided, and what its ruling carries."""

    entry: Entry
    known: Approval | None
    word: Word | None
    sha256: str
    facts: Facts


def _twin(name: str, same: list[Approval], look: _Look) -> Twin | None:
    """The other name of these bytes that says most: one that ran, before one that is only held."""
    here = key_of(name)
    folder = folder_of(name)
    others = [a for a in same if a.key != here and a.folder == folder and a.state is not FileState.GONE]
    if not others:
        return None
    one = min(others, key=lambda a: (a.state is FileState.HELD, a.state is not FileState.RUNNING))
    return Twin(one.name, one.state, one.key in look.keys, one.hold)


def _answerable(word: Word, known: Approval | None, sha256: str) -> bool:
    """Not when it meant other bytes, or when what it asks for was done already (the move was seen first)."""
    if word.sha256 not in ("", sha256):
        return False
    return known is None or known.state in _UNANSWERED or known.seen < word.at


def _stays_open(ruling: Ruling, entry: Entry, now: float) -> bool:
    decision = ruling.decision
    hold = decision.hold if decision.state else (ruling.known.hold if ruling.known else None)
    return decision.action is Action.RUN or hold is Hold.PAUSED or not at_rest(entry, now)


def _each_bytes_once(runs: tuple[Ruling, ...]) -> tuple[Ruling, ...]:
    """Of copies that came together the first; the others are ruled on when it was claimed."""
    return tuple({r.sha256 or r.name: r for r in reversed(runs)}.values())[::-1]
