"""What was found once is hidden wherever else it stands, also in its base64, URL and JSON spellings.

A value shorter than four characters, or a word that stands everywhere (names.toml, `common`), is never tainted.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from reifierd.redaction.literals import Index, Literals
from reifierd.redaction.model import Found
from reifierd.redaction.names import COMMON

_SHORTEST = 4
_LONG = 8  # from here on a value is rare enough to be hidden inside of a longer word too


_ORDINARY = re.compile(
    r"\d+(?:\.\d+)+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}|[a-z]+://[^@]*"
)  # versions, addresses, hosts


class Taint:
    """The learnt values and their spellings; only ever grows."""

    def __init__(self) -> None:
        self.forms: dict[str, tuple[str, str]] = {}  # spelling → (value, name)
        self._index = Index()

    def learn(self, value: str, name: str = "") -> None:
        """Hide `value` from now on. One of several lines is shown indented, or piece by piece: so each line is a value
        too, if it is long (but for the headers of a key block, which are the same everywhere)."""
        if "\n" in value:
            for line in map(str.strip, value.splitlines()):
                if len(line) >= _LONG and not line.startswith("-----"):
                    self.learn(line, name)
        if value in self.forms or not worth_tainting(value):
            return
        for form in spellings(value):
            if form not in self.forms:
                self.forms[form] = (value, name)
                self._index.add(form)

    def find(self, text: str, literals: Literals) -> Iterator[Found]:
        """Every place where a learnt value stands in one of its spellings; `literals` knows the text's."""
        for form in sorted(literals.among(self._index)):
            value, name = self.forms[form]
            start = text.find(form)
            while start >= 0:
                end = start + len(form)
                if (len(form) >= _LONG and not form.isalpha()) or _stands_alone(text, start, end):
                    yield Found(start, end, "known", form, name if form == value else "")
                start = text.find(form, end)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() if start else False) and not text[end : end + 1].isalnum()


def worth_tainting(value: str) -> bool:
    """Long enough and rare enough to be looked for everywhere."""
    if len(value) < _SHORTEST or value.lower() in COMMON or len(set(value)) < 3:
        return False
    if value.isdigit():
        return len(value) >= _LONG
    if _ORDINARY.fullmatch(value):
        return False
    return not value.isalpha() or len(value) >= _LONG or not (value.islower() or value.isupper() or value.istitle())


def spellings(value: str) -> set[str]:
    """The value itself and how JSON, URLs, shells and base64 (at each of its three alignments) write it."""
    raw = _bytes(value)
    forms = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(raw, safe=""),
        quote_plus(raw),
        value.replace("'", "'\\''"),
    }
    forms.add(re.sub(r"([^\w@%+=:,./-])", r"\\\1", value))
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw).decode()
        body = coded[(0, 2, 3)[shift] :].rstrip("=")
        body = body[: len(body) - 1] if (shift + len(raw)) % 3 else body
        if len(body) >= _LONG:
            forms |= {body, body.translate(str.maketrans("+/", "-_"))}
    return {f for f in forms if len(f) >= _SHORTEST}


def _bytes(value: str) -> bytes:
    """The value as the program that printed it wrote it: undecodable bytes arrive as lone surrogates."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
