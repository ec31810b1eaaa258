"""A token judged by itself: length, alphabet, shape. The last layer, for secrets in places nobody foresaw."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from reifierd.redaction.model import Found

_TOKEN = re.compile(r"[A-Za-z0-9+_=~-][A-Za-z0-9+/_=~.-]{18,}")


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def looks_secret(token: str) -> bool:
    """Random letters and digits, mixed: what no person and no naming scheme writes."""
    return (
        len(token) >= 16
        and bool(re.search("[a-z]", token) and re.search("[A-Z]", token) and re.search("[0-9]", token))
        and entropy(token) > 3.4
    )


def tokens(text: str) -> Iterator[Found]:
    """Every token of `text` that is secret by its own look."""
    for found in _TOKEN.finditer(text):
        if "/" not in found[0] and "." not in found[0] and "-" not in found[0] and looks_secret(found[0]):
            yield Found(found.start(), found.end(), "token", found[0], "TOKEN")
