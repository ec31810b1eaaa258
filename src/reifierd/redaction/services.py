"""The name of a hosted service, a word such as `key` behind it, then a value that says nothing to a reader: its secret.

Most services give out keys without any mark of their own (`scrapestack key 5f2c…`), so the shape alone betrays nothing;
the neighbourhood does. How near and how sure the signs must be depends on how often a name stands in ordinary text, and
services.toml sorts the names by that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.classifier import announces_no_secret, looks_secret, share_of_words
from reifierd.redaction.model import Found
from reifierd.redaction.names import SERVICES, is_blank, no_value, public_word, words_of

_RARE, _WORDS = frozenset(SERVICES["rare"]), frozenset(SERVICES["words"])
_BY_START: dict[str, list[str]] = {}  # the first three characters → names of one word
_PARTED: list[str] = []  # names of several words
for _name in (name for names in SERVICES.values() for name in names):
    (_BY_START.setdefault(_name[:3], []) if _name.isalnum() else _PARTED).append(_name)
_WORD = re.compile(r"[a-z0-9]{3,}")

_REACH = 80  # characters between the name and the value
_LONGEST = 600
_NEAR_WORD = 24  # characters between the word `key` and the value
_SAYS_KEY = re.compile(
    r"(?:key|token|tok|secret|private|access|auth|pass(?:word|wd|phrase)?|pwd|cred(?:ential)?s?|pat|jwt|bearer|sid|api)s?",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:[\W_]?(?:SECRET|PRIVATE|ACCESS|KEY|TOKEN|key))++[-_]?(?=[A-Za-z0-9])")
_RUN = re.compile(r"[A-Za-z0-9][\w.+/~%!$@:=-]{8,}[\w+/~=-]")
_VALUE = re.compile(r"(?<![\w/$%])" + _RUN.pattern)
_LEADS = re.compile(
    r"(?:(?:the|my|x)?(?:api|access|auth|secret|private|key|token|tok|pass|password|login|code|is|yo)+(?:[-_.:=]+|\Z))+",
    re.IGNORECASE,
)
_EXPANDED = re.compile(r"\$\{?\w*\Z")  # the name of a variable whose value stands elsewhere
_NOTHING_BETWEEN = re.compile(r"[\s\"'`=:>({\[,-]*\Z")
_ORDINARY = re.compile(
    r"""\d{4}-\d\d-\d\d | v?\d+(?:\.\d+)+(?:[-+][\w.]+)?\Z        # a date, a version
      | .*:// | [\w.+-]+@[\w-]+\.[a-z] | [\w.-]+:\d+\Z | arn:      # an address
      | (?:[A-Za-z][\w-]*\.)+[a-z]{2,6}(?:[:/]|\Z)                  # a host, a file
      | (?:[a-z]+-)+[0-9a-f]{8,10}-[a-z0-9]{5}\Z                     # a pod
      | [a-z]{1,6}-[0-9a-f]{8,17}\Z | (?:[A-Za-z]{2,12}[-_.])+v?\d{1,12}\Z  # i-0abc12345678, build-agent-17
      | [\w.:-]+:v?\d+\.\d+ | [a-z]+(?:-[a-z]+)+-\d+(?:\.\d+)+     # a package with its version
      | sha\d+[:-]""",
    re.VERBOSE,
)
_RANDOM = re.compile(r"[0-9a-fA-F]{24,}\Z|[0-9a-zA-Z]{8,12}(?:-[0-9a-zA-Z]{4}){3}-[0-9a-zA-Z]{10,14}\Z")
_SHORTEST, _SHORTEST_STATED = 12, 10


def service_secrets(text: str) -> Iterator[Found]:
    """Every value of `text` that stands behind a service's name and is a key of it."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if c.isascii() else c for c in text)
    for name in sorted(_named_in(lower)):
        at = lower.find(name)
        while at >= 0:
            end = at + len(name)
            if not (at and lower[at - 1].isalpha()) and not _EXPANDED.search(text, max(0, at - 40), at):
                hit = _behind(text, name, end)
                if hit:
                    yield hit
            at = lower.find(name, end)


def _named_in(lower: str) -> set[str]:
    """The services with whose name a word of the text begins."""
    words = set(_WORD.findall(lower))
    named = {name for word in words for name in _BY_START.get(word[:3], ()) if word.startswith(name)}
    return named | {name for name in _PARTED if name in lower}


def _behind(text: str, name: str, end: int) -> Found | None:
    """The first value behind the name that ends at `end`, where it is a secret."""
    rest = end + _REACH
    glued = _GLUED.match(text, end)
    value = _RUN.match(text, glued.end(), rest + _LONGEST) if glued else None
    if value and _opaque(value[0], _SHORTEST):
        return _found(value.start(), value[0], name)
    for run in _VALUE.finditer(text, end, rest + _LONGEST):
        leads = _LEADS.match(run[0])
        start = run.start() + (leads.end() if leads else 0)
        gap, behind = text[end:start], text[start : run.end()]
        if start > rest or _GOES_TOO_FAR.search(gap):
            return None
        if _is_secret(name, text, start, gap, behind):
            return _found(start, behind, name)
    return None


_GOES_TOO_FAR = re.compile(r"\n\s*\n|(?:\n.*){3}")


def _is_secret(name: str, text: str, start: int, gap: str, value: str) -> bool:
    said = max((m.end() for m in _SAYS_KEY.finditer(gap)), default=None)
    stated = gap.rstrip(" \"'`").endswith(("=", ":", ">"))
    words = words_of(gap[-40:])
    if (words and public_word(words[-1])) or announces_no_secret(text, start):
        return False
    if said is not None and len(gap) - said <= _NEAR_WORD:
        if name in _WORDS and "\n" in gap:
            return False
        return _opaque(value, _SHORTEST_STATED if stated else _SHORTEST)
    random, next_to_it = _RANDOM.match(value) is not None, _NOTHING_BETWEEN.match(gap) is not None
    if name in _RARE:
        return "\n" not in gap and (random or looks_secret(value) or (next_to_it and _opaque(value, 14)))
    return random and next_to_it and "=" in gap and name not in _WORDS


def _opaque(value: str, shortest: int) -> bool:
    """One run that a generator made: no word, number, version, date, address or path."""
    body = re.sub(r"[^A-Za-z0-9]", "", value)
    if len(body) < shortest or is_blank(value) or no_value(value) or _ORDINARY.match(value):
        return False
    if body.isdigit():
        return len(body) >= 15
    if share_of_words(value) > 0.45 * len(body) / len(value):
        return False
    return any(c.isdigit() for c in body) or (len(body) >= 16 and share_of_words(value) < 0.3)


def _found(start: int, value: str, name: str) -> Found:
    return Found(start, start + len(value), "service-key", value, f"{name}_KEY".upper())
