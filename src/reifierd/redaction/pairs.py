"""`name = value` in whatever notation: environment, INI, YAML, JSON, XML, code, headers, forms, connection strings.

Works on raw text and knows no shell; a telling name (names.toml) announces the value that follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.classifier import looks_secret
from reifierd.redaction.model import Found
from reifierd.redaction.names import COMMON, Telling, no_value, telling, words_of

# The cheap door: only where one of these stands is a closer look taken.
_CORE = (
    r"pass|pwd|pw|secret|token|key|auth|cred|psk|bearer|jwt|sig|cookie|session|sid|pin|otp|dsn|salt|sas|hook|licen[sc]e|pat"
    r"|community|connection|seed|nonce|mnemonic|hash"
)
# name, then an operator of some notation, then the value
_PAIR = re.compile(
    rf"""(?P<name>(?:[A-Za-z_@$][\w.$@-]{{0,60}}?)?(?:{_CORE})[\w.-]{{0,40}})
    (?P<op>
        \\?["'`]?\]?\s{{0,4}}(?:=>|:{{0,3}}=|\?=|\+=|\.=|\|\||:)\s{{0,4}}      # = := ::= => : "x": 
      | \\?["'`]?\s*,\s*(?=\\?["'])                                            # ("password", "x")
      | \s+(?:string|String|str|String\?)\s*=\s*                               # Go, Swift: name type = value
      | >\s*(?!<)                                                              # <password>x</password>
      | ["']\s+value\s*=\s*(?=["'])                                            # <add key="password" value="x"/>
    )
    (?P<value>
        \\"(?:[^"\\\n]|\\(?!"))+\\"
      | "(?:[^"\\\n]|\\.)+" | '(?:[^'\\\n]|\\.)+' | `[^`\n]+`
      | [^\s"'`,;&<>(){{}}|\[\]][^\s"'`,;&<>|)}}]*
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_HINT = re.compile(_CORE, re.IGNORECASE)
_QUOTES = ('\\"', '"', "'", "`")
_PROSE_AFTER = re.compile(r"[ \t]+[A-Za-z]{2,}")


def pairs(text: str) -> Iterator[Found]:
    """Every telling pair of `text` whose value is worth hiding."""
    if not _HINT.search(text):
        return
    position = 0
    while found := _PAIR.search(text, position):
        hit = _judge(text, found)
        if hit:
            yield hit
            position = max(hit.end, found.start() + 1)
        else:
            position = max(found.start("value"), found.start() + 1)


def _judge(text: str, found: re.Match[str]) -> Found | None:
    name, value = found["name"], found["value"]
    start, end = found.span("value")
    for quote in _QUOTES:
        if len(value) > 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            start, end = start + len(quote), end - len(quote)
            break
    value = text[start:end]
    stated = "=" in found["op"] or start != found.start("value")
    if not worth_hiding(name, value, stated=stated) or (start == found.start("value") and _prose(text, found)):
        return None
    return Found(start, end, kind_of(name), value, parameter_name(name))


def worth_hiding(name: str, value: str, *, stated: bool = True) -> bool:
    """Whether the value that stands at `name` is a secret; `stated` where it is quoted or assigned, so no prose."""
    sure = telling(name)
    if sure is Telling.NO or no_value(value):
        return False
    if sure is Telling.WEAK:
        return looks_secret(value)
    return _plausible(name, value) or (stated and len(value) >= 8 and value.lower() not in COMMON)


_WORDY = re.compile(r"pass|pwd|pw|psk|pin|secret|cred|community|otp|code", re.IGNORECASE)


def _plausible(name: str, value: str) -> bool:
    """A password may be anything; a token or a key is neither a short number nor a plain word."""
    if _WORDY.search(name):
        return True
    return len(value) >= 6 and not value.isdigit() and not value.isalpha() or looks_secret(value)


def _prose(text: str, found: re.Match[str]) -> bool:
    """`password: must be changed`: an unquoted plain word after a colon and a blank, with more words behind it."""
    spaced = found["op"].strip() == ":" and found["op"].endswith((" ", "\t"))
    return spaced and found["value"].isalpha() and _PROSE_AFTER.match(text, found.end()) is not None


_KINDS = (
    ("pass", "password"),
    ("pwd", "password"),
    ("psk", "password"),
    ("token", "token"),
    ("key", "key"),
    ("cookie", "cookie"),
    ("session", "session"),
    ("sig", "signature"),
)


def kind_of(name: str) -> str:
    """The kind that a marker names: `DB_PASSWORD` → `password`."""
    lower = name.lower()
    return next((kind for part, kind in _KINDS if part in lower), "secret")


def parameter_name(name: str) -> str:
    """`--db-password`, `X-Api-Key`, `dbPassword` → a shell variable's name."""
    stem = (
        name
        if re.fullmatch(r"[A-Za-z_]\w*", name) and (name.isupper() or "_" in name and name.islower())
        else "_".join(words_of(name))
    )
    return re.sub(r"\W", "_", stem).strip("_").upper()
