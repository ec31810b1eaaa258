"""Which names announce a secret, and which values are no secret whatever their name.

The knowledge stands in names.toml (and services.toml). A name's last words decide: `db_password` holds one,
`password_file` does not.
"""

from __future__ import annotations

import re
import tomllib
from enum import Enum
from functools import lru_cache
from importlib.resources import files

from reifierd.redaction.classifier import reads
from reifierd.redaction.words import HOLE


class Telling(Enum):
    """How sure a name is: STRONG announces a secret, WEAK only together with a value that looks like one."""

    STRONG = "strong"
    WEAK = "weak"
    NO = "no"


TABLE: dict[str, list[str]] = tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))
_STRONG = frozenset(TABLE["strong"])
_WEAK = frozenset(TABLE["weak"])
_ABOUT = frozenset(TABLE["about"])
_INNOCENT = frozenset(TABLE["innocent"])
_EMPTY = frozenset(TABLE["empty_values"])
SERVICES: dict[str, list[str]] = tomllib.loads(files(__package__).joinpath("services.toml").read_text("utf-8"))
_SERVICES = frozenset(SERVICES["rare"]) | frozenset(SERVICES["known"])
_PUBLIC = frozenset(TABLE["public"])
_PLAIN_KEYS = frozenset(TABLE["plain_keys"])
PLAIN_FIELDS = frozenset(TABLE["plain_fields"])
READERS = frozenset(TABLE["readers"])
COMMON = frozenset(TABLE["common"]) | _EMPTY

_CUT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST_TAIL = 3


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """`dbPassword`, `DB_PASSWORD`, `--db-password` → ("db", "password")."""
    return tuple(w.lower() for w in _CUT.split(name) if w)


@lru_cache(maxsize=4096)
def telling(name: str) -> Telling:
    """What `name` says about the value that belongs to it."""
    words = words_of(name)
    while len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    whole = " ".join(words)
    if words[-2:-1] in (("public",), ("pub",)) and words[-1] in ("key", "token", "id"):
        return Telling.NO
    if not words or words[-1] in _ABOUT or whole in _INNOCENT:
        return Telling.WEAK if whole in _WEAK or whole in _STRONG else Telling.NO
    tails = [" ".join(words[-n:]) for n in range(1, _LONGEST_TAIL + 1)]
    if any(t in _STRONG for t in tails) or _ends_telling(words[-1]):
        return Telling.STRONG
    return Telling.WEAK if any(t in _WEAK for t in tails) else Telling.NO


@lru_cache(maxsize=4096)
def opaque_owner(name: str) -> bool:
    """Whether `name` belongs to a hosted service or is some `… key`, so that an opaque value of it is a secret."""
    words = words_of(name)
    if not words or words[-1] in _ABOUT or words[-1] in _PUBLIC:
        return False
    if any(w in _SERVICES for w in words) or " ".join(words[:2]) in _SERVICES or "".join(words[:2]) in _SERVICES:
        return True
    return len(words) > 1 and words[-1] == "key" and words[-2] not in _PLAIN_KEYS


def public_word(word: str) -> bool:
    """Whether a name that ends in `word` says something about a secret, or names something public."""
    return word in _ABOUT or word in _PUBLIC or word in ("id", "ids")


_OPAQUE = re.compile(r"(?=.*\d)(?![a-z]{2,6}-[0-9a-f]{8,17}\Z)[A-Za-z0-9+/_=.~-]{14,}\Z")


def opaque(value: str) -> bool:
    """One run of letters and digits that says nothing to a reader: an identifier or a key."""
    return _OPAQUE.match(value) is not None and not (
        any(reads(word) for word in re.findall(r"[a-z]{7,}", value))
        or re.search(r"\d{4}-\d\d-\d\d|\.[a-z]{2,4}\Z", value)
    )


_RUN_TOGETHER = re.compile(
    r"(?:.*(?:password|passwd|passphrase|secret|token|apikey|secretkey|accesskey|privatekey)"
    r"|(?:ssh|db|pg|my|sql|root|user|usr|admin|mail|smtp|imap|ftp|sftp|ldap|bind|wifi|key|store|sudo|become|redis|ca|pfx|p12|jks|cert|http|proxy|api|app|web|vnc|rdp)(?:pass|pwd|pw))\Z"
)


def _ends_telling(word: str) -> bool:
    """`rootpassword`, `authtoken`: words that were run together."""
    return _RUN_TOGETHER.match(word) is not None


_REFERENCE = re.compile(
    r"""\$ | %\w+%\Z | &lt; | \{\{ | <[^<>]*>\Z | \[REDACTED | \*{2,} | [xX]{3,}\Z | \.{2,} | -{2,} | _{3,} | @\{
      | \[[A-Za-z][\w -]*\]\Z | \[[A-Z][a-z]+\Z
      | (?:arn|vault|ssm|op|env|file|secretsmanager|awskms|gcpkms|ref|akv|secretref):
      | (?:os|process|System|ENV|env|config|settings|self|this|var|local|data|module|secrets|github|vars|params|args
          |req|request|ctx)[.\[]
    """,
    re.VERBOSE,
)
_NO_SECRET = re.compile(r"[A-Za-z][\w+-]*-\d+(?:\.\d+)+\Z|[#.][a-z]+(?:-[a-z]+)+\Z")  # a version of a thing, a selector
_BLANK = re.compile(r"[xX]{8,}|[*.]{8,}|YOUR[_-]|_HERE\b|(?:xxx+-){2,}")  # left for a person to fill in
_CALL = re.compile(r"[A-Za-z_][\w.]*\((?!['\"]\Z)")
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[\w.@%+~-]*(?:/|\Z)|(?:[\w.-]+/)+[\w-]+\.\w{1,5}\Z|[A-Za-z]:\\|[\w-]+\.(?:txt|pem|key|crt|json|ya?ml|env|conf|cfg|ini|gpg|kdbx|jks|p12|pfx|tfvars|sh|py)\Z"
)


_FEW_LETTERS = 16  # characters from which a single one, repeated, is no secret: 00000000-0000-…


def no_value(value: str, *, in_place: bool = False) -> bool:
    """A switch, a reference to a secret kept elsewhere, a path, a blank to fill in: nothing to hide.

    With `in_place` the place itself says that a secret stands there, so a short or everyday word is one too.

    >>> no_value("$DB_PASSWORD"), no_value("/run/secrets/db"), no_value("hunter2")
    (True, True, False)
    """
    plain = value.strip().strip("\"'`,;")
    if is_blank(plain):
        return True
    bare = plain.replace(HOLE, "")
    if len(bare) < (1 if in_place else 3) or (HOLE in plain and len(bare) < 6):
        return True
    if in_place:
        return plain in ("-", "--", "true", "false", "stdin", "ask", "prompt") or bool(
            _REFERENCE.match(plain) or _is_path(plain)
        )
    if plain.lower() in _EMPTY or len(set(value)) == 1:
        return True
    if len(plain) >= _FEW_LETTERS and len(set(plain) - {"-"}) == 1:
        return True
    return bool(
        _REFERENCE.match(plain)
        or _CALL.match(value.strip().lstrip("\"'`"))
        or _NO_SECRET.match(plain)
        or _is_path(plain)
    )


def is_blank(value: str) -> bool:
    """A place that a person is to fill in: `glpat-XXXXXXXXXXXX`, `YOUR_TOKEN_HERE`."""
    return _BLANK.search(value) is not None


def _is_path(value: str) -> bool:
    found = _PATH.match(value)
    if not found:
        return False
    return not (value.startswith("/") and re.search(r"[+=]", value))  # base64 may begin with a slash
