"""Criteria, commands and checks of one reading put together: steps, numbers, whose a block is, who waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from reifierd.documents.model import Problem, SectionKind, Step
from reifierd.documents.readers import Event
from reifierd.documents.steps import Builder
from reifierd.documents.task_model import Criterion
from reifierd.documents.task_names import Name, alone, name_of, same_words
from reifierd.documents.task_reading import Found, Keyed, Reading


@dataclass
class _Draft:
    """A criterion while its blocks are gathered."""

    found: Found
    name: Name
    own: list[Step] = field(default_factory=list)
    apart: list[Step] = field(default_factory=list)


class Index:
    """Finds criteria by number as written, by place, by text, or by that of the group they stand in (a heading, an item
    without a box); indices count from 0."""

    def __init__(self, drafts: list[_Draft]) -> None:
        self.numbers: dict[str, list[int]] = {}
        self.texts: dict[str, list[int]] = {}
        self.grouped: dict[str, list[int]] = {}
        self.group_texts: dict[str, list[int]] = {}
        self.count = len(drafts)
        for n, draft in enumerate(drafts):
            _enter(draft.name, n, self.numbers, self.texts)
            for text, number in draft.found.groups:
                _enter(name_of(text.partition("\n")[0], number), n, self.grouped, self.group_texts)

    def by_number(self, digits: str) -> list[int]:
        """Those of that number, or of the group of it; where neither is numbered, the one at that place of the file."""
        if digits in self.numbers or digits in self.grouped:
            return self.numbers.get(digits) or self.grouped[digits]
        place = int(digits) if digits.isdigit() and len(digits) < 7 and not self.grouped else 0
        return [place - 1] if 1 <= place <= self.count else []

    def by_text(self, text: str) -> list[int]:
        key = same_words(text)
        return (self.texts.get(key) or self.group_texts.get(key) or []) if key else []

    def reference(self, words: str) -> tuple[list[int], bool]:
        """What `#2`, `2.`, `Criterion 2` or a text refers to, and whether it is clear: one criterion, or one group."""
        digits = alone(words)
        found = self.by_number(digits) if digits else self.by_text(words)
        own = self.numbers.get(digits) if digits else self.texts.get(same_words(words))
        return found, len(found) == 1 or (bool(found) and not own)


def _enter(name: Name, n: int, numbers: dict[str, list[int]], texts: dict[str, list[int]]) -> None:
    if name.digits:
        numbers.setdefault(name.digits, []).append(n)
    for text in {same_words(name.name), same_words(name.text), same_words(name.name.partition(": ")[0])}:
        texts.setdefault(text, []).append(n)


class Assembly:
    """`boxes` are the byte offsets of the criteria's marks, in their order."""

    def __init__(self, reading: Reading, boxes: tuple[int, ...]) -> None:
        self._builder = Builder()
        self._said: list[Problem] = []
        self._drafts = [_Draft(found, name_of(found.content, found.number)) for found in reading.criteria]
        self._index = Index(self._drafts)
        self._numbers_twice()
        for draft in self._drafts:
            draft.own = [step for event in draft.found.events for step in self._steps(SectionKind.FIX, event)]
        for keyed in reading.keyed:
            self._apart(keyed)
        checks = [step for event in reading.checks for step in self._steps(SectionKind.VERIFY, event)]
        after = _after(self._drafts, self._index, self._said)
        self.criteria = tuple(
            self._criterion(n, draft, after[n], box)
            for n, (draft, box) in enumerate(zip(self._drafts, boxes, strict=True))
        )
        self.verification = tuple(checks)
        self.steps = tuple(self._builder.steps)
        self.problems = (*self._builder.problems, *self._said)

    def _steps(self, section: SectionKind, event: Event) -> Iterable[Step]:
        """The step of a block, or nothing where it is none."""
        before = len(self._builder.steps)
        self._builder.add(section, event)
        for n in range(before, len(self._builder.steps)):
            step = self._builder.steps[n]
            if step.attributes.verify:
                self._builder.steps[n] = step = replace(step, section=SectionKind.VERIFY)
            yield step

    def _numbers_twice(self) -> None:
        for digits, places in self._index.numbers.items():
            if len(places) > 1:
                self._say(self._drafts[places[1]].found.block.line, f"a second criterion of number {digits}")

    def _apart(self, keyed: Keyed) -> None:
        """Give a block under Commands to its criterion."""
        for step in self._steps(SectionKind.FIX, keyed.event):
            keys = [(step.attributes.name, ""), *keyed.keys]
            owners = next((found for text, number in keys if (found := self._owners(text, number))), [])
            if len(owners) == 1:
                self._drafts[owners[0]].apart.append(step)
                continue
            line = keyed.event.begins
            if owners:
                which = " and ".join(str(n + 1) for n in owners)
                self._say(
                    line, f"this block may be that of criteria {which}", "say its number and its name", fatal=True
                )
            else:
                hint = "put it below a heading with the criterion's number or text"
                self._say(line, "this block is of no criterion: not run", hint)

    def _owners(self, text: str, number: str) -> list[int]:
        """The criteria that a key names: one by number and another by name are two."""
        line = text.partition("\n")[0]
        name = name_of(line, number)
        named = self._index.by_text(name.name) or self._index.by_text(name.text)
        digits = name.digits or alone(line)
        numbered = self._index.by_number(digits) if digits else []
        if named and numbered and name.number != number:
            return sorted({*named, *numbered})
        return named or numbered

    def _criterion(self, n: int, draft: _Draft, after: tuple[int, ...], box: int) -> Criterion:
        found, name = draft.found, draft.name
        if draft.own and draft.apart:
            line = draft.apart[0].line
            self._say(line, f"criterion {n + 1} has commands of its own: this block is not run", "keep one of them")
        if not name.name:
            self._say(found.block.line, "a criterion without a text", "say what must hold")
        steps = draft.own or draft.apart
        return Criterion(
            n=n + 1,
            number=name.number,
            name=name.name,
            text=name.text,
            checked=found.mark != " ",
            line=found.block.inner[0].line,
            depth=found.depth,
            commands=tuple(step for step in steps if not step.attributes.verify),
            verify=tuple(step for step in steps if step.attributes.verify),
            after=after,
            box=(box, box + 1),
            parent=found.parent + 1,
        )

    def _say(self, line: int, message: str, hint: str = "", *, fatal: bool = False) -> None:
        self._said.append(Problem(line, message, hint, fatal))


def _after(drafts: list[_Draft], index: Index, said: list[Problem]) -> list[tuple[int, ...]]:
    """Whom each criterion waits for; what is not found, or waits for itself, is fatal."""
    every: list[tuple[int, ...]] = []
    for draft in drafts:
        found: dict[int, None] = {}
        for words in (*draft.name.after, *draft.found.after):
            places, clear = index.reference(words)
            if clear:
                found |= dict.fromkeys(place + 1 for place in places)
            else:
                what = "no criterion is" if not places else f"{len(places)} criteria are"
                line = draft.found.block.line
                said.append(Problem(line, f"after: {what} {words}", "give a number or its whole text", fatal=True))
        every.append(tuple(found))
    circle = _circle(every)
    if circle:
        line = drafts[circle - 1].found.block.line
        said.append(Problem(line, f"criterion {circle} waits for itself", "take one `after` away", fatal=True))
    return every


def _circle(every: list[tuple[int, ...]]) -> int:
    """A criterion that waits for itself, 0 for none: what is left when all that can be done is done (Kahn)."""
    waiting = {n: set(after) for n, after in enumerate(every, 1)}
    followers: dict[int, list[int]] = {}
    for n, after in waiting.items():
        for other in after:
            followers.setdefault(other, []).append(n)
    ready = [n for n, after in waiting.items() if not after]
    while ready:
        done = ready.pop()
        waiting.pop(done)
        for n in followers.get(done, ()):
            waiting[n].discard(done)
            if not waiting[n]:
                ready.append(n)
    return min(waiting, default=0)
