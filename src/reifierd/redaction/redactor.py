"""One door for everything that is persisted or shown: secrets in, `[REDACTED:kind]` out.

A Redactor keeps what it learnt in memory only. Looking is repeated until nothing more is found, so redacting twice
changes nothing; a marker is never looked into again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reifierd.redaction.bulk import speaks_shell, stretches
from reifierd.redaction.classifier import tokens
from reifierd.redaction.families import NOTICEABLE, OUTSPOKEN
from reifierd.redaction.lexer import lex
from reifierd.redaction.literals import Literals
from reifierd.redaction.model import Found, ParamCommand, Span
from reifierd.redaction.pairs import cores_of, pairs
from reifierd.redaction.params import Names
from reifierd.redaction.patterns import patterns
from reifierd.redaction.programs import shell_secrets
from reifierd.redaction.services import service_secrets
from reifierd.redaction.splice import parametrise
from reifierd.redaction.taint import Taint

MARKER = re.compile(r"\[REDACTED:[a-z0-9-]+\]")
_BIT = 8  # characters, such as `-p`, that a rough look takes along
_PASSES = 6
_BRIEF, _REMEMBERED = 200, 6_000  # characters of a text, and number of texts, that are known to hold nothing
_TELLING_PART = 5  # characters of a secret that a marker may not repeat


class Redactor:
    """Finds secrets and remembers them (taint). Thread-safe; nothing is written anywhere."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._taint = Taint()
        self._names = Names()
        self._innocent: set[str] = set()  # brief texts that hold nothing of what was known …
        self._forms = 0  # … when so many spellings were

    def learn(self, value: str, name: str = "") -> None:
        """Hide `value` from now on; `name` is the parameter that stands for it in a command."""
        with self._lock:
            self._taint.learn(value, name)
            if name:
                self._names.claim(value, name)

    def text(self, s: str) -> str:
        """`s` with every secret replaced by `[REDACTED:kind]`; what was found is learnt."""
        if len(s) > _BRIEF:
            return marked(s, self.spans(s))
        with self._lock:
            if self._forms != len(self._taint.forms) or len(self._innocent) > _REMEMBERED:
                self._innocent.clear()
                self._forms = len(self._taint.forms)
            if s in self._innocent:
                return s
            spans = self.spans(s)
            if not spans:
                self._innocent.add(s)
            return marked(s, spans)

    def spans(self, s: str) -> list[Span]:
        """Where the secrets stand in `s`: sorted, apart from each other. What was found is learnt."""
        with self._lock:
            spans: list[Span] = []
            for _ in range(_PASSES):
                shown = marked(s, spans)
                more = [f for f in merge(self._look(shown)) if not MARKER.fullmatch(shown, f.start, f.end)]
                if not more:
                    break
                spans = _compose(s, spans, more)
            return [replace(span, kind=_discreet(span.kind, s[span.start : span.end])) for span in spans]

    def command(self, s: str, shell: str = "bash") -> ParamCommand:
        """`s` with each secret replaced by an expansion of a named parameter, so that it runs when that is exported."""
        with self._lock:
            found = merge(self._look(s))
            return parametrise(s, found, self._names, shell)

    def _look(self, text: str) -> list[Found]:
        literals = Literals(text)
        cores = cores_of(text)
        shell = _read_as_shell(text) if cores or speaks_shell(text, OUTSPOKEN) else ()
        placed = [*shell, *patterns(text, literals), *pairs(text, cores)]
        found = [*placed, *_rougher(service_secrets(text), placed), *_rougher(tokens(text), placed)]
        for hit in found:
            if not MARKER.search(hit.value):
                self._taint.learn(hit.value, hit.name)
        return [*found, *self._taint.find(text, literals)]


def _discreet(kind: str, secret: str) -> str:
    """`kind`, or a vaguer one where the marker would spell a part of what it hides (`github-token`, `github_pat_…`)."""
    lower = secret.lower()
    for name in (kind, "secret", "token"):
        if not any(name[i : i + _TELLING_PART] in lower for i in range(len(name) - _TELLING_PART + 1)):
            return name
    return "hidden"


def _read_as_shell(text: str) -> Iterator[Found]:
    for start, end in stretches(text, NOTICEABLE):
        for hit in shell_secrets(lex(text[start:end])):
            yield replace(hit, start=hit.start + start, end=hit.end + start)


def _rougher(hits: Iterable[Found], placed: list[Found]) -> Iterator[Found]:
    """Those of `hits`, judged by their look, that are not a found secret with a bit around it (`-pX` for `X`)."""
    for hit in hits:
        within = [p for p in placed if hit.start <= p.start and p.end <= hit.end]
        if not within or hit.end - hit.start - max(p.end - p.start for p in within) > _BIT:
            yield hit


def merge(found: Iterable[Found]) -> list[Found]:
    """Sorted findings without overlap: what contains another swallows it, what overlaps is joined."""
    merged: list[Found] = []
    for hit in sorted(found, key=lambda f: (f.start, -f.end)):
        if not merged or hit.start >= merged[-1].end:
            merged.append(hit)
        elif hit.end > merged[-1].end:
            last = merged[-1]
            merged[-1] = Found(last.start, hit.end, last.kind, last.value + hit.value, last.name or hit.name)
        elif (hit.start, hit.end) == (merged[-1].start, merged[-1].end) and hit.name and not merged[-1].name:
            merged[-1] = hit
    return merged


def marked(s: str, spans: list[Span]) -> str:
    """`s` with a marker in the place of each span (sorted, apart from each other)."""
    parts, position = [], 0
    for span in spans:
        parts += [s[position : span.start], f"[REDACTED:{span.kind}]"]
        position = span.end
    return "".join([*parts, s[position:]])


def _compose(s: str, spans: list[Span], more: list[Found]) -> list[Span]:
    """Findings in the already redacted text, as spans of the original, joined with those known."""
    shift, edges = 0, []
    for span in spans:
        begin = span.start + shift
        size = len(f"[REDACTED:{span.kind}]")
        edges.append((begin, begin + size, span))
        shift += size - (span.end - span.start)

    def back(offset: int, *, end: bool) -> int:
        moved = 0
        for begin, stop, span in edges:
            if offset >= stop:
                moved = span.end - stop
            elif offset > begin or (offset == begin and not end):
                return span.end if end else span.start
        return offset + moved

    fresh = [Found(back(f.start, end=False), back(f.end, end=True), f.kind, "") for f in more]
    known = [Found(span.start, span.end, span.kind, "") for span in spans]
    return [Span(f.start, f.end, f.kind) for f in merge([*fresh, *known]) if f.end > f.start]
