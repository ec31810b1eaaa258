"""A secret in a command becomes the expansion of a parameter, written so that bash builds the same words.

How the secret is quoted where it stands decides how the expansion is written: `$NAME` inside of double quotes, else
`"$NAME"` between the quotes that it interrupts; quotes that would be left empty go. A word that another shell will read
(`bash -c '…'`, `ssh host '…'`) gets `${NAME@Q}`, the value quoted for that shell (bash(1), Parameter transformation).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reifierd.redaction.lexer import lex
from reifierd.redaction.model import Found, ParamCommand
from reifierd.redaction.params import Names, taken_by
from reifierd.redaction.words import (
    ANSI,
    BARE,
    COMMENT,
    DOUBLE,
    HEREDOC,
    RAWDOC,
    SINGLE,
    Lexed,
    Simple,
    Word,
    decoded_index,
)
from reifierd.redaction.wrappers import heads

_OPENS = {BARE: "", DOUBLE: '"', SINGLE: "'", ANSI: "$'"}
_CLOSES = {BARE: "", DOUBLE: '"', SINGLE: "'", ANSI: "'"}
_SHELLS = frozenset(("bash", "sh", "zsh", "dash", "ksh", "ash", "su", "runuser", "script", "sg", "flock", "busybox"))
_READERS = frozenset(
    ("ssh", "eval", "watch", "trap", "alias", "mosh", "autossh", "at", "batch", "parallel", "pdsh", "clush")
)
_SCRIPT_OPTION = re.compile(r"-[a-zA-Z]*c\Z|--command\Z")


@dataclass(frozen=True)
class Patch:
    """Replace `source[start:end]` by `head`, the expansion, `tail`; `quoted`: double quotes stand around it already."""

    start: int
    end: int
    head: str
    tail: str
    quoted: bool
    again: bool = False  # the word is read by another shell

    def text(self, name: str, follows: str, shell: str) -> str:
        """The replacement, given the parameter's name and the character behind it."""
        if self.again:
            expansion = "${(q)" + name + "}" if shell == "zsh" else "${" + name + "@Q}"
        else:
            glued = self.quoted and re.match(r"[\w\[]", self.tail + follows)
            expansion = "${" + name + "}" if glued else "$" + name
        return f"{self.head}{expansion}{self.tail}" if self.quoted else f'{self.head}"{expansion}"{self.tail}'


def parametrise(source: str, found: list[Found], names: Names, shell: str) -> ParamCommand:
    """`source` with every finding replaced by an expansion of its parameter."""
    lexed = lex(source)
    taken = taken_by(source, found)
    parts: list[str] = []
    params: dict[str, str] = {}
    position, unreplayable = 0, False
    for hit in found:
        patch = _patch(lexed, hit)
        start, end = (patch.start, patch.end) if patch else (hit.start, hit.end)
        start = max(start, position)
        if patch is None:
            text = f"[REDACTED:{hit.kind}]"
            unreplayable = unreplayable or lexed.context(hit.start)[0] != COMMENT
        else:
            name = names.claim(hit.value, hit.name or hit.kind, taken[hit.value])
            params.setdefault(name, f"a {hit.kind.replace('-', ' ')} that was typed in the command and is not kept")
            text = patch.text(name, source[end : end + 1], shell)
        parts += [source[position:start], text]
        position = max(end, position)
    return ParamCommand("".join([*parts, source[position:]]), tuple(params.items()), unreplayable)


def _patch(lexed: Lexed, hit: Found) -> Patch | None:
    """How the finding is to be replaced; None where no expansion reaches."""
    script = _script_around(lexed, hit)
    if script:
        return _in_script(lexed, script, hit)
    return _here(lexed, hit.start, hit.end)


def _here(lexed: Lexed, start: int, end: int) -> Patch | None:
    first, first_start, first_end = lexed.context(start)
    last, _, last_end = lexed.context(end - 1)
    if first in (COMMENT, RAWDOC) or last in (COMMENT, RAWDOC):
        return None
    if first == HEREDOC:
        return Patch(start, end, "", "", quoted=True)
    if first == last == DOUBLE and first_end == last_end and first_start < start and end < last_end:
        return Patch(start, end, "", "", quoted=True)
    head, tail = _CLOSES[first], _OPENS.get(last, "")
    if first != BARE and start <= first_start + len(_OPENS[first]):
        start, head = first_start, ""
    if last != BARE and end >= last_end - 1:
        end, tail = last_end, ""
    return Patch(start, end, head, tail, quoted=False)


def _script_around(lexed: Lexed, hit: Found) -> Word | None:
    """The word with the finding, where another shell will read that word."""
    for command in lexed.commands:
        for number, word in enumerate(command.words):
            if (
                word.quotes
                and word.start <= hit.start < word.end
                and re.search(r"\s\S", word.text)
                and _read_again(command, number)
            ):
                return word
        body = command.heredoc
        if body and body.start <= hit.start < body.end and _programs(command) & (_SHELLS | _READERS):
            return body
    return None


def _programs(command: Simple) -> set[str]:
    return {program for _, program, head in heads(command) if head}


def _read_again(command: Simple, number: int) -> bool:
    programs = _programs(command)
    if programs & _READERS:
        return True
    return bool(programs & _SHELLS) and any(_SCRIPT_OPTION.match(w.text) for w in command.words[:number])


def _in_script(lexed: Lexed, word: Word, hit: Found) -> Patch | None:
    inner = lex(word.text)
    first, last = decoded_index(word, hit.start), decoded_index(word, hit.end - 1) + 1
    if _script_around(inner, Found(first, last, "", "")):
        return None  # a script in a script: one expansion cannot quote twice
    patch = _here(inner, first, last)
    if patch is None or inner.context(first)[0] == HEREDOC:
        return None
    head, tail = ('"', '"') if patch.quoted else (patch.head, patch.tail)
    start, end = word.range(patch.start, patch.end)
    if lexed.context(start)[0] == HEREDOC:
        return Patch(start, end, head, tail, quoted=True, again=True)
    outer = _here(lexed, start, end)
    if outer is None:
        return None
    double = outer.quoted
    before, behind = outer.head + _escaped(head, double=double), _escaped(tail, double=double) + outer.tail
    return Patch(outer.start, outer.end, before, behind, quoted=double, again=True)


def _escaped(quote: str, *, double: bool) -> str:
    """A quote of the inner script, as the outer shell must read it: inside of double quotes, or outside of all."""
    return re.sub(r"([\"$`\\])" if double else r"([\"'$\\])", r"\\\1", quote)
