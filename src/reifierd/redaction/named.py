"""Secrets behind telling names in shell words, however these are quoted: `--token X`, `NAME=X`, `a.password=X,b=c`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.model import Found
from reifierd.redaction.names import PLAIN_FIELDS, Telling, no_value, telling
from reifierd.redaction.pairs import kind_of, parameter_name, worth_hiding
from reifierd.redaction.words import Simple, Word


def found_in(word: Word, first: int, last: int, kind: str, name: str) -> Found | None:
    """The decoded characters `first`..`last` of `word` as a finding, None where they are no secret."""
    value = word.text[first:last]
    literal = value.replace("$", "S-")  # decoded: what is still a dollar sign is a character
    if not value.strip() or no_value(literal, in_place=True) or _names_a_variable(value):
        return None
    start, end = word.range(first, last)
    for opened, closed in word.quotes:
        if opened >= start and end == closed - 1:
            end = closed  # never leave a closing quote behind whose opening was hidden
    return Found(start, end, kind, value, name)


def _names_a_variable(value: str) -> bool:
    """`'$DB_PASSWORD'`: nobody's password, but a variable that another program fills in."""
    named = re.fullmatch(r"\$\{?([A-Z][A-Z0-9_]*)\}?", value)
    return named is not None and telling(named[1]) is Telling.STRONG


_OPTION = re.compile(r"--?[A-Za-z][\w.-]+\Z")


def telling_options(command: Simple) -> Iterator[Found]:
    """`--db-password secret`, of any program."""
    for word, following in zip(command.words, command.words[1:], strict=False):
        if not _OPTION.match(word.text) or following.text.startswith("-") or len(word.text) < 4:
            continue
        if telling(word.text) is not Telling.NO and worth_hiding(word.text, following.text.replace("$", "S-")):
            hit = found_in(following, 0, len(following.text), kind_of(word.text), parameter_name(word.text))
            if hit:
                yield hit


_NAMED_WORD = re.compile(r"(?:-{0,2}|-[DPe])([A-Za-z_][\w.-]*)=(?=.)", re.DOTALL)
_NEXT_FIELD = re.compile(r"&[\w.-]+=")


def assignments(command: Simple) -> Iterator[Found]:
    """`NAME=secret`, `--name=secret`, `-Dname=secret`: the whole rest of the word, however it is quoted."""
    for word in command.words:
        named = _NAMED_WORD.match(word.text)
        if not named:
            continue
        field_end = _NEXT_FIELD.search(word.text, named.end())
        last = field_end.start() if field_end else len(word.text)
        if worth_hiding(named[1], word.text[named.end() : last].replace("$", "S-")):
            hit = found_in(word, named.end(), last, kind_of(named[1]), parameter_name(named[1]))
            if hit:
                yield hit


_KEYED = re.compile(r"([\w./\[\]\\:-]+)=((?:[^,;]|[,;](?!\s*[\w./\[\]\\:-]+=))*)")


def keyed(word: Word, first: int, *, every: bool) -> Iterator[Found]:
    """`a.password=X,b=c`: the values behind telling keys, or behind every key."""
    for pair in _KEYED.finditer(word.text, first):
        if (every and pair[1].lower() not in PLAIN_FIELDS) or worth_hiding(pair[1], pair[2].replace("$", "S-")):
            hit = found_in(word, pair.start(2), pair.end(2), kind_of(pair[1]), parameter_name(pair[1]))
            if hit:
                yield hit
