"""Command-line options by table: which take a value, which are flags, what is left as operands (POSIX and GNU habits).

Nothing here knows a program; the tables are in `knowledge/`. Values that are only known at run time keep their shape.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reifierd.shell.model import Word

# `pkill -HUP nginx`: one option, not three.
_SIGNAL = re.compile(r"-(?:SIG)?(?:HUP|INT|QUIT|KILL|TERM|USR[12]|STOP|CONT|ABRT|WINCH|ALRM|PIPE|TSTP)\Z")


@dataclass(frozen=True)
class Options:
    """`given` in order, short clusters split (`-rf` is `-r`, `-f`); `operands` the rest; `first` the index in argv of
    the first operand (len(argv) when there is none); `unknown` an option that the table does not list, if that was
    asked."""

    given: tuple[tuple[str, Word | None], ...]
    operands: tuple[Word, ...]
    first: int
    unknown: str = ""

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.given)

    def value(self, *names: str) -> Word | None:
        return next((v for n, v in self.given if n in names and v is not None), None)

    def all_values(self, *names: str) -> list[Word]:
        return [v for n, v in self.given if n in names and v is not None]


def cut(word: Word, at: int) -> Word:
    """The word without its first `at` characters (of its value)."""
    shape = word.shape[at:]
    text = None if word.text is None else word.text[at:]
    return Word(word.source, text, word.prefix[at:], word.start, word.end, word.glob, shape)


def parse_options(
    argv: Sequence[Word],
    values: Collection[str] = (),
    flags: Collection[str] | None = None,
    *,
    leading: bool = False,
    single: bool = False,
) -> Options:
    """Read argv[1:]. `flags` given: any other option is `unknown` and reading stops. `leading`: stop at the first
    operand. `single`: long options have one dash (`-auto-approve`), nothing is split."""
    given: list[tuple[str, Word | None]] = []
    operands: list[Word] = []
    first, i = len(argv), 1
    while i < len(argv):
        word, shape = argv[i], argv[i].shape
        i += 1
        if shape == "--":
            first = min(first, i)
            operands += argv[i:]
            break
        if len(shape) < 2 or shape[0] != "-":
            first = min(first, i - 1)
            operands.append(word)
            if leading:
                operands += argv[i:]
                break
            continue
        for name, value in _names(word, values, flags, single):
            taken = value
            if value is None and name in values and i < len(argv) and not shape.startswith(name + "="):
                taken = argv[i]
                i += 1
            if flags is not None and name not in values and name not in flags:
                return Options(tuple(given), tuple(argv[i - 1 :]), i - 1, name)
            given.append((name, taken))
    return Options(tuple(given), tuple(operands), first)


def _names(
    word: Word, values: Collection[str], flags: Collection[str] | None, single: bool
) -> list[tuple[str, Word | None]]:
    shape = word.shape
    name, equals, _ = shape.partition("=")
    if (
        shape.startswith("--")
        or single
        or _SIGNAL.match(shape)
        or shape in values
        or (flags is not None and shape in flags)
    ):
        return [(name, cut(word, len(name) + 1))] if equals else [(name, None)]
    found: list[tuple[str, Word | None]] = []
    for k in range(1, len(shape)):
        letter = "-" + shape[k]
        if letter in values:
            found.append((letter, cut(word, k + 1) if k + 1 < len(shape) else None))
            break
        found.append((letter, None))
    return found
