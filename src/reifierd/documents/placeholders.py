"""`<placeholder>`s in a command: what a reader must fill in, told apart from redirections and markup.

A placeholder is `<`, one or more words without a space at either end, `>`, all on one line. It is none

- after another `<` (a here-document) or in a comment,
- where the last word is a number (`<file 2>err`: that is a redirection and a descriptor),
- where it is markup (a closing tag of its name stands in the text; a well-known tag in quotes), a named group of a
  regular expression (`(?<name>`), an include, an address of mail or a URL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reifierd.documents.quoting import Context, Quoting
from reifierd.documents.words import MARKUP, RESERVED, RESERVED_PREFIXES

_WORD = r"[A-Za-z0-9_.:/,@+-]+"
_PLACEHOLDER = re.compile(rf"(?<![<?\\])<([A-Za-z][A-Za-z0-9_.:/,@+-]*(?: {_WORD})*)>")
_NONE = re.compile(r"\A\S+@\S+\.\S+\Z|://|(?:\A|\s)[0-9]+\Z|[-/:,@+]\Z|\.h(?:pp)?\Z")
_REGEX_GROUP = re.compile(r"(?:\?P|\\k)\Z")


@dataclass(frozen=True)
class Placeholder:
    """`text` is what stands between the angle brackets, `start` and `end` are offsets of the whole `<…>`."""

    text: str
    start: int
    end: int
    context: Context


def find_placeholders(command: str) -> tuple[Placeholder, ...]:
    """All placeholders of a command, in order."""
    if "<" not in command:
        return ()
    around = Quoting(command)
    found = (Placeholder(m[1], m.start(), m.end(), around.at(m.start())) for m in _PLACEHOLDER.finditer(command))
    closed = frozenset(re.findall(r"</([^<>\s]+)>", command))
    return tuple(p for p in found if not _is_something_else(p, command, closed))


def param_name(placeholder: str) -> str:
    """The environment variable that stands for a placeholder: `pod-name` → `POD_NAME`.

    A name that a shell or a program gives a meaning to (PATH, IFS, …) becomes `PARAM_PATH`.
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", placeholder).strip("_").upper()
    return f"PARAM_{name}" if is_reserved(name) else name


def is_reserved(name: str) -> bool:
    return name in RESERVED or name.startswith(RESERVED_PREFIXES)


def _is_something_else(found: Placeholder, command: str, closed: frozenset[str]) -> bool:
    if found.context is Context.COMMENT or _NONE.search(found.text):
        return True
    if _REGEX_GROUP.search(command, max(0, found.start - 2), found.start):
        return True
    tag = found.text.split(" ")[0]
    return tag in closed or (found.context is not Context.CODE and tag in MARKUP)
