"""Shell words of programs that no table knows: an educated guess, only where two signs agree.

The signs: a word such as `password` or `login` before it, a user option next to it, and a value that people choose as
a password (letters, digits and a `!`, `#`, `$` or `&`) or a generator makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.classifier import looks_secret
from reifierd.redaction.model import Found
from reifierd.redaction.names import READERS, Telling, no_value, telling, words_of
from reifierd.redaction.pairs import kind_of, parameter_name
from reifierd.redaction.words import HOLE, Simple, Word
from reifierd.redaction.wrappers import heads

_CHOSEN = re.compile(
    r"(?=.*[0-9])(?=.*[A-Za-z].*[A-Za-z].*[A-Za-z])(?=.*[!#$&])[A-Za-z0-9][A-Za-z0-9!#$&@%_.+?-]{6,38}[A-Za-z0-9!#$&]\Z"
)
_USER_OPTION = frozenset(
    (
        "-u",
        "-U",
        "--user",
        "--username",
        "--login",
        "-l",
        "-user",
        "-username",
        "-login",
        "login",
        "auth",
        "signin",
        "--user-name",
        "--account",
        "-D",
        "connect",
    )
)
_PASS_OPTION = re.compile(r"(?:-p|-P|-w|-W|-pw|-pass|-k|-a)\Z")
_GLUED_PASS = re.compile(r"-[pP](?=\S{6,}\Z)")
_NAMED_PAIR = re.compile(
    r"(?:-u|-U|-a|--user|--auth|--creds|--credentials|--userpass|--basic-auth|--basic|--login|--proxy-user)\Z"
)
_ANNOUNCING = frozenset(
    (
        "password",
        "passwd",
        "pass",
        "passphrase",
        "psk",
        "pwd",
        "passcode",
        "requirepass",
        "passwort",
        "setpassword",
        "set-password",
        "set_password",
        "change-password",
        "reset-password",
        "changepassword",
        "password:",
    )
)
_PROSE = re.compile(r"(?:[A-Za-z][a-z]+|[A-Z]+(?:_[A-Z]+)+)[).,;:!?]*")
_WORDS = 10  # letters from which an option's value beside a user is a password of words: `correcthorse`
_STAGES = frozenset(("production", "development", "integration", "preproduction"))
_LOOKING = re.compile(r"[a-z].*[A-Z]|[A-Z].*[a-z].*|\d|[!#$&@%]")


def guesses(command: Simple, known: frozenset[str]) -> Iterator[Found]:
    """The likely secrets of one command; `known` are the programs that the table speaks for."""
    programs = [name for _, name, head in heads(command) if head][:3]
    if not command.words or any(p in READERS for p in programs):
        return
    spoken_for = any(p in known for p in programs)
    user = any(w.text in _USER_OPTION or w.text.startswith(("--user=", "--username=")) for w in command.words)
    for number, word in enumerate(command.words[1:], 1):
        before = command.words[number - 1]
        hit = (
            _chosen(word)
            or _announced(before, word, number)
            or (None if spoken_for else _beside_user(before, word, user))
        )
        if hit:
            yield hit


def _found(word: Word, first: int, name: str, kind: str = "password", after: str = "") -> Found | None:
    value = word.text[first:].rstrip(after) if after else word.text[first:]
    if HOLE in value or not value or no_value(value.replace("$", "S-")):
        return None
    start, end = word.range(first, first + len(value))
    return Found(start, end, kind, value, name)


def _chosen(word: Word) -> Found | None:
    """A word that is a password by its look: `Winter2026!`."""
    text = word.text
    if not _CHOSEN.match(text) or re.search(r"[\w.-]+@[\w-]+\.[\w.-]+", text) or re.search(r"%[A-Za-z]", text):
        return None
    if (
        (text.count("$") == 1 and text.endswith("$"))
        or (re.match(r"[a-z]+#\d+\Z|[\w./-]+#L?\d+(?:-L?\d+)?\Z", text) and not text[:1].isupper())
        or re.match(r"[A-Z][A-Za-z]+#\d+\Z", text)
    ):
        return None  # a regular expression's end, an issue's number, a line in a file
    return _found(word, 0, "PASSWORD")


def _announced(before: Word, word: Word, number: int) -> Found | None:
    """`set password X`, `put app/db_password X`."""
    if number < 2 or word.text.startswith("-") or not plausible(word.text):
        return None
    if _PROSE.fullmatch(word.text) and not before.text.lower().startswith(("passw", "--passw")):
        return None  # `within pass constraints).`, `signing-key: Added`
    name = before.text.rsplit("/", 1)[-1]
    if name.lower() in _ANNOUNCING:
        return _found(word, 0, parameter_name(name), after="}],;" if name.endswith(":") else "")  # "password": "X"}
    if (
        len(words_of(name)) > 1
        and telling(name) is Telling.STRONG
        and re.fullmatch(r"[\w.:-]+", name)
        and not name.startswith("-")
    ):
        return _found(word, 0, parameter_name(name), kind_of(name))
    return None


def _beside_user(before: Word, word: Word, user: bool) -> Found | None:
    """`-u bob -p X`, `--auth bob:X` of a program that nobody told us about."""
    text = word.text
    if (_NAMED_PAIR.match(before.text) or before.text in ("auth", "login")) and (
        pair := re.match(r"[\w.@+-]+:(?=[^/:\s]+\Z)", text)
    ):
        same = text[pair.end() :] == text[: pair.end() - 1]
        return _found(word, pair.end(), "PASSWORD") if plausible(text[pair.end() :]) and not same else None
    if user and _PASS_OPTION.match(before.text) and plausible(text) and not text.startswith("-"):
        return _found(word, 0, "PASSWORD")
    if user and (glued := _GLUED_PASS.match(text)) and plausible(text[glued.end() :]):
        return _found(word, glued.end(), "PASSWORD")
    return None


def plausible(value: str) -> bool:
    """Five characters or more, no number, no path, no list, and more in it than small letters."""
    if (
        len(value) < 5
        or re.search(r"[\w-]\.[a-z]{2,4}\d?\Z", value)
        or re.fullmatch(r"[\d.,:/-]+", value)
        or re.match(r"[./~]|\w+://", value)
        or re.match(r"[\w.-]+=.", value)
    ):
        return False
    return bool(_LOOKING.search(value)) or looks_secret(value) or (len(value) >= _WORDS and value not in _STAGES)
