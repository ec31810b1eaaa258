"""A token judged by itself: length, alphabet, shape. The last layer, for secrets in places nobody foresaw.

Hexadecimal is never a secret here (commits, digests, container and request ids), nor is a UUID, a path or a name made
of words: only what changes between small letters, capitals and digits as often as random choice does. In random
base62 62 % of neighbours differ in class; in identifiers, dates and camel case rarely a third do.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import pairwise

from reifierd.redaction.model import Found

_RUN = re.compile(r"(?<![A-Za-z0-9+/_=%.-])[A-Za-z0-9+/=_-]{20,}")
_ALPHABET = re.compile(r"[A-Za-z0-9+/_.~-]+\Z")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+(?:-[0-9a-fA-F]+)*\Z")
_CONSONANTS = re.compile(r"[^aeiouyAEIOUY]{5}")
_WORDY = re.compile(r"[A-Z]?[a-z]{4,}|[A-Z]{5,}|\d{6,}")
_CAMEL = re.compile(r"[A-Z][a-z]{2,}")
_PUBLIC = re.compile(
    r"AAAA[BCDE][23]Nza|sha(?:1|256|384|512)-|ssh-|arn:|MII[A-D]|_Z[A-Z]"
    r"|iVBORw0KGgo|R0lGOD|/9j/4|UEsDB|H4sI|JVBERi0|PHN2Zy|d09GM"  # PNG, GIF, JPEG, ZIP, gzip, PDF, SVG, WOFF
)
_PUBLIC_BLOCK = re.compile(
    r"-----BEGIN ((?:TRUSTED |NEW )?(?:CERTIFICATE(?: REQUEST)?|(?:RSA )?PUBLIC KEY|X509 CRL|DH PARAMETERS"
    r"|SSH SIGNATURE|PGP (?:PUBLIC KEY BLOCK|SIGNATURE|MESSAGE)))-----.*?-----END \1-----",
    re.DOTALL,
)
_ABOUT_BEFORE = re.compile(
    r"(?:id|etag|digest|checksum|hash|fingerprint|sha\d*|md5|integrity|commit|revision|rev|version|host|cursor|trace|span|nonce|h1|public[_-]?(?:key|token)|pubkey|cert|publickey)[\"']?\s{0,3}[:=]\s{0,3}[\"']?\Z"
    r"|/(?:creds|leases?|create|login|issue|sign)/(?:[\w-]{1,20}/)?\Z|accessor[\s=:\"']{1,4}\Z",
    re.IGNORECASE,
)
_DEVICES = ("/dev/", "/sys/", "/proc/", "/nix/store/")
_FREE = 20
_NAMED = 14


def change_rate(token: str) -> float:
    """The share of neighbours that differ in class (small letter, capital, digit, other)."""
    classes = token.translate(_CLASSES)
    changes = sum(a != b for a, b in pairwise(classes))
    return changes / max(1, len(token) - 1)


_CLASSES = {
    **{ord(c): "a" for c in "abcdefghijklmnopqrstuvwxyz"},
    **{ord(c): "A" for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    **{ord(c): "0" for c in "0123456789"},
}  # fmt: skip


def looks_secret(token: str, shortest: int = _NAMED) -> bool:
    """Random letters and digits: what no person and no naming scheme writes.

    >>> looks_secret("kX9vT2mQ7bLw4ZpR1nYc"), looks_secret("DFSClient_NONMAPREDUCE_15"), looks_secret("deadbeef" * 5)
    (True, False, False)
    """
    body = token.rstrip("=")
    if not _ALPHABET.match(body):
        return False
    body = re.sub("[-_.~]", "", body)
    if len(body) < shortest or _HEX.match(body) or _PUBLIC.match(token):
        return False
    kinds = set(body.translate(_CLASSES)) & {"a", "A", "0"}
    worded = sum(len(w) for w in _WORDY.findall(body) if w.isdigit() or _speakable(w) or reads(w.lower()))
    worded = max(worded, sum(len(w) for w in _CAMEL.findall(body) if reads(w.lower())))
    if worded > 0.45 * len(body):
        return False
    if len(kinds) == 3:
        return change_rate(body) >= 0.25
    if kinds == {"a", "A"}:
        return len(body) >= 20 and body == token.rstrip("=") and worded < 0.3 * len(body) and change_rate(body) >= 0.4
    return kinds == {"a", "0"} and len(body) >= 30 and body == token.rstrip("=") and change_rate(body) >= 0.3


# Which letters follow a letter in nine of ten words of English and of the names of programs ("a": b, c, d, …).
_PAIRS = """abcdgilmnprstuvy baeilou cacehiklortu daeios eacdefglmnoprstvx faeilouy gcehilrsu haeiot iabcdefglmnorstv
    je ke ladeilopstuy mabeimopu nacdefgilostv oacdgjklmnoprstuvw paehiloprstu qeu rabcdegimnorstvy sacehikopstu
    taehiloprstuy uabdeilmnprst vaei wahi xip yis"""
_FOLLOWS = {group[0]: frozenset(group[1:]) for group in _PAIRS.split()}
_LETTERS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_READABLE = 0.7  # of the pairs of letters: of a word nearly all are common, of random letters a third


def share_of_words(body: str) -> float:
    """How much of a run of letters and digits is made of words (0 to 1); stricter than the eye, for random ones."""
    return sum(len(w) for w in _LETTERS.findall(body) if reads(w.lower())) / max(1, len(body))


def reads(word: str) -> bool:
    """Whether small letters follow each other as they do in words."""
    common = sum(after in _FOLLOWS.get(letter, ()) for letter, after in pairwise(word))
    return len(word) > 2 and common >= _READABLE * (len(word) - 1)


def announces_no_secret(text: str, at: int) -> bool:
    """Whether right before `at` stands a word such as `sha256:` or `trace_id=`, behind which no secret comes."""
    return _ABOUT_BEFORE.search(text, max(0, at - 30), at) is not None


def _speakable(word: str) -> bool:
    """Vowels often enough and never many consonants in a row: a word of some language, or a name."""
    vowels = sum(c in "aeiouyAEIOUY" for c in word)
    return vowels >= 0.2 * len(word) and not _CONSONANTS.search(word)


def tokens(text: str) -> Iterator[Found]:
    """Every token of `text` that is secret by its own look."""
    public = [m.span() for m in _PUBLIC_BLOCK.finditer(text)] if "-----BEGIN " in text else []
    for run in _RUN.finditer(text):
        if _HEX.match(run[0]) or run[0].startswith(_DEVICES):
            continue
        if any(start <= run.start() < end for start, end in public):
            continue
        for start, end in _pieces(text, run):
            piece = text[start:end]
            if (looks_secret(piece, _FREE) or is_basic(piece)) and not any(
                announces_no_secret(text, at) for at in (start, run.start())
            ):
                yield Found(start, end, "token", piece, "TOKEN")


def _pieces(text: str, run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The whole run where it may be base64; the parts between slashes and equals signs where it is a path or `a=b`."""
    body = run[0].rstrip("=")
    path = (
        run[0][0] == "/" or "//" in run[0] or text[run.start() - 3 : run.start()].endswith(("://", "~", "$", ":", "@"))
    )
    worded = any(p.isalpha() and len(p) > 2 for p in re.split(r"[/=+]", body)) if "/" in body or "=" in body else False
    if not path and not worded and "=" not in body:
        yield run.span()
        return
    position = run.start()
    for part in re.split(r"([/=]+)", run[0]):
        if len(part) >= _FREE:
            yield position, position + len(part)
        position += len(part)


def is_basic(token: str) -> bool:
    """Base64 of `name:password`, as HTTP's Basic scheme sends it."""
    if len(token) < 12 or len(token) % 4 or not token.isascii():
        return False
    try:
        plain = base64.b64decode(token, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return re.fullmatch(r"[\w.@+-]{2,}:[!-~]{4,}", plain) is not None
