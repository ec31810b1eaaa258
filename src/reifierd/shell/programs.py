"""The programs that the guard knows: what each does by its options and first operands. Data in `knowledge/programs/`.

A user's own tables are added with `with_user`; a later row replaces an earlier one of the same name.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reifierd.errors import UsageError
from reifierd.shell.model import EffectKind, Word
from reifierd.shell.options import Options, parse_options
from reifierd.shell.tables import files_in, names

_NAMES = {kind.value: kind for kind in EffectKind} | {kind.value.replace(" ", "-"): kind for kind in EffectKind}
_NAMES["read"], _NAMES["code"] = EffectKind.READ, EffectKind.CODE
_ENDING = re.compile(r"(?:-?\d[\d.]*|\.exe)$")
EVERYWHERE_HARMLESS = frozenset({"--help", "--version"})


@dataclass(frozen=True)
class Verbs:
    """Patterns of first operands → kind; the pattern with most literal words wins. `by_word`: the rows that can match
    a first operand; `others`: those that begin with a pattern."""

    rows: tuple[tuple[tuple[str, ...], EffectKind], ...] = ()
    by_word: Mapping[str, tuple[tuple[tuple[str, ...], EffectKind], ...]] = field(default_factory=dict)
    others: tuple[tuple[tuple[str, ...], EffectKind], ...] = ()

    def find(self, words: Sequence[str]) -> tuple[EffectKind, str] | None:
        for pattern, kind in self.by_word.get(words[0], self.others) if words else ():
            if matches(pattern, words):
                return kind, " ".join(words[: len(pattern)])
        return None


@dataclass(frozen=True)
class OptionEffect:
    """What a program does besides when one of these options is given, behind these first operands. `how`: "value" (to
    the option's value), "none" (to nothing that can be named), else to the operands. `*` is every call."""

    kind: EffectKind
    names: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True)
class Program:
    """One row; the fields are explained in `knowledge/README.md`."""

    effect: EffectKind | None = None
    targets: str = "all"
    values: frozenset[str] = frozenset()
    single: bool = False
    harmless: frozenset[str] = frozenset()
    harmless_unless: frozenset[str] = frozenset()
    dry: frozenset[str] = frozenset()
    alone: EffectKind | None = None
    options: tuple[OptionEffect, ...] = ()
    verbs: Verbs = Verbs()
    other: EffectKind = EffectKind.UNKNOWN
    default_verb: str = ""
    special: str = ""
    detail: str = ""
    sources: EffectKind | None = None
    target_option: frozenset[str] = frozenset()
    code: frozenset[str] = frozenset()
    operand_code: bool = False
    interactive: tuple[tuple[str, ...], ...] = ()
    under: Mapping[str, frozenset[str]] = field(default_factory=dict)  # first operand → more options with a value
    like: str = ""  # the program whose row this one takes over: its rules hold as well

    @property
    def named_options(self) -> frozenset[str]:
        """Every option that the row names."""
        listed = (self.values, self.harmless, self.harmless_unless, self.dry, self.target_option, self.code)
        return frozenset().union(*listed, *(o.names for o in self.options))

    def parse(self, argv: Sequence[Word]) -> Options:
        found = parse_options(argv, self.values, single=self.single)
        more = self.under.get(found.operands[0].shape) if self.under and found.operands else None
        return parse_options(argv, self.values | more, single=self.single) if more else found


def matches(pattern: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the first words fit a pattern, word by word (`*` for any one word, `list-*` for a beginning)."""
    if pattern and pattern[-1] == "$":  # nothing more may follow
        return len(words) == len(pattern) - 1 and matches(pattern[:-1], words)
    if len(words) < len(pattern):
        return False
    return all(
        p == w or (("*" in p) and (p == "*" or fnmatch.fnmatchcase(w, p))) for p, w in zip(pattern, words, strict=False)
    )


def kind(name: str, where: str = "") -> EffectKind:
    """An effect by its name in a table. Raises UsageError for one that does not exist."""
    if name not in _NAMES:
        raise UsageError(
            f"there is no effect “{name}”",
            where=where,
            hint=f"one of: {', '.join(sorted(k.value for k in EffectKind))}",
        )
    return _NAMES[name]


@dataclass(frozen=True)
class Programs:
    """All rows by program name."""

    rows: Mapping[str, Program] = field(default_factory=dict)

    def get(self, name: str) -> Program | None:
        found = self.rows.get(name)
        if found is None and name.startswith(("mkfs.", "fsck.")):
            return self.rows.get(name[:4])
        return found if found is not None else self.rows.get(base_name(name))


@cache
def base_name(name: str) -> str:
    """A program without its version: `python3.11` is python."""
    return _ENDING.sub("", name)


@cache
def packaged() -> Programs:
    return Programs(_read(files_in("programs")))


def with_user(texts: Mapping[str, str]) -> Programs:
    """The packaged rows and a user's own. Raises UsageError naming the file."""
    return Programs({**packaged().rows, **_read(texts, dict(packaged().rows))}) if texts else packaged()


def global_values(program: str) -> frozenset[str]:
    """Options with a value that may stand before a program's first verb."""
    row = packaged().get(program)
    return row.values.union(*row.under.values()) if row else frozenset()


def _read(texts: Mapping[str, str], known: dict[str, Program] | None = None) -> dict[str, Program]:
    rows: dict[str, Program] = dict(known or {})
    raw: dict[str, dict[str, Any]] = {}
    for where, text in texts.items():
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"is not TOML: {error}", where=where) from None
        for key, value in data.items():
            if key == "program":
                raw.update(value)
            else:
                for name in names(value):
                    raw.setdefault(name, {"effect": key})
    for name, row in raw.items():
        rows[name] = _program(_like(row, raw), name)
    return rows


def _like(row: dict[str, Any], raw: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {**_like(raw[row["like"]], raw), **row} if row.get("like") in raw else row


def _program(row: dict[str, Any], where: str) -> Program:
    def optional(key: str) -> EffectKind | None:
        return kind(row[key], where) if key in row else None

    options = tuple(_option(k, v, where) for k, v in row.get("options", {}).items())
    valued = frozenset().union(*(o.names for o in options if o.how == "value" and not o.words))
    lists = {k: names(row.get(k, "")) for k in ("harmless", "harmless_unless", "dry", "target_option", "code")}
    return Program(
        effect=optional("effect"), targets=row.get("targets", "all"), single=bool(row.get("single")),
        alone=optional("alone"),
        options=options, values=names(row.get("values", "")) | valued,
        verbs=_verbs(row.get("verbs", {}), where), other=kind(row.get("other", "unknown"), where),
        default_verb=row.get("default_verb", ""), special=row.get("special", ""), detail=row.get("detail", ""),
        sources=optional("sources"), operand_code=bool(row.get("operand_code")),
        like=row.get("like", ""), under={k: names(v) for k, v in row.get("under", {}).items()},
        interactive=tuple(tuple(p.split()) for p in str(row.get("interactive", "")).split("|") if p),
        **lists,
    )  # fmt: skip


def _option(key: str, effect: str, where: str) -> OptionEffect:
    *words, last = key.split()
    if last != "*" and not last.startswith(("-", "+")):
        words, last = [*words, last], ""
    listed = last.split("|") if last else []
    name, _, how = effect.partition(":")
    beginnings = tuple(n[:-1] for n in listed if n.endswith("*") and n != "*")
    return OptionEffect(kind(name, where), frozenset(listed), beginnings, tuple(words), how)


def _verbs(row: Mapping[str, Iterable[str]], where: str) -> Verbs:
    rows = [(tuple(phrase.split()), kind(name, where)) for name, phrases in row.items() for phrase in phrases]
    rows.sort(key=lambda r: (-sum("*" not in w for w in r[0]), -len(r[0]), r[0] == ("*",)))
    firsts = {pattern[0] for pattern, _ in rows if "*" not in pattern[0]}
    by_word = {w: tuple(r for r in rows if r[0][0] == w or "*" in r[0][0]) for w in firsts}
    return Verbs(tuple(rows), by_word, tuple(r for r in rows if "*" in r[0][0]))
