"""Which part of a task file each of its blocks stands in.

- A part begins at a heading of any level whose name is known (`words.toml`), or at a line that is such a name in bold
  or with a colon (`**Acceptance Criteria**:`).
- A heading below it belongs to it, whatever its name, with these exceptions: under the criteria, Commands, the Progress
  Log, and a Verification or Dependencies without a checkbox are parts of their own; under the commands, a Verification
  is one. Nothing below the Progress Log is: what stands there is never read as anything else.
- The only first-level heading, where it is the first of all, is the document's title, unless it names the criteria.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reifierd.documents.blocks import Block
from reifierd.documents.sections import normal_name
from reifierd.documents.task_names import box_of
from reifierd.documents.words import TASK_SECTIONS

_BOLD_LINE = 7  # the level of a name in bold: below every heading
_NAME_LINE = re.compile(r"\A(?:(\*\*|__)([^*_\n]{1,60}?):?\1:?|([A-Za-z][^*_`:\n]{1,60}):)\s*\Z")


class Part(StrEnum):
    """The parts of a task file."""

    PREAMBLE = "preamble"
    CRITERIA = "criteria"
    COMMANDS = "commands"
    VERIFICATION = "verification"
    DEPENDENCIES = "dependencies"
    LOG = "log"
    OTHER = "other"


@dataclass(frozen=True)
class Placed:
    """A top-level block and the part that it stands in; `opens` where it is the name of that part itself."""

    part: Part
    block: Block
    opens: bool = False
    level: int = 0


def place(document: Block) -> list[Placed]:
    """Each top-level block with its part."""
    return list(_Outline(document.inner).placed())


class _Outline:
    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        self.names = [_part_of(block) for block in blocks]
        self.title = _title([block for block in blocks if block.kind == "heading"])
        self.stack: list[tuple[int, Part]] = []
        self.begun = False

    def placed(self) -> Iterator[Placed]:
        for n, block in enumerate(self.blocks):
            level, opens = self._enter(n, block)
            yield Placed(self._part(), block, opens, level)

    def _part(self) -> Part:
        if self.stack:
            return self.stack[-1][1]
        return Part.OTHER if self.begun else Part.PREAMBLE

    def _enter(self, n: int, block: Block) -> tuple[int, bool]:
        """The level of a heading, and whether it opens a part."""
        if block is self.title:
            return block.level, False
        own, level = self.names[n]
        if block.kind != "heading" and own is None:
            return 0, False
        self.stack = [entry for entry in self.stack if entry[0] < level]
        around = self.stack[-1][1] if self.stack else None
        if own is not None and self._stands_alone(own, around, n, level):
            self.begun = True
            self.stack.append((level, own))
            return level, True
        self.stack += [(level, around)] if around else []
        return level, False

    def _stands_alone(self, own: Part, around: Part | None, n: int, level: int) -> bool:
        if around is None or around is Part.OTHER:
            return True
        if around is Part.CRITERIA:
            return own in (Part.COMMANDS, Part.LOG) or (own is not around and not self._has_boxes(n, level))
        return around is not Part.LOG and (own in (Part.CRITERIA, Part.LOG) or around is Part.COMMANDS)

    def _has_boxes(self, n: int, level: int) -> bool:
        for m in range(n + 1, len(self.blocks)):
            block = self.blocks[m]
            if (block.kind == "heading" and block.level <= level) or self.names[m][0]:
                return False
            if block.kind == "item" and any(box_of(item.own_text) for item in (block, *block.walk())):
                return True
        return False


def _title(headings: list[Block]) -> Block | None:
    ones = [block for block in headings if block.level == 1]
    alone = len(ones) == 1 and ones[0] is headings[0]
    return ones[0] if alone and _part_of(ones[0])[0] is not Part.CRITERIA else None


def _part_of(block: Block) -> tuple[Part | None, int]:
    """The part that a block's text names, and its level as a heading."""
    if block.kind == "heading":
        return _named(block.text), block.level
    found = _NAME_LINE.match(block.text) if block.kind == "text" else None
    return (_named(found[2] or found[3]), _BOLD_LINE) if found else (None, _BOLD_LINE)


def _named(text: str) -> Part | None:
    name = TASK_SECTIONS.get(normal_name(text)) if len(text) <= 200 else None
    return Part(name) if name else None
