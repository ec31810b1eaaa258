"""Words as bash would expand them, as far as that is known without running anything.

A word becomes shapes (see `shapes`). The expander knows no commands and remembers nothing: what stands in `$(…)` it
hands to its shell, which answers with the output where that is constant, and which knows the variables.
"""

from __future__ import annotations

import re
from typing import Protocol

from reifierd.shell.fields import Fields
from reifierd.shell.model import Word
from reifierd.shell.parameters import applied, operator_at
from reifierd.shell.shapes import FILLED, UNKNOWN, as_word, known
from reifierd.shell.source import Prepared, prepare
from reifierd.shell.spelling import MAX_ALTERNATIVES, alternatives, decode_ansi

_SIMPLE = re.compile(r"[\w./:,@%+=^-]+\Z", re.ASCII)
_RUN = re.compile(r"[^\\'\"`$<>*?\[{~]+")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9]+|[@*#?$!_-]")


class Variables(Protocol):
    """What the expander asks of the shell it stands in."""

    def lookup(self, name: str) -> str | None:
        """The value of a variable or special parameter; None where it is not set as far as is known."""

    def elements(self, name: str) -> list[str] | None:
        """The elements of an array, or the positional parameters for `@`; None where they are not known."""

    def substitute(self, prepared: Prepared, start: int, end: int, how: str) -> str:
        """The output of the commands between start and end; `how` is `$()`, backtick, `<()` or `>()`."""

    def assign(self, name: str, value: str) -> None:
        """Remember a value (for `${X:=…}`)."""


def expand(prepared: Prepared, start: int, end: int, shell: Variables, *, split: bool = True) -> list[Word]:
    """The words that the text between two offsets becomes. With `split` false (an assignment's value, a redirect's
    target) it is always exactly one."""
    source = prepared.text[start:end]
    if _SIMPLE.match(source):
        return [Word(source, source, source, start, end, False, source)]
    if split and "{" in source:
        choices = alternatives(source)
        if len(choices) > 1:
            words: list[Word] = []
            for text in choices[:MAX_ALTERNATIVES]:
                words += expand(prepare(text), 0, len(text), shell)
            return [Word(w.source, w.text, w.prefix, start, end, w.glob, w.shape) for w in words]
    expander = _Expander(prepared, shell, split)
    expander.unquoted(start, end)
    return [as_word(shape, source, start, end, glob=glob) for shape, glob in expander.finish()]


def expand_text(text: str, shell: Variables) -> str:
    """A heredoc's body (delimiter not quoted) after expansion."""
    prepared = prepare(text, quoted=True)
    expander = _Expander(prepared, shell, False)
    expander.double(0, len(text))
    return "".join(expander.current)


class _Expander(Fields):
    """Reads one word and builds the fields that it becomes."""

    def __init__(self, prepared: Prepared, shell: Variables, split: bool) -> None:
        super().__init__(split)
        self.prepared, self.text, self.shell = prepared, prepared.text, shell

    def unquoted(self, i: int, end: int) -> None:
        text, first = self.text, i
        while i < end:
            char = text[i]
            if char == "\\":
                if text[i + 1 : i + 2] != "\n":
                    self.current.append(text[i + 1 : i + 2])
                i += 2
            elif char == "'":
                close = self.prepared.ends.get(i, end)
                self.current.append(text[i + 1 : close - 1])
                self.exists, i = True, close
            elif char == '"':
                close = self.prepared.ends.get(i, end)
                self.exists = self.exists or text[i + 1 : close - 1] != "$@"
                self.double(i + 1, close - 1)
                i = close
            elif char == "`":
                i = self.backtick(i, end, quoted=False)
            elif char == "$":
                i = self.dollar(i, end, quoted=False)
            elif char in "<>" and i in self.prepared.ends:
                close = self.prepared.ends[i]
                self.current.append(self.shell.substitute(self.prepared, i + 2, close - 1, char + "()"))
                i = close
            elif char == "~" and (i == first or text[i - 1] in "=:"):
                i = self.tilde(i, end)
            elif char in "*?[":
                self.glob = True
                self.current.append(char)
                i += 1
            else:
                found = _RUN.match(text, i, end)
                run = found.group() if found else char
                self.current.append(run)
                i += len(run)

    def tilde(self, i: int, end: int) -> int:
        found = re.compile(r"~([\w.+-]*)(?=[/:]|\Z)").match(self.text, i, end)
        if not found:
            self.current.append("~")
            return i + 1
        name = found.group(1)
        if name in {"", "+", "-"}:
            self.current.append(self.shell.lookup({"": "HOME", "+": "PWD", "-": "OLDPWD"}[name]) or UNKNOWN)
        else:
            self.current.append("/root" if name == "root" else f"/home/{name}")
        return found.end()

    def double(self, i: int, end: int) -> None:
        text = self.text
        while i < end:
            char = text[i]
            if char == "\\":
                following = text[i + 1 : i + 2]
                if following != "\n":
                    self.current.append(following if following and following in '$`"\\' else "\\" + following)
                i += 2
            elif char == "`":
                i = self.backtick(i, end, quoted=True)
            elif char == "$":
                i = self.dollar(i, end, quoted=True)
            else:
                self.current.append(char)
                i += 1

    def backtick(self, i: int, end: int, *, quoted: bool) -> int:
        close = self.prepared.ends.get(i, end)
        inner = re.sub(r"\\([`\\$])", r"\1", self.prepared.source[i + 1 : close - 1])
        nested = prepare(inner)
        self.put(self.shell.substitute(nested, 0, len(inner), "``"), quoted)
        return close

    def put(self, value: str, quoted: bool) -> None:
        if quoted or not self.split:
            self.current.append(value)
        else:
            self.bare(value, self.shell.lookup("IFS"))

    def dollar(self, i: int, end: int, *, quoted: bool) -> int:
        text, ends = self.text, self.prepared.ends
        following = text[i + 1 : i + 2]
        close = ends.get(i)
        if close is None or close > end:
            found = _NAME.match(text, i + 1, end)
            if not found:
                self.current.append("$")
                return i + 1
            name = found.group()
            name = name[0] if name[0].isdigit() else name
            self.parameter(name, quoted)
            return i + 1 + len(name)
        if following == "'":
            self.current.append(decode_ansi(text[i + 2 : close - 1]))
            self.exists = True
        elif following == '"':
            self.exists = True
            self.double(i + 2, close - 1)
        elif text.startswith("$((", i) and text.endswith("))", i, close):
            scan(self.prepared, i + 3, close - 2, self.shell)
            self.put(FILLED, quoted)
        elif following == "(":
            self.put(self.shell.substitute(self.prepared, i + 2, close - 1, "$()"), quoted)
        else:
            self.braced(i + 2, close - 1, quoted)
        return close

    def parameter(self, name: str, quoted: bool) -> None:
        if name in {"@", "*"}:
            elements = self.shell.elements("@")
            self.several([UNKNOWN] if elements is None else elements, quoted and name == "@")
            return
        value = self.shell.lookup(name)
        self.put(UNKNOWN if value is None else value, quoted)

    def several(self, values: list[str], separate: bool) -> None:
        """`"$@"` and `"${a[@]}"` keep their elements apart; without quotes they are split like any value."""
        if separate and self.split:
            self.apart(values)
        else:
            self.put(" ".join(values), quoted=False)

    def braced(self, i: int, end: int, quoted: bool) -> None:
        """`${…}` between its braces (bash manual, Shell Parameter Expansion)."""
        text = self.text
        mark = text[i : i + 1]
        if mark == "#" and end > i + 1:
            scan(self.prepared, i, end, self.shell)
            self.put(FILLED, quoted)
            return
        indirect = mark == "!"
        found = _NAME.match(text, i + indirect, end)
        if not found:
            scan(self.prepared, i, end, self.shell)
            self.put(UNKNOWN, quoted)
            return
        name, at = found.group(), found.end()
        index = None
        if text[at : at + 1] == "[":
            close = _bracket(self.prepared, at, end)
            index = text[at + 1 : close]
            scan(self.prepared, at + 1, close, self.shell)
            at = close + 1
        if index in {"@", "*"} and at >= end and not indirect:
            elements = self.shell.elements(name)
            self.several([UNKNOWN] if elements is None else elements, quoted and index == "@")
            return
        value = self.shell.lookup(name) if index is None else self.element(name, index)
        if indirect:
            value = self.shell.lookup(value) if value and known(value) else UNKNOWN
        if name in {"@", "*"} and index is None:
            elements = self.shell.elements("@")
            value = UNKNOWN if elements is None else " ".join(elements)
        self.put(self.operation(name, value, at, end), quoted)

    def element(self, name: str, index: str) -> str | None:
        elements = self.shell.elements(name)
        if elements is None or not index.isdigit():
            return UNKNOWN
        return elements[int(index)] if int(index) < len(elements) else None

    def operation(self, name: str, value: str | None, i: int, end: int) -> str:
        """What stands after the name: a default, a cut, a replacement, a change of case."""
        if i >= end:
            return UNKNOWN if value is None else value
        operator = operator_at(self.text, i)
        argument = expand(self.prepared, i + len(operator), end, self.shell, split=False)[0].shape
        if operator in {":=", "="} and not value:
            self.shell.assign(name, argument)
        if operator == "@" and argument == "P" and value and known(value):
            return expand_text(value, self.shell)
        return applied(operator, value, argument)


def _bracket(prepared: Prepared, i: int, end: int) -> int:
    """The offset of the `]` that closes the index opened at i."""
    i += 1
    while i < end and prepared.text[i] != "]":
        i = prepared.ends.get(i, i + 1)
    return min(i, end)


def scan(prepared: Prepared, i: int, end: int, shell: Variables) -> None:
    """Hand every substitution between two offsets to the shell, for text whose value does not matter."""
    expander = _Expander(prepared, shell, False)
    while i < end:
        char = prepared.text[i]
        if char == "'":
            i = prepared.ends.get(i, i + 1)
        elif char == "\\":
            i += 2
        elif char == "`" and i in prepared.ends:
            i = expander.backtick(i, end, quoted=True)
        elif char in "$<>" and i in prepared.ends:
            if char == "$":
                i = expander.dollar(i, end, quoted=True)
            else:
                shell.substitute(prepared, i + 2, prepared.ends[i] - 1, char + "()")
                i = prepared.ends[i]
        else:
            i += 1
