"""Secrets that their own writing gives away: provider tokens (shapes.toml) and the places of places.toml.

A pattern is tried only where one of its literals stands in the text, so that a megabyte of log stays cheap.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from reifierd.redaction.model import Found
from reifierd.redaction.names import no_value
from reifierd.redaction.pairs import parameter_name


@dataclass(frozen=True)
class Shape:
    """One row of a table: look for `pattern` where one of `near` stands; `always` hides the match without a second look."""

    kind: str
    near: tuple[str, ...]
    pattern: re.Pattern[str]
    always: bool
    name: str

    def secrets(self, text: str) -> Iterator[Found]:
        """Every match of the pattern that is a secret."""
        for found in self.pattern.finditer(text):
            group = self._group(found)
            value = found[group]
            if value and (self.always or not no_value(value)):
                yield Found(*found.span(group), self.kind, value, self._name(found))

    @staticmethod
    def _group(found: re.Match[str]) -> str | int:
        named = found.groupdict()
        return "secret" if named.get("secret") is not None else 0

    def _name(self, found: re.Match[str]) -> str:
        place = found.groupdict().get("name")
        return parameter_name(place + self.name) if place else parameter_name(self.name.lstrip("_") or self.kind)


def _rows(resource: str, before: str) -> Iterator[Shape]:
    table = tomllib.loads(files(__package__).joinpath(resource).read_text("utf-8"))
    for row in table["shape"]:
        pattern: str = row["pattern"]
        flags = re.IGNORECASE if pattern.startswith("(?i)") else re.NOFLAG
        body = pattern.removeprefix("(?i)")
        yield Shape(row["kind"], tuple(row["near"]), re.compile(f"{before}(?:{body})", flags), row.get("always", not before == ""), row.get("name", ""))


_SHAPES = (*_rows("shapes.toml", "(?<![A-Za-z0-9])"), *_rows("places.toml", ""))
_LITERALS = sorted({literal for shape in _SHAPES for literal in shape.near})


def patterns(text: str) -> Iterator[Found]:
    """Every secret of `text` known by its shape or by the notation around it."""
    present = {literal for literal in _LITERALS if literal in text}
    for shape in _SHAPES:
        if not present.isdisjoint(shape.near):
            yield from shape.secrets(text)
