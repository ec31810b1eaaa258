"""The shell-aware layer: which word of which program is a secret (programs.toml), and telling names of any program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from reifierd.redaction.arguments import argument_secrets
from reifierd.redaction.families import KNOWN, PROGRAMS, Family
from reifierd.redaction.guess import guesses
from reifierd.redaction.lexer import lex
from reifierd.redaction.model import Found
from reifierd.redaction.named import assignments, found_in, keyed, telling_options
from reifierd.redaction.pairs import parameter_name
from reifierd.redaction.stdin import fed
from reifierd.redaction.words import Lexed, Simple, Word
from reifierd.redaction.wrappers import heads

_DEEPEST_SCRIPT = 3
_FROM_STDIN = re.compile(r"--(?:with-)?(?:password|passphrase|token|secret|key)(?:-from)?-stdin\Z")
_MOST_PROGRAMS, _MOST_WORDS = 24, 400  # of one simple command: beyond that it is no command, and time is bounded


def shell_secrets(lexed: Lexed, depth: int = 0) -> Iterator[Found]:
    """Every secret of the commands that were read, also of scripts inside of quoted words."""
    for command in lexed.commands:
        yield from telling_options(command)
        yield from assignments(command)
        yield from guesses(command, KNOWN)
        if any(_FROM_STDIN.match(word.text) for word in command.words):
            yield from fed(lexed, command, "PASSWORD", paired=False, make=found_in)
        programs = (found for found in heads(command) if found[1] in PROGRAMS)
        for index, program, head in islice(programs, _MOST_PROGRAMS):
            for family in PROGRAMS[program]:
                if head or not family.lead:
                    yield from _family(family, lexed, command, command.words[index + 1 : index + 1 + _MOST_WORDS])
        if depth < _DEEPEST_SCRIPT:
            for word in (*command.words, command.heredoc):
                if word and (word.quotes or word is command.heredoc):
                    yield from _script(word, depth)


def _script(word: Word, depth: int) -> Iterator[Found]:
    """`bash -c '…'`, `ssh host "…"`, `alias x='…'`: a quoted word of several words may be shell itself."""
    if not re.search(r"\s\S", word.text):
        return
    named = re.match(r"[\w.-]+=", word.text)  # alias x='…', --command='…'
    shift = named.end() if named else 0
    for hit in shell_secrets(lex(word.text[shift:]), depth + 1):
        start, end = word.range(hit.start + shift, hit.end + shift)
        yield Found(start, end, hit.kind, hit.value, hit.name)


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
    yield from argument_secrets(family, words)
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
    elif text.startswith(option) and _takes_glued(family, option):
        yield from _value(family, option, word, len(option))


def _takes_glued(family: Family, option: str) -> bool:
    """`-pX` for a short option, `/p:X` and `pass:X`; `-password` is no beginning of `-passwordfile`."""
    if option in family.apart:
        return False
    short = len(option) == 2 or option.endswith("=") or not option.startswith("-")
    return short or (option in family.glued and not option.startswith("--"))


def _value(family: Family, option: str, word: Word, first: int) -> Iterator[Found]:
    name = family.name or parameter_name(option)
    last = len(word.text)
    if option in family.pair:
        separator = family.pair[option]
        before, found, _ = word.text[first:].partition(separator)
        if not found or _says_what_goes_here(before, word.text[first + len(before) + len(separator) :]):
            return
        first += len(before) + len(separator)
        name = parameter_name(before + "_PASSWORD") if re.fullmatch(r"[A-Za-z][\w.-]*", before) else name or "PASSWORD"
    elif option in family.each or option in family.telling:
        yield from keyed(word, first, every=option in family.each)
        return
    elif word.text[first:].startswith("-") and first == 0:
        return
    hit = found_in(word, first, last, "password" if "PASS" in name else "secret", name)
    if hit:
        yield hit


_WHO = frozenset(("user", "username", "login", "name", "email", "usr"))
_WHAT = frozenset(("pass", "password", "passwd", "pwd", "token", "secret", "key", "apikey", "api_key", "api_token"))


def _says_what_goes_here(before: str, after: str) -> bool:
    """`user:password` says what is to be put here; `https://host` is no pair at all."""
    return after.startswith("//") or (before.lower() in _WHO and after.lower() in _WHAT)
