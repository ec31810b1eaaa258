"""How a criterion is written, numbered and named, and how another place of the file refers to it.

`- [ ] #2 **Build** the image (after: 1)` is numbered `#2`, named "Build the image", and waits for 1. A number is `#2`,
`2.`, `2)`, `2:`, `1.2.`, a word and a number (`AC2:`, `Criterion 2`), or `1.2` before a capitalised word; a bare `3` at
the beginning of a sentence is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from reifierd.documents.readers import plain_text
from reifierd.documents.words import NOTHING

_EMPHASIS = r"(?:\*\*\*|\*\*|__|\*|_)?"
_BEHIND_BOX = r"(?=\s|\Z|\*|_)"
_BOX = re.compile(rf"\A(?:{_EMPHASIS}#?\d+(?:\.\d+)*[.):]?{_EMPHASIS}[ \t]+)?{_EMPHASIS}\[([ xX])\]{_BEHIND_BOX}")
_NEARLY = re.compile(
    r"^[ \t]*(?:[-*+][ \t]*|\d{1,9}[.)][ \t]*|\|[ \t]*)?(?:\*\*|__)?"
    rf"(?:\[(?:[^\[\]\w\\\n]{{0,2}}|[ \t]*[xX][ \t]*)\]{_BEHIND_BOX}|\[[ \txX]\](?=\w))",
    re.M,
)
_WORDS = r"(?:(?:criterion|criteria|ac|step|task|item|no\.?|number)[ -]*)"
_DIGITS = re.compile(r"\d+(?:\.\d+)*")
_NUMBER = re.compile(
    rf"\A({_WORDS}?#{_DIGITS.pattern}[.):]?|{_WORDS}?{_DIGITS.pattern}[.):]|{_WORDS}{_DIGITS.pattern}|"
    r"\d+(?:\.\d+)+(?=\s+(?-i:[A-Z][a-z])))"
    r"(?=\s|\Z)\s*[-\u2013\u2014]?\s*",
    re.I,
)
_ALONE = re.compile(rf"\A{_WORDS}?#?({_DIGITS.pattern})[.):]?\Z", re.I)
_REFERENCE = rf"(?:#?{_DIGITS.pattern})"
_REFERENCES = rf"{_REFERENCE}(?:(?:\s*(?:,|&|and)\s*|\s+){_REFERENCE})*"
_AFTER_IN_TEXT = re.compile(rf"\s*[(\[](?:after|depends on):?\s*({_REFERENCES})[)\]]\s*\.?\Z", re.I)
_AFTER_LINE = re.compile(r"\A[*_`]*(?:after|depends on|dependencies)[*_]*:[*_]*(.*)\Z", re.I)
_SEPARATOR = re.compile(r"\s*(?:,|&|\band\b)\s*")


def box_of(content: str) -> re.Match[str] | None:
    """The box that an item's first paragraph begins with; group 1 is the mark."""
    return _BOX.match(content)


def nearly_box(content: str) -> re.Match[str] | None:
    """A line of the text that a person may take for a checkbox."""
    return _NEARLY.search(content)


@dataclass(frozen=True)
class Name:
    """What a criterion's line, or a heading, says: its number as written and as digits, its text, its name, and what
    it names as its predecessors."""

    number: str
    digits: str
    text: str
    name: str
    after: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def name_of(content: str, number: str = "") -> Name:
    """Read a line of Markdown source (without its box); `number` is its item's own where the line has none."""
    text = plain_text(content)
    waits = _AFTER_IN_TEXT.search(text)
    name = text[: waits.start()] if waits else text
    found = _NUMBER.match(name)
    written = found[1] if found else number
    digits = _DIGITS.search(written)
    return Name(
        written,
        digits[0] if digits else "",
        text,
        name[found.end() :].strip() if found else name.strip(),
        references(waits[1]) if waits else (),
    )


def references(words: str) -> tuple[str, ...]:
    """`1, #2 and Build the image` as its parts; nothing for `none`."""
    bare = " ".join(words.split()).strip("[]` ")
    if bare.lower() in NOTHING:
        return ()
    if re.fullmatch(_REFERENCES, bare, re.I):
        return tuple(_DIGITS.findall(bare))
    return tuple(part.strip("'\"` ") for part in _SEPARATOR.split(bare) if part.strip("'\"` "))


def after_line(line: str) -> tuple[str, ...] | None:
    """What a line such as `after: 1, 2` refers to; None for another line."""
    found = _AFTER_LINE.match(line.strip())
    return references(found[1]) if found else None


def alone(reference: str) -> str:
    """The digits of a reference that is nothing but a number (`#2`, `2.`, `Criterion 2`), else ""."""
    found = _ALONE.match(reference.strip())
    return found[1] if found else ""


def same_words(text: str) -> str:
    """A name as it is compared: without case, blanks and punctuation at its ends."""
    return re.sub(r"\s+", " ", text).strip(" .:;,!*_`\"'").casefold()
