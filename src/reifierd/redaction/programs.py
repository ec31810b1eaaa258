"""The shell-aware layer: which word of which program is a secret (programs.toml), and telling options of any program."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

from reifierd.redaction.lexer import Lexed, Simple, Word
from reifierd.redaction.model import Found
from reifierd.redaction.names import Telling, no_value, telling
from reifierd.redaction.pairs import kind_of, parameter_name


@dataclass(frozen=True)
class Family:
    """One table of programs.toml; see there for the meaning of the keys."""

    programs: str
    when: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    glued: tuple[str, ...] = ()
    pair: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    stdin: tuple[str, ...] = ()
    stdin_pair: tuple[str, ...] = ()
    name: str = ""


def _load() -> dict[str, list[Family]]:
    table = tomllib.loads(files(__package__).joinpath("programs.toml").read_text("utf-8"))
    known: dict[str, list[Family]] = {}
    for row in table["family"]:
        family = Family(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})
        for program in family.programs.split():
            known.setdefault(program, []).append(family)
    return known


PROGRAMS = _load()


def shell_secrets(lexed: Lexed) -> Iterator[Found]:
    """Every secret of the commands that were read."""
    for command in lexed.commands:
        yield from _telling_options(command)
        for index, word in enumerate(command.words):
            for family in PROGRAMS.get(word.text.rsplit("/", 1)[-1], ()):
                yield from _family(family, command, command.words[index + 1 :])


def found_in(word: Word, first: int, last: int, kind: str, name: str) -> Found | None:
    """The decoded characters `first`..`last` of `word` as a finding, None where they are no secret."""
    value = word.text[first:last]
    if not value or no_value(value):
        return None
    start, end = word.range(first, last)
    return Found(start, end, kind, value, name)


def _telling_options(command: Simple) -> Iterator[Found]:
    for word, following in zip(command.words, [*command.words[1:], None], strict=True):
        if not re.match(r"--?[A-Za-z][\w.-]+\Z", word.text) or following is None or following.text.startswith("-"):
            continue
        if telling(word.text) is Telling.STRONG:
            hit = found_in(following, 0, len(following.text), kind_of(word.text), parameter_name(word.text))
            if hit:
                yield hit


def _family(family: Family, command: Simple, words: list[Word]) -> Iterator[Found]:
    if family.when and not any(w.text in family.when for w in words):
        return
    for word, following in zip(words, [*words[1:], None], strict=True):
        for option in (*family.value, *family.glued, *family.pair):
            yield from _option(family, option, word, following)
    if any(flag == "" or any(w.text == flag for w in words) for flag in family.stdin):
        pass


def _option(family: Family, option: str, word: Word, following: Word | None) -> Iterator[Found]:
    name = family.name or parameter_name(option)
    hit: Found | None = None
    if word.text == option and option not in family.glued and following is not None:
        hit = _value(family, option, following, 0, name)
    elif option.startswith("--") and word.text.startswith(option + "="):
        hit = _value(family, option, word, len(option) + 1, name)
    elif not option.startswith("--") and word.text.startswith(option) and len(word.text) > len(option):
        hit = _value(family, option, word, len(option), name)
    if hit:
        yield hit


def _value(family: Family, option: str, word: Word, first: int, name: str) -> Found | None:
    if option in family.pair:
        user, separator, _ = word.text[first:].partition(family.pair[option])
        if not separator:
            return None
        first += len(user) + 1
        name = parameter_name(user + "_password") if re.match(r"[A-Za-z]", user) else "PASSWORD"
    return found_in(word, first, len(word.text), "password", name)
