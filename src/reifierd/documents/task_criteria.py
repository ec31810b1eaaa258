"""The criteria of a task file: the boxes under Acceptance Criteria, and the blocks below each.

- A criterion is a list item whose first line begins with a box (`[ ]`, `[x]`). Boxes in code, comments and quotations
  are none. What only looks like a box is an error: no criterion may get lost.
- Its commands are the shell blocks in its item, and the lines and items of it that are one code span. A block that
  stands unindented below a criterion is that criterion's; so is what stands below it in a nested item without a box.
"""

from __future__ import annotations

from dataclasses import replace

from reifierd.documents.blocks import Block, fence_event, is_command, span_lines
from reifierd.documents.readers import language_of
from reifierd.documents.task_names import after_line, box_of, nearly_box
from reifierd.documents.task_reading import TAG_HINT, Found, Reading
from reifierd.documents.words import NEAR_MISSES

_BOX_HINT = "write it as `- [ ] …` or `- [x] …`, on a line of its own"


class Criteria:
    """Takes the blocks of the section in order."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.found = reading.criteria
        self.last = -1  # the criterion that an unindented block below it belongs to
        self.groups: tuple[tuple[str, str], ...] = ()

    def add(self, block: Block, *, opens: bool) -> None:
        """A block that stands in no list."""
        if opens or block.kind == "heading":
            self.last = -1
            self.groups = () if opens else ((block.text, ""),)
        if opens:
            return
        before = len(self.found)
        self._block(block, self.last if is_command(block) else -1, 0)
        if len(self.found) > before:
            self.last = len(self.found) - 1

    def _block(self, block: Block, owner: int, depth: int) -> None:
        found = self.found[owner] if owner >= 0 else None
        if block.kind == "item":
            self._item(block, owner, depth)
        elif is_command(block) and found:
            found.events.append(fence_event(block, found.content))
        elif block.kind == "text" and found:
            self._paragraph(block, found, 0)
        else:
            self._nothing(block)

    def _item(self, item: Block, owner: int, depth: int) -> None:
        box = box_of(item.own_text)
        inner = item.inner
        if box:
            found = Found(item, box[1], "", item.number, depth, owner, groups=self.groups)
            owner = len(self.found)
            self.found.append(found)
            prose = self._paragraph(inner[0], found, 1)
            head = inner[0].text[: box.start(1) - 1] + inner[0].text[box.end() :].partition("\n")[0].lstrip()
            found.content = "\n".join([head, *prose])
            found.events = [replace(event, title=found.content) for event in found.events]
            inner = inner[1:]
        around = self.groups
        self.groups = around if box else (*around, (item.own_text, item.number))
        for block in inner:
            self._block(block, owner, depth + 1)
        self.groups = around

    def _paragraph(self, block: Block, found: Found, skip: int) -> list[str]:
        """Take commands and `after:` from a paragraph's lines; returns those that are neither."""
        spans = span_lines(block, skip)
        found.events += [replace(span, title=found.content) for span in spans.values()]
        prose = []
        for n, line in enumerate(block.text.split("\n")):
            waits = after_line(line) if n >= skip else None
            if waits is not None:
                found.after += waits
            elif n >= skip and n not in spans:
                prose.append(line)
                self._nearly(line, block.line + n)
        return prose

    def _nothing(self, block: Block) -> None:
        """What is neither a criterion nor a command: was it meant to be?"""
        if is_command(block):
            hint = "put it below its criterion, indented as the text of that"
            self.reading.say(block.line, "this block belongs to no criterion: not run", hint)
        elif block.kind == "fence" and language_of(block.info) in NEAR_MISSES:
            self.reading.say(block.line, "a block that names no shell is no command", TAG_HINT)
        elif block.kind == "code" and nearly_box(block.text):
            self.reading.say(
                block.line, "a box in an indented block is no criterion", "indent it by less than 4 blanks"
            )
        elif block.kind in ("heading", "text") or (block.kind == "html" and not _comment(block)):
            for n, line in enumerate(block.text.split("\n")):
                self._nearly(line, block.line + n)

    def _nearly(self, line: str, at: int) -> None:
        if nearly_box(line):
            message = f"this looks like a checkbox and is none: {line.strip()[:80]}"
            self.reading.say(at, message, _BOX_HINT, fatal=True)


def _comment(block: Block) -> bool:
    return block.text.lstrip().startswith("<!--")
