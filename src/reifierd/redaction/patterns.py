"""Secrets that their own writing gives away: provider tokens (shapes.toml) and the places of places.toml.

A pattern is tried only where one of its literals stands in the text, so that a megabyte of log stays cheap.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from reifierd.redaction.literals import Index, Literals
from reifierd.redaction.model import Found
from reifierd.redaction.names import is_blank, no_value
from reifierd.redaction.pairs import parameter_name, worth_hiding

_SMALL = 4_000  # characters up to which a text is not cut into lines
_SPARSE = 500  # literals up to which only their lines are searched


@dataclass(frozen=True)
class Shape:
    """One row of a table: look for `pattern` where one of `near` stands.

    `always` hides the match without a second look, `lines` says that a match may run over several lines, `alone` that
    no letter or digit may stand right before it, `telling` that the group `name` must announce a secret.
    """

    kind: str
    near: tuple[str, ...]
    pattern: re.Pattern[str]
    always: bool
    lines: bool
    alone: bool
    telling: bool
    name: str

    def secrets(self, text: str) -> Iterator[Found]:
        """Every match of the pattern that is a secret."""
        for begin, end in self._windows(text):
            for found in self.pattern.finditer(text, begin, end):
                if self.alone and found.start() and text[found.start() - 1].isalnum():
                    continue
                group = self._group(found)
                value = found[group]
                if self.telling and not worth_hiding(found["name"], value):
                    continue
                if value and not is_blank(value) and (self.always or not no_value(value)):
                    yield Found(*found.span(group), self.kind, value, self._name(found))

    def _windows(self, text: str) -> Iterator[tuple[int, int]]:
        """The lines in which a literal stands; the whole text where that would be most of it."""
        if self.lines or len(text) < _SMALL or sum(text.count(literal) for literal in self.near) > _SPARSE:
            yield 0, len(text)
            return
        windows: set[tuple[int, int]] = set()
        for literal in self.near:
            at = text.find(literal)
            while at >= 0:
                end = text.find("\n", at)
                end = len(text) if end < 0 else end
                windows.add((text.rfind("\n", 0, at) + 1, end))
                at = text.find(literal, end)
        yield from sorted(windows)

    @staticmethod
    def _group(found: re.Match[str]) -> str | int:
        named = found.groupdict()
        return "secret" if named.get("secret") is not None else 0

    def _name(self, found: re.Match[str]) -> str:
        place = found.groupdict().get("name")
        return parameter_name(place + self.name) if place else parameter_name(self.name.lstrip("_") or self.kind)


def _rows(resource: str, *, token: bool) -> Iterator[Shape]:
    table = tomllib.loads(files(__package__).joinpath(resource).read_text("utf-8"))
    for row in table["shape"]:
        pattern: str = row["pattern"]
        flags = re.IGNORECASE if pattern.startswith("(?i)") else re.NOFLAG
        compiled = re.compile(pattern.removeprefix("(?i)"), flags)
        always, lines = row.get("always", token), row.get("lines", False)
        yield Shape(
            row["kind"],
            tuple(row["near"]),
            compiled,
            always,
            lines,
            token,
            row.get("telling", False),
            row.get("name", ""),
        )


_SHAPES = (*_rows("shapes.toml", token=True), *_rows("places.toml", token=False))
_NEAR = {literal: [s for s in _SHAPES if literal in s.near] for shape in _SHAPES for literal in shape.near}
_LITERALS = Index(_NEAR)


def patterns(text: str, literals: Literals) -> Iterator[Found]:
    """Every secret of `text` known by its shape or by the notation around it; `literals` knows the text's."""
    tried: list[Shape] = []
    for literal in sorted(literals.among(_LITERALS)):
        for shape in _NEAR[literal]:
            if not any(shape is known for known in tried):
                tried.append(shape)
                yield from shape.secrets(text)
