"""The blocks of a document as a tree, alike from both Markdown readers.

A list is no node: its items stand where the list stands. Lines and `closed` come from the first reader only; inline
text is left as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from markdown_it.token import Token

from reifierd.documents.readers import Event, first_tokens, language_of, second_tokens, span_first, span_second
from reifierd.documents.words import CONSOLE, SHELL

Kind = Literal["document", "heading", "text", "fence", "code", "html", "quote", "item", "front", "other"]


@dataclass
class Block:
    """One block. `level` is a heading's; `number` an ordered item's, "" for a bullet; `line` is 1-based, `end` the last
    line of the block."""

    kind: Kind
    text: str = ""
    info: str = ""
    level: int = 0
    number: str = ""
    line: int = 0
    end: int = 0
    closed: bool = True
    first: bool = True
    inner: list[Block] = field(default_factory=list)

    @property
    def own_text(self) -> str:
        """The paragraph that an item begins with, "" for none."""
        return self.inner[0].text if self.inner and self.inner[0].kind == "text" else ""

    def span(self) -> Event | None:
        """The code span that a paragraph consists of."""
        return span_first(self.text) if self.first else span_second(self.text)

    def walk(self) -> Iterator[Block]:
        """All blocks below this one, in the document's order, without those in a quotation."""
        for block in self.inner:
            yield block
            if block.kind == "item":
                yield from block.walk()


# --- markdown-it-py -------------------------------------------------------------------------------------------------

_LEAVES: dict[str, Kind] = {
    "fence": "fence",
    "code_block": "code",
    "html_block": "html",
    "hr": "other",
    "front_matter": "front",
}
_OPENED: dict[str, Kind] = {"list_item_open": "item", "blockquote_open": "quote"}


def blocks_first(text: str) -> Block:
    """The document by markdown-it-py, its front matter among its blocks."""
    stack = [Block("document", line=1, end=text.count("\n") + 1)]
    lists: list[tuple[str, int]] = []
    for token in first_tokens(text):
        _pass(token, stack, lists)
    return stack[0]


def _pass(token: Token, stack: list[Block], lists: list[tuple[str, int]]) -> None:
    line, end = (token.map[0] + 1, token.map[1]) if token.map else (0, 0)
    if token.type == "ordered_list_open":
        lists.append((token.markup, int(token.attrGet("start") or 1) if token.attrGet("start") != 0 else 0))
    elif token.type == "bullet_list_open":
        lists.append(("", 0))
    elif token.type in ("ordered_list_close", "bullet_list_close"):
        lists.pop()
    elif token.type in _OPENED:
        kind = _OPENED[token.type]
        number = _next_number(lists) if kind == "item" else ""
        stack.append(Block(kind, number=number, line=line, end=end))
    elif token.type in ("list_item_close", "blockquote_close"):
        done = stack.pop()
        stack[-1].inner.append(done)
    elif token.type == "heading_open":
        stack[-1].inner.append(Block("heading", level=int(token.tag[1:]), line=line, end=end))
    elif token.type == "inline":
        _inline(token, stack[-1], line, end)
    elif token.type in _LEAVES:
        stack[-1].inner.append(_leaf(token, line, end))


def _next_number(lists: list[tuple[str, int]]) -> str:
    markup, number = lists[-1]
    lists[-1] = (markup, number + 1)
    return f"{number}{markup}" if markup else ""


def _inline(token: Token, around: Block, line: int, end: int) -> None:
    if around.inner and around.inner[-1].kind == "heading" and around.inner[-1].line == line:
        around.inner[-1].text = token.content
    else:
        around.inner.append(Block("text", token.content, line=line, end=end))


def _leaf(token: Token, line: int, end: int) -> Block:
    if token.type != "fence":
        return Block(_LEAVES[token.type], token.content, line=line, end=end)
    closed = end - line > token.content.count("\n")
    return Block("fence", token.content.removesuffix("\n"), token.info, line=line, end=end, closed=closed)


# --- mistune --------------------------------------------------------------------------------------------------------

_KINDS: dict[str, Kind] = {"paragraph": "text", "block_text": "text", "block_quote": "quote", "block_html": "html"}


def blocks_second(body: str) -> Block:
    """The document (without its front matter) by mistune."""
    return Block("document", first=False, inner=list(_second(second_tokens(body))))


def _second(tokens: list[dict[str, Any]]) -> Iterator[Block]:
    for token in tokens:
        kind = token["type"]
        attrs = token.get("attrs", {})
        if kind == "list":
            yield from _second_items(token, attrs)
        elif kind == "heading":
            yield Block("heading", token.get("text", ""), level=attrs["level"], first=False)
        elif kind == "block_code":
            fenced = token.get("style") == "fenced"
            text = token["raw"].removesuffix("\n")
            yield Block("fence" if fenced else "code", text, attrs.get("info", ""), first=False)
        elif kind == "block_quote":
            yield Block("quote", first=False, inner=list(_second(token["children"])))
        elif kind != "blank_line":
            text = token.get("text", token.get("raw", "")).strip(" \r\n\t\f")
            yield Block(_KINDS.get(kind, "other"), text, first=False)


def _second_items(token: dict[str, Any], attrs: dict[str, Any]) -> Iterator[Block]:
    number = attrs.get("start", 1)
    for n, item in enumerate(token["children"]):
        own = f"{number + n}{token.get('bullet', '.')}" if attrs.get("ordered") else ""
        yield Block("item", number=own, first=False, inner=list(_second(item.get("children", []))))


def even(text: str) -> str:
    """A paragraph's source as both readers give it: they keep and drop different blanks at the ends of lines."""
    return "\n".join(line.strip(" \t") for line in text.strip().split("\n"))


_CODE = re.compile(r"(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_LONGEST = 1000


def is_command(block: Block) -> bool:
    """A fenced block that a shell runs."""
    return block.kind == "fence" and language_of(block.info) in SHELL | CONSOLE


def fence_event(block: Block, title: str = "") -> Event:
    """The command of a fenced block, under the title that a report shows."""
    return Event("fence", block.text, block.info, line=block.line + 1, title=title, closed=block.closed, nested=True)


def span_lines(block: Block, skip: int = 0) -> dict[int, Event]:
    """The lines of a paragraph, from the given one on, that are one code span each, by their index.

    None where a code span may run over a line end: such a line is not what it looks like.
    """
    if "`" not in block.text:
        return {}
    lines = block.text.split("\n")
    if any(len(line) > _LONGEST or "`" in _CODE.sub("", line) for line in lines):
        return {}
    found = {n: replace(block, text=lines[n].strip()).span() for n in range(skip, len(lines)) if "`" in lines[n]}
    return {n: replace(span, line=block.line + n, nested=True) for n, span in found.items() if span}
