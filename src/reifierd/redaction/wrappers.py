"""Where in a simple command its program stands: behind assignments, keywords, prompts and wrappers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reifierd.redaction.names import TABLE
from reifierd.redaction.words import Simple

_BEFORE = frozenset(TABLE["wrappers"])
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PROMPT = re.compile(r".*[$#%>\u276f\u279c]\Z|\[?\w+@[\w.-]+:?.*\Z|\d+\Z")


def program_of(text: str) -> str:
    """`/usr/bin/mysql`, `mysql.exe`, `mysql` → `mysql`."""
    return text.rsplit("/", 1)[-1].removesuffix(".exe")


def heads(command: Simple) -> Iterator[tuple[int, str, bool]]:
    """(index, program name, whether it stands at the head) for every word that may be a program."""
    leading = True
    wrapped = False
    for index, word in enumerate(command.words):
        text = word.text
        if "/" not in text or text.startswith(("/", "./")) or leading:
            bare = "/" not in text or leading or wrapped or "bin/" in text
            if bare and text:
                yield index, program_of(text), leading or wrapped
        name = program_of(text)
        if name in _BEFORE:
            wrapped = leading or wrapped
        elif not (_ASSIGNMENT.match(text) or (leading and _PROMPT.match(text)) or (wrapped and text.startswith("-"))):
            leading = False
