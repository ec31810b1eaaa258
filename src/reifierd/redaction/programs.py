"""The shell-aware layer: which word of which program is a secret (programs.toml), and telling options of any program."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

from reifierd.redaction.guess import guesses
from reifierd.redaction.lexer import HOLE, Lexed, Simple, Word, lex
from reifierd.redaction.model import Found
from reifierd.redaction.names import PLAIN_FIELDS, Telling, no_value, telling
from reifierd.redaction.pairs import kind_of, parameter_name, worth_hiding
from reifierd.redaction.stdin import fed
from reifierd.redaction.wrappers import heads

_DEEPEST_SCRIPT = 3


@dataclass(frozen=True)
class Family:
    """One table of programs.toml; see there for the meaning of the keys."""

    programs: str
    when: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    glued: tuple[str, ...] = ()
    pair: dict[str, str] = field(default_factory=dict)
    each: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    stdin: tuple[str, ...] = ()
    stdin_pair: tuple[str, ...] = ()
    lead: bool = False
    name: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """All options that are looked at, longest first."""
        every = (*self.value, *self.apart, *self.glued, *self.pair, *self.each, *self.telling)
        return tuple(sorted(set(every), key=len, reverse=True))


def _load() -> dict[str, list[Family]]:
    table = tomllib.loads(files(__package__).joinpath("programs.toml").read_text("utf-8"))
    known: dict[str, list[Family]] = {}
    for row in table["family"]:
        family = Family(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})
        for program in family.programs.split():
            known.setdefault(program, []).append(family)
    return known


PROGRAMS = _load()
_KNOWN = frozenset(PROGRAMS)
NOTICEABLE = frozenset(p for p, families in PROGRAMS.items() if not any(f.lead for f in families))


def shell_secrets(lexed: Lexed, depth: int = 0) -> Iterator[Found]:
    """Every secret of the commands that were read, also of scripts inside of quoted words."""
    for command in lexed.commands:
        yield from _telling_options(command)
        yield from _assignments(command)
        yield from guesses(command, _KNOWN)
        for index, program, head in heads(command):
            for family in PROGRAMS.get(program, ()):
                if head or not family.lead:
                    yield from _family(family, lexed, command, command.words[index + 1 :])
        if depth < _DEEPEST_SCRIPT:
            for word in (*command.words, command.heredoc):
                if word and (word.quotes or word is command.heredoc):
                    yield from _script(word, depth)


def _script(word: Word, depth: int) -> Iterator[Found]:
    """`bash -c '…'`, `ssh host "…"`, `alias x='…'`: a quoted word of several words may be shell itself."""
    if not re.search(r"\s\S", word.text):
        return
    for hit in shell_secrets(lex(word.text), depth + 1):
        start, end = word.range(hit.start, hit.end)
        yield Found(start, end, hit.kind, hit.value, hit.name)


def found_in(word: Word, first: int, last: int, kind: str, name: str) -> Found | None:
    """The decoded characters `first`..`last` of `word` as a finding, None where they are no secret."""
    value = word.text[first:last]
    literal = value.replace("$", "S")  # decoded: what is still a dollar sign is a character
    if not value.strip() or no_value(literal, in_place=True):
        return None
    start, end = word.range(first, last)
    for opened, closed in word.quotes:
        if opened >= start and end == closed - 1:
            end = closed  # never leave a closing quote behind whose opening was hidden
    return Found(start, end, kind, value, name)


_OPTION = re.compile(r"--?[A-Za-z][\w.-]+\Z")


def _telling_options(command: Simple) -> Iterator[Found]:
    for word, following in zip(command.words, command.words[1:], strict=False):
        if not _OPTION.match(word.text) or following.text.startswith("-") or len(word.text) < 4:
            continue
        if telling(word.text) is not Telling.NO and worth_hiding(word.text, following.text.replace("$", "S")):
            hit = found_in(following, 0, len(following.text), kind_of(word.text), parameter_name(word.text))
            if hit:
                yield hit


_NAMED_WORD = re.compile(r"(?:-{0,2}|-[DPe])([A-Za-z_][\w.-]*)=(?=.)", re.DOTALL)
_NEXT_FIELD = re.compile(r"&[\w.-]+=")


def _assignments(command: Simple) -> Iterator[Found]:
    """`NAME=secret`, `--name=secret`, `-Dname=secret`: the whole rest of the word, however it is quoted."""
    for word in command.words:
        named = _NAMED_WORD.match(word.text)
        if not named:
            continue
        field_end = _NEXT_FIELD.search(word.text, named.end())
        last = field_end.start() if field_end else len(word.text)
        if worth_hiding(named[1], word.text[named.end() : last].replace("$", "S")):
            hit = found_in(word, named.end(), last, kind_of(named[1]), parameter_name(named[1]))
            if hit:
                yield hit


def _family(family: Family, lexed: Lexed, command: Simple, words: list[Word]) -> Iterator[Found]:
    if family.when and not any(w.text in family.when for w in words):
        return
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        for option in family.options:
            hits = list(_option(family, option, word, following))
            yield from hits
            if hits or word.text == option:
                break
    for shape in family.args:
        yield from _arguments(family, shape.split(), words)
    texts = {w.text for w in words}
    for flags, paired in ((family.stdin, False), (family.stdin_pair, True)):
        if any(flag == "" or flag in texts for flag in flags):
            yield from fed(lexed, command, family.name, paired=paired, make=found_in)


def _option(family: Family, option: str, word: Word, following: Word | None) -> Iterator[Found]:
    text = word.text
    if text == option:
        if option not in family.glued and following is not None and following.text not in ("|", ""):
            yield from _value(family, option, following, 0)
    elif text.startswith(option + "=") and (len(option) > 2 or option in family.apart):
        yield from _value(family, option, word, len(option) + 1)
    elif (
        text.startswith(option) and option not in family.apart and (not option.startswith("--") or option.endswith("="))
    ):
        if len(option) > 2 and option.startswith("-") and not option.endswith("=") and option not in family.glued:
            return  # `-password` is no prefix of `-passwordfile`
        yield from _value(family, option, word, len(option))


def _value(family: Family, option: str, word: Word, first: int) -> Iterator[Found]:
    name = family.name or parameter_name(option)
    last = len(word.text)
    if option in family.pair:
        separator = family.pair[option]
        before, found, _ = word.text[first:].partition(separator)
        if not found:
            return
        first += len(before) + len(separator)
        name = parameter_name(before + "_PASSWORD") if re.fullmatch(r"[A-Za-z][\w.-]*", before) else name or "PASSWORD"
    elif option in family.each or option in family.telling:
        yield from _keyed(word, first, every=option in family.each)
        return
    elif word.text[first:].startswith("-") and first == 0:
        return
    hit = found_in(word, first, last, "password" if "PASS" in name else "secret", name)
    if hit:
        yield hit


_KEYED = re.compile(r"([\w./\[\]\\:-]+)=((?:[^,;]|[,;](?!\s*[\w./\[\]\\:-]+=))*)")


def _keyed(word: Word, first: int, *, every: bool) -> Iterator[Found]:
    """`a.password=X,b=c`: the values behind telling keys, or behind every key."""
    for pair in _KEYED.finditer(word.text, first):
        if (every and pair[1].lower() not in PLAIN_FIELDS) or worth_hiding(pair[1], pair[2].replace("$", "S")):
            hit = found_in(word, pair.start(2), pair.end(2), kind_of(pair[1]), parameter_name(pair[1]))
            if hit:
                yield hit


def _arguments(family: Family, shape: list[str], words: list[Word]) -> Iterator[Found]:
    plain = list(_without_options(family, words))
    if shape and shape[0] == "-last":
        shape, plain = shape[1:], plain[-1:] if len(plain) > 1 else []
    starts = range(len(plain)) if shape and _literal(shape[0]) else range(1)
    for begin in starts:
        hits = _fit(family, shape, plain[begin:])
        if hits is not None:
            yield from hits
            return


def _without_options(family: Family, words: list[Word]) -> Iterator[Word]:
    skip = False
    wanted = {token for shape in family.args for token in shape.split()}
    for word in words:
        if skip:
            skip = False
        elif word.text in family.takes:
            skip = True
        elif not word.text.startswith("-") or word.text in wanted:
            yield word


def _literal(token: str) -> bool:
    return (
        "|" in token
        or not (token.isupper() or token.startswith(("NAME~", "K=", "U:", "*", "KEY", "TOKEN=")))
        or token.startswith("-")
    )


def _fit(family: Family, shape: list[str], words: list[Word]) -> list[Found] | None:
    """The secrets of `words` where they have this shape, None where they have another."""
    hits: list[Found | None] = []
    for number, token in enumerate(shape):
        if number >= len(words):
            return None
        word, name = words[number], family.name
        if token == "K=*":
            return [h for w in words[number:] if "=" in w.text for h in _keyed(w, 0, every=True)]
        if token == "NAME~=*":
            return [h for w in words[number:] if "=" in w.text for h in _keyed(w, 0, every=False)]
        if token == "NAME~":
            if telling(word.text) is Telling.NO:
                return None
            family_name = parameter_name(word.text.rsplit("/", 1)[-1])
            hits += [
                found_in(w, 0, len(w.text), kind_of(word.text), family_name)
                for w in words[number + 1 : number + 2]
                if shape[number + 1 :] == ["*"]
            ]
            return [h for h in hits if h]
        if token == "*":
            hits.append(found_in(word, 0, len(word.text), "password", name or "SECRET"))
        elif token == "U:*":
            before, _, after = word.text.partition(":")
            hits.append(found_in(word, len(before) + 1, len(word.text), "password", name) if after else None)
        elif token == "TOKEN=*":
            hits.append(
                found_in(word, word.text.find("=") + 1, len(word.text), "token", name) if "=" in word.text else None
            )
        elif _literal(token) and word.text not in token.split("|"):
            return None
    return [h for h in hits if h and HOLE not in h.value]
