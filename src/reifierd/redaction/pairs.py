"""`name = value` in whatever notation: environment, INI, YAML, JSON, XML, code, headers, forms, connection strings.

Works on raw text and knows no shell; a telling name (names.toml) announces the value that follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.classifier import looks_secret
from reifierd.redaction.model import Found
from reifierd.redaction.names import COMMON, TABLE, Telling, no_value, opaque, opaque_owner, telling, words_of

# Every telling name holds one of these. They are looked for one by one, which costs a megabyte next to nothing; only
# behind one of them is an operator and a value looked for.
_CORES = tuple(TABLE["cores"])
_REST = re.compile(
    r"""(?P<rest>[\w.-]{0,40}?)
    (?P<op>
        (?:\s+|\s*:\s*)(?:string|String\??|str|&str|std::string|char\ ?\*)\s*=\s*  # name type = value
        # = := ::= => : "x":
      | \\?["'`]?\]?(?:\s{0,4}|[ \t]{0,40})(?:=>|:{0,3}=|\?=|\+=|\.=|\|\||:)(?:\s{0,4}|[ \t]{0,40})
      | \\?["'`]?\s*,\s*(?=\\?["'])                                             # ("password", "x")
      | \(\s*(?=["'])                                                           # setToken("x")
      | >\s*(?!<)                                                               # <password>x</password>
      | ["']\s+value\s*=\s*(?=["'])                                             # <add key="password" value="x"/>
    )
    (?P<value>
        \\"(?:[^"\\\n]|\\(?!"))+\\"
      | "(?:[^"\\\n]|\\.)+" | '(?:[^'\\\n]|\\(?!'(?:[\s,;)}\]]|\Z)).)+\\?' | `[^`\n]+`
      | (?:\\(?![nrt"'])\S|[^\s"'`,;&<>(){}|\[\]\\])(?:\\(?![nrt"'])[\S ]|[^\s"'`,;&<>|)}\\])*
    )""",
    re.VERBOSE,
)
_NAME_BEFORE = re.compile(r"[A-Za-z_@$][\w.$@-]*\Z|\Z")
_LONGEST_NAME = 60
_QUOTES = ('\\"', '"', "'", "`")
_RESOURCE_NAME = re.compile(r"\b(?:arn|urn|crn|ocid1)[:.][^\s\"']*\Z")
_TELLER = re.compile(
    r"(?:secret|token|passphrase|(?:api|access|private|secret|auth|account|license)[ _-]?key)\Z", re.IGNORECASE
)
_OPAQUE_NEXT = re.compile(
    r"\s(?:(?:is|was|value)\s)?(?P<secret>(?=[A-Za-z+=]*\d)(?=[0-9+=]*[A-Za-z])[A-Za-z0-9+=]{20,})(?![\w/.-])"
)
_ESCAPED = re.compile(r"\\(.)")
_SED = re.compile(r"(?:\A|[\s'\";{\d$])s([/|#,@%!~])[^\n'\"]*\Z")
_PROSE_AFTER = re.compile(r"[ \t]+[A-Za-z]{2,}")


def pairs(text: str, cores: list[int]) -> Iterator[Found]:
    """Every telling pair of `text` whose value is worth hiding; `cores` as `cores_of` gives them."""
    position = 0
    for core in cores:
        if core < position:
            continue
        found = _REST.match(text, core)
        hit = _judge(text, _name_start(text, core), found) if found else _told(text, core)
        if hit:
            yield hit
            position = hit.end


def cores_of(text: str) -> list[int]:
    """Where the words that make a name telling end, in order."""
    lower = text.lower()
    if len(lower) != len(text):  # a letter whose small form is longer
        lower = "".join(c.lower() if c.isascii() else c for c in text)
    ends: set[int] = set()
    for core in _CORES:
        at = lower.find(core)
        while at >= 0:
            ends.add(at + len(core))
            at = lower.find(core, at + len(core))
    return sorted(ends)


def _name_start(text: str, core: int) -> int:
    floor = max(0, core - _LONGEST_NAME)
    found = _NAME_BEFORE.search(text, floor, core)
    start = found.start() if found else core
    escaped = start < core and text[start - 1 : start] == "\\" and text[start] in "nrt"
    return start + 1 if escaped else start


def _told(text: str, core: int) -> Found | None:
    """`the access token 3kX…`, `secret 9f86d0818…`: an opaque value right behind the word, with no sign between."""
    value = _OPAQUE_NEXT.match(text, core)
    if not value or not _TELLER.search(text, max(0, core - 24), core):
        return None
    return Found(*value.span("secret"), "secret", value["secret"], "TOLD_SECRET")


def _judge(text: str, name_start: int, found: re.Match[str]) -> Found | None:
    name, value = text[name_start : found.end("rest")], found["value"]
    start, end = found.span("value")
    for quote in _QUOTES:
        if len(value) > 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            if quote == text[name_start - 1 : name_start] and quote not in found["op"] and quote not in found["rest"]:
                return None  # "Password: " + x + ", ": the quote closes what the name stands in
            start, end = start + len(quote), end - len(quote)
            break
    value = text[start:end]
    stated = "=" in found["op"] or start != found.start("value") or text[name_start - 1 : name_start] in ('"', "'")
    read = _ESCAPED.sub(r"\1", value) if start == found.start("value") else value  # as the shell's words are judged
    if not worth_hiding(name, read, stated=stated) or (start == found.start("value") and _prose(text, found)):
        return None
    if (found["op"] == ":" and value.startswith("?")) or _RESOURCE_NAME.search(text, max(0, start - 160), start):
        return None  # ${NAME:?message}, arn:aws:secretsmanager:…:secret:…
    if replacing := _SED.search(text, max(0, name_start - 200), name_start):  # s/^name=.*/name=value/
        value = value.partition(replacing[1])[0]
        end = start + len(value)
        if not worth_hiding(name, value, stated=stated):
            return None
    return Found(start, end, kind_of(name), value, parameter_name(name))


def worth_hiding(name: str, value: str, *, stated: bool = True) -> bool:
    """Whether the value that stands at `name` is a secret; `stated` where it is quoted or assigned, so no prose."""
    sure = telling(name)
    if no_value(value):
        return False
    if sure is not Telling.STRONG:
        return (sure is Telling.WEAK and looks_secret(value)) or (opaque_owner(name) and opaque(value))
    if (
        words_of(name)[-1] in ("secret", "secrets", "creds") or words_of(name)[-2:] == ("secret", "id")
    ) and _RESOURCE.match(value):
        return False  # the name of a secret that is kept elsewhere
    return _plausible(name, value) or (stated and len(value) >= 8 and value.lower() not in COMMON)


_WORDY = re.compile(r"pass|pwd|pw|psk|pin|secret|cred|community|otp|code", re.IGNORECASE)


_RESOURCE = re.compile(r"[a-z]+(?:[-_/.][a-z]+)+\Z|(?:id|type|src|source|name|uid|target)=")


def _plausible(name: str, value: str) -> bool:
    """A password may be anything; a token or a key is neither a short number nor a plain word."""
    if _WORDY.search(name):
        return True
    if value.isdigit():
        return len(value) >= 15
    return (len(value) >= 6 and not value.isalpha()) or looks_secret(value)


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
        if re.fullmatch(r"[A-Za-z_]\w*", name) and (name.isupper() or ("_" in name and name.islower()))
        else "_".join(words_of(name))
    )
    return re.sub(r"\W", "_", stem).strip("_").upper()
