"""Which section a heading opens.

Names are compared without case, numbering, markup and punctuation ("## 2. Mitigation:" is Mitigation). A subsection
belongs to the section that it stands under, whatever its name, with two exceptions: a rollback is never part of a
fix, and "Steps" or "Procedure" say nothing of their own, so named sections below them keep their meaning. A
document's only first-level heading is its title where other headings name sections.
"""

from __future__ import annotations

import re
from functools import lru_cache

from reifierd.documents.model import SectionKind
from reifierd.documents.words import GENERIC, SECTIONS

_NUMBERING = re.compile(
    r"\A(?:(?:step|part|phase)\s+)?(?:\d+(?:\.\d+)*|[ivx]+(?=[.)]))[.):]*\s+[-\u2013\u2014]?\s*|\A[a-z][.)]\s+"
)
_MARKUP = re.compile(r"[*_`#~]|\\(?=\W)|\A\W+")
_AND = re.compile(r"\s*(?:/|&|\+|,|\band\b)\s*")


@lru_cache(maxsize=512)
def normal_name(heading: str) -> str:
    """A heading's text as it is looked up: "2. **Mitigation** (quick):" → "mitigation"."""
    name = _MARKUP.sub("", heading.strip().lower())
    name = re.sub(r"\s*[(\[][^()\[\]]*[)\]]\W*\Z", "", name)
    name = _NUMBERING.sub("", name)
    return re.sub(r"\s+", " ", re.sub(r"\W+\Z", "", name)).strip()


@lru_cache(maxsize=512)
def kind_of(heading: str) -> SectionKind | None:
    """The section that a heading names; of "Mitigation / Resolution" both halves must name the same."""
    if len(heading) > 200:
        return None
    name = normal_name(heading)
    if name in SECTIONS:
        return SECTIONS[name]
    kinds = {SECTIONS.get(part) for part in _AND.split(name)}
    return kinds.pop() if len(kinds) == 1 else None


class Outline:
    """Follows the headings of a document in order; `section` is where the reader stands."""

    def __init__(self, headings: list[tuple[int, str]]) -> None:
        named = [kind_of(text) is not None for _, text in headings]
        first_level = [n for n, (level, _) in enumerate(headings) if level == 1]
        self._title = 0 if first_level == [0] and any(named[1:]) else -1
        self._seen = 0
        self._stack: list[tuple[int, SectionKind | None, bool]] = []
        self.known = any(named)

    @property
    def section(self) -> SectionKind | None:
        return self._stack[-1][1] if self._stack else None

    def enter(self, level: int, text: str) -> None:
        """Pass a heading of that level (1-6)."""
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        own = None if self._seen == self._title else kind_of(text)
        self._seen += 1
        above, generic = (self._stack[-1][1], self._stack[-1][2]) if self._stack else (None, False)
        if above is None or own is SectionKind.ROLLBACK or (generic and own):
            self._stack.append((level, own, normal_name(text) in GENERIC))
        else:
            self._stack.append((level, above, generic))
