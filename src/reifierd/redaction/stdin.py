"""Secrets that a program reads from standard input: fed by echo, printf, a here-string or a heredoc."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

from reifierd.redaction.model import Found
from reifierd.redaction.names import COMMON
from reifierd.redaction.words import HOLE, Lexed, Simple, Word
from reifierd.redaction.wrappers import program_of

_ANY_TEXT = frozenset(("ENCODED", "HASHED"))  # programs that read any text: base64, sha256sum
Make = Callable[[Word, int, int, str, str], Found | None]
_LINE = re.compile(r"(?:(?!\\[nr])[^\n])+")
_FEEDERS = frozenset(("echo", "printf", "print"))
_ECHO_OPTION = re.compile(r"-[neE]+\Z")


def fed(lexed: Lexed, command: Simple, name: str, *, paired: bool, make: Make) -> Iterator[Found]:
    """What `command` is given to read; with `paired` only what stands behind the first `:` of each line."""
    for word, whole in _fed_words(lexed, command):
        for line in _LINE.finditer(word.text):
            first, last = line.span()
            if paired and not whole:
                before, found, _ = line[0].partition(":")
                if not found:
                    continue
                first += len(before) + 1
            while first < last and word.text[first].isspace():
                first += 1
            while last > first and word.text[last - 1].isspace():
                last -= 1
            if first >= last or (name in _ANY_TEXT and not _hidden(word.text[first:last])):
                continue
            hit = make(word, first, last, "password", name or "STDIN_SECRET")
            if hit and HOLE not in hit.value:
                yield hit


def _hidden(value: str) -> bool:
    """Whether what is encoded or hashed is one secret, and no sentence or command (`echo cm0gLXJmIC8= | base64 -d`)."""
    try:
        plain = base64.b64decode(value, validate=True).decode() if len(value) >= 8 else value
    except ValueError:  # no base64, or none of text
        plain = value
    return (
        not re.search(r"\s\S", plain)
        and len(plain) >= 4
        and not (plain.isalpha() and (len(plain) < 8 or plain.lower() in COMMON))
    )


def _fed_words(lexed: Lexed, command: Simple) -> Iterator[tuple[Word, bool]]:
    """The words that are fed, each with whether it is a secret as a whole even where pairs are asked for."""
    for word in (command.herestring, command.heredoc):
        if word:
            yield word, False
    for feeder in lexed.commands:
        if feeder.pipe_to is command and feeder.words:
            yield from _printed(feeder)


def _printed(feeder: Simple) -> Iterator[tuple[Word, bool]]:
    names = [program_of(w.text) for w in feeder.words]
    at = next((i for i, n in enumerate(names) if n in _FEEDERS), None)
    if at is None:
        if feeder.heredoc and names[0] == "cat":
            yield feeder.heredoc, False
        return
    words = feeder.words[at + 1 :]
    while words and (_ECHO_OPTION.match(words[0].text) or words[0].text == "--"):
        words = words[1:]
    if names[at] == "printf" and words and "%" in words[0].text and len(words) > 1:
        split = ":" in words[0].text  # 'bob:%s' takes the secret alone, '%s' the whole line
        yield from ((word, split) for word in words[1:])
    else:
        yield from ((word, False) for word in words)
