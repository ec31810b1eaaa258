"""The blocks of a task file that stand apart from its criteria: under Commands, and under Verification."""

from __future__ import annotations

from dataclasses import replace

from reifierd.documents.blocks import Block, fence_event, is_command, span_lines
from reifierd.documents.readers import Event, language_of
from reifierd.documents.task_names import box_of
from reifierd.documents.task_outline import Placed
from reifierd.documents.task_reading import TAG_HINT, Keyed, Reading
from reifierd.documents.words import NEAR_MISSES

_LONGEST_LEAD = 160


class Commands:
    """Takes the blocks under Commands in order; each command keeps what may say whose it is.

    The nearest first: the items that it stands in, the line that leads to it, the headings above it.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.headings: list[tuple[int, str]] = []
        self.lead = ""

    def add(self, placed: Placed) -> None:
        block = placed.block
        if placed.opens or block.kind == "heading":
            self.lead = ""
            self.headings = [entry for entry in self.headings if entry[0] < placed.level]
            self.headings += [] if placed.opens else [(placed.level, block.text)]
        else:
            self._block(block, ())

    def _block(self, block: Block, items: tuple[tuple[str, str], ...]) -> None:
        if is_command(block):
            self._keep(fence_event(block), items)
        elif block.kind == "fence" and language_of(block.info) in NEAR_MISSES:
            self.reading.say(block.line, "a block that names no shell is no command", TAG_HINT)
        elif block.kind == "text":
            spans = span_lines(block)
            for span in spans.values():
                self._keep(span, items)
            if not items and not spans:
                self.lead = block.text if len(block.text) <= _LONGEST_LEAD else ""
        elif block.kind == "item":
            around = ((_unboxed(block.own_text), block.number), *items)
            for inner in block.inner:
                self._block(inner, around)

    def _keep(self, event: Event, items: tuple[tuple[str, str], ...]) -> None:
        leads = ((self.lead, ""),) if self.lead else ()
        headings = tuple((text, "") for _, text in reversed(self.headings))
        title = next((text for text, _ in (*items, *leads, *headings) if text and not text.startswith("`")), "")
        keys = (*items, *leads, *headings)
        self.reading.keyed.append(Keyed(keys, replace(event, title=title.partition("\n")[0])))


class Checks:
    """Takes the blocks under Verification: shell blocks, and items or lines of items that are one code span."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def add(self, block: Block, title: str = "") -> None:
        if is_command(block):
            self.reading.checks.append(fence_event(block, title))
        elif block.kind == "fence" and language_of(block.info) in NEAR_MISSES:
            self.reading.say(block.line, "a block that names no shell is no check", TAG_HINT)
        elif block.kind == "item":
            text = _unboxed(block.own_text)
            own = "" if text.startswith("`") else text.partition("\n")[0]
            for n, inner in enumerate(block.inner):
                if inner.kind == "text":
                    spans = span_lines(replace(inner, text=_unboxed(inner.text)) if n == 0 else inner)
                    self.reading.checks += [replace(span, title=own) for span in spans.values()]
                else:
                    self.add(inner, own or title)


def _unboxed(text: str) -> str:
    """An item's text without its box, which says nothing here."""
    box = box_of(text)
    return text[box.end() :].lstrip(" \t") if box else text
