"""Commands that hide in text which bash evaluates: an array's index (`test -v 'a[$(cmd)]'`), a number, a prompt.

Wherever bash takes a variable's name or a number it evaluates an index in it, and an index is expanded as in double
quotes (bash manual, Arrays; Shell Arithmetic). A literal text of the form `name[…$(…)…]` is therefore read as if it was
evaluated, in a value as well as in a word of a built-in: nothing else is written so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from reifierd.shell.source import prepare
from reifierd.shell.state import Scope
from reifierd.shell.tables import name_set
from reifierd.shell.words import scan

_INDEXED = re.compile(r"[A-Za-z_]\w*\[[^\n]*?(?:\$\(|`)", re.S)
_SINGLE_QUOTED = re.compile(r"'([^']*)'")
_PROMPTS = name_set("vocabulary", "prompts")


def in_text(text: str, scope: Scope) -> None:
    """Lower the commands of a text that bash may evaluate, if it has the form of an indexed name."""
    if "[" in text and _INDEXED.search(text):
        expanded(text, scope, "index")


def in_quotes(source: str, scope: Scope) -> None:
    """The same for the quoted strings of a piece of source (the words of `[[ … ]]`)."""
    for found in _SINGLE_QUOTED.finditer(source):
        in_text(found.group(1), scope)


def in_prompt(name: str, value: str, scope: Scope) -> None:
    """PS4 and its like are expanded each time that they are shown."""
    if name in _PROMPTS:
        expanded(value, scope, name)


def expanded(text: str, scope: Scope, how: str) -> None:
    """Lower every command substitution of a text, as if it stood in double quotes."""
    if "$" in text or "`" in text:
        inside = replace(scope, via=(*scope.via, how), depth=scope.depth + 1, state=scope.state.copy())
        scan(prepare(text, quoted=True), 0, len(text), inside)
