"""Values as far as they are known: a plain string in which two marks stand for what is only known at run time.

`UNKNOWN` stands for a part that may be empty, `FILLED` for one that is surely not (`${X:?}`, `$$`, the name of a fresh
temporary folder). The reader lets neither stand in a source, so that a shape is cut, joined and matched like text.
"""

from __future__ import annotations

import re

from reifierd.shell.model import Word

UNKNOWN, FILLED = "\x00", "\x01"


def known(shape: str) -> bool:
    """Whether all of it is known."""
    return UNKNOWN not in shape and FILLED not in shape


def as_word(shape: str, source: str, start: int, end: int, *, glob: bool = False) -> Word:
    """A word of that shape, written as `source` from start to end."""
    text = shape if known(shape) else None
    return Word(source, text, re.split("[\x00\x01]", shape, maxsplit=1)[0], start, end, glob, shape)
