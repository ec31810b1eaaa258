"""Secrets among the arguments of a program, by the shapes that programs.toml gives: `add_user USER *`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reifierd.redaction.families import Family
from reifierd.redaction.model import Found
from reifierd.redaction.named import found_in, keyed
from reifierd.redaction.names import Telling, telling
from reifierd.redaction.pairs import kind_of, parameter_name
from reifierd.redaction.words import HOLE, Word


def argument_secrets(family: Family, words: list[Word]) -> Iterator[Found]:
    """Every secret that one of the family's shapes finds in `words` (without the program itself)."""
    plain = list(_without_options(family, words))
    for text in family.args:
        shape = text.split()
        if shape[0] == "-last":  # the last of two arguments or more, whatever stands before
            shape, candidates = shape[1:], [plain[-1:]] if len(plain) > 1 else []
        else:
            candidates = [plain[begin:] for begin in (range(len(plain)) if _literal(shape[0]) else range(1))]
        fits = (_fit(family, shape, words) for words in candidates)
        yield from next((hits for hits in fits if hits is not None), [])


def _without_options(family: Family, words: list[Word]) -> Iterator[Word]:
    skip = False
    wanted = {token for shape in family.args for token in shape.split()}
    for word in words:
        if skip:
            skip = False
        elif word.text in family.takes:
            skip = True
        elif not word.text.startswith("-") or word.text in wanted:
            yield word


_WILDCARDS = ("NAME~", "K=", "U:", "*", "TOKEN=")


def _literal(part: str) -> bool:
    """Whether a part of a shape stands for itself: no wildcard, and not written in capitals."""
    return "|" in part or part.startswith("-") or not (part.isupper() or part.startswith(_WILDCARDS))


def _fit(family: Family, shape: list[str], words: list[Word]) -> list[Found] | None:
    """The secrets of `words` where they have this shape, None where they have another."""
    if len(words) < len(shape):
        return None
    hits: list[Found | None] = []
    for number, (part, word) in enumerate(zip(shape, words, strict=False)):
        if part in _MANY:
            return [hit for w in words[number:] if "=" in w.text for hit in keyed(w, 0, every=_MANY[part])]
        if part == "NAME~":
            if number + 1 == len(words):
                return None
            named = _behind_name(word, words[number + 1]) if telling(word.text) is not Telling.NO else None
            return [named] if named else None
        if _literal(part) and word.text not in part.split("|"):
            return None
        if part in _SECRET:
            hits.append(_SECRET[part](word, family.name or "SECRET"))
    return [hit for hit in hits if hit and HOLE not in hit.value]


_MANY = {"K=*": True, "NAME~=*": False}  # whether every key's value is secret, or those of telling keys


def _behind_name(name: Word, value: Word) -> Found | None:
    return found_in(value, 0, len(value.text), kind_of(name.text), parameter_name(name.text.rsplit("/", 1)[-1]))


def _behind(separator: str) -> Callable[[Word, str], Found | None]:
    """What stands behind the first separator; without one there is no secret."""

    def find(word: Word, name: str) -> Found | None:
        at = word.text.find(separator)
        return found_in(word, at + 1, len(word.text), "password", name) if at >= 0 else None

    return find


_SECRET: dict[str, Callable[[Word, str], Found | None]] = {
    "*": lambda word, name: found_in(word, 0, len(word.text), "password", name),
    "U:*": _behind(":"),
    "TOKEN=*": _behind("="),
}
