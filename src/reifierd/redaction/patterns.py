"""Secrets that their own writing gives away: URL credentials, headers, key blocks, provider tokens (shapes.toml)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.model import Found
from reifierd.redaction.names import no_value

_URL = re.compile(
    r"\b[A-Za-z][A-Za-z0-9+.-]*://(?P<user>[^\s:/@\"'<>]*):(?P<secret>[^\s/\"'<>@]+(?:@[^\s/\"'<>@.]+)*)@"
)
_HEADER = re.compile(
    r"\b(?P<name>(?:proxy-)?authorization)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|digest|apikey|bot|negotiate)\s+)?(?P<secret>[^\s\"',;]{6,})",
    re.IGNORECASE,
)
_PEM = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----(?P<secret>.*?)(?:-----END (?P=what)-----|\Z)",
    re.DOTALL,
)


def patterns(text: str) -> Iterator[Found]:
    """Every secret of `text` known by its shape."""
    for found in _URL.finditer(text) if "://" in text else ():
        if not no_value(found["secret"]):
            yield Found(
                *found.span("secret"), "password", found["secret"], (found["user"] or "URL").upper() + "_PASSWORD"
            )
    for found in _HEADER.finditer(text):
        if not no_value(found["secret"]):
            yield Found(*found.span("secret"), "authorization", found["secret"], "AUTHORIZATION")
    for found in _PEM.finditer(text) if "PRIVATE KEY" in text else ():
        yield Found(*found.span("secret"), "private-key", found["secret"], "PRIVATE_KEY")
