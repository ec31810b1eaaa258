"""A secret in a command becomes the expansion of a parameter, written so that bash builds the same words.

How a secret is quoted where it stands decides how the expansion is written; quotes that would be left empty go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reifierd.redaction.lexer import ANSI, BARE, COMMENT, DOUBLE, HEREDOC, RAWDOC, SINGLE, Lexed, lex
from reifierd.redaction.model import Found, ParamCommand

_OPENS = {BARE: "", DOUBLE: '"', SINGLE: "'", ANSI: "$'"}
_CLOSES = {BARE: "", DOUBLE: '"', SINGLE: "'", ANSI: "'"}
_RESERVED = frozenset(
    (
        "PATH",
        "HOME",
        "PWD",
        "OLDPWD",
        "USER",
        "UID",
        "EUID",
        "SHELL",
        "IFS",
        "TERM",
        "LANG",
        "HOSTNAME",
        "RANDOM",
        "SECONDS",
    )
)


@dataclass
class Names:
    """Parameter names of one Redactor's life: the same value keeps its name, another value of the place gets `_2`."""

    by_value: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def claim(self, value: str, wish: str, taken: frozenset[str] = frozenset()) -> str:
        """The name of `value`, made from `wish`; never one of `taken`."""
        known = self.by_value.get(value)
        if known and known not in taken:
            return known
        stem = re.sub(r"\W", "_", wish, flags=re.ASCII).strip("_").upper() or "SECRET"
        stem = f"SECRET_{stem}" if stem[0].isdigit() or stem in _RESERVED else stem
        name, number = stem, 1
        while name in taken or self.by_name.get(name, value) != value:
            number += 1
            name = f"{stem}_{number}"
        self.by_name[name] = value
        self.by_value.setdefault(value, name)
        return name


def parametrise(source: str, found: list[Found], names: Names, shell: str) -> ParamCommand:
    """`source` with every finding replaced by an expansion of its parameter."""
    lexed = lex(source)
    parts: list[str] = []
    params: dict[str, str] = {}
    position, unreplayable = 0, False
    for hit in found:
        start, end, text = _replacement(lexed, hit, names)
        if text is None:
            start, end, text = hit.start, hit.end, f"[REDACTED:{hit.kind}]"
            unreplayable = unreplayable or lexed.context(hit.start)[0] != COMMENT
        else:
            name = names.claim(hit.value, hit.name or hit.kind.replace("-", "_"))
            params.setdefault(name, f"{hit.kind}, typed in the command and redacted")
        if start < position:
            continue
        parts += [source[position:start], text]
        position = end
    return ParamCommand("".join([*parts, source[position:]]), tuple(params.items()), unreplayable)


def _replacement(lexed: Lexed, hit: Found, names: Names) -> tuple[int, int, str | None]:
    first, first_start, _ = lexed.context(hit.start)
    last, _, last_end = lexed.context(hit.end - 1)
    if first in (COMMENT, RAWDOC) or last in (COMMENT, RAWDOC):
        return hit.start, hit.end, None
    name = names.claim(hit.value, hit.name or hit.kind.replace("-", "_"))
    if first == HEREDOC:
        return hit.start, hit.end, "${" + name + "}"
    start, end = hit.start, hit.end
    head, tail = _CLOSES[first], _OPENS[last]
    if first != BARE and start == first_start + len(_OPENS[first]):
        start, head = first_start, ""
    if last != BARE and end == last_end - 1:
        end, tail = last_end, ""
    if head == tail == '"':
        follows = lexed.source[end : end + 1]
        return start, end, "${" + name + "}" if re.match(r"[\w\[]", follows) else "$" + name
    return start, end, f'{head}"${name}"{tail}'
