"""Two independent readers of the same Markdown: markdown-it-py, and mistune as the second.

The first gives structure, titles and lines; the second only what it takes to say whether both see the same
executable blocks. Both yield `Event`s in the document's order. Blocks in a quotation are quoted text and no events;
HTML blocks, indented code and everything else that is never executed is none either.

Known and harmless differences of the two are evened out in `same`: mistune expands a tab at the beginning of a line
in a list, and drops blanks on blank lines there (CommonMark keeps both). What runs is the first reader's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import mistune
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from reifierd.documents.words import CONSOLE, SHELL

Kind = Literal["heading", "fence", "span", "prose", "indented", "front"]


@dataclass(frozen=True)
class Event:
    """One thing that a reader saw.

    `text` is a heading's or paragraph's source, a fence's content without its last line end, or a code span's content;
    `info` the info string as written (after a span: the braces behind it). `line` and `title` come from the first
    reader only; `closed` is false for a fence that runs to the document's end, `nested` true for what stands in a list.
    """

    kind: Kind
    text: str = ""
    info: str = ""
    level: int = 0
    line: int = 0
    title: str = ""
    closed: bool = True
    nested: bool = False

    @property
    def begins(self) -> int:
        """The line where the whole block begins: a fence's own."""
        return self.line - (self.kind == "fence")


_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_MOST_BRACES = 2000
_BRACES = re.compile(r"\s*(\{[^\n]*\})?\s*\Z")


_LANGUAGE = re.compile(r"\s*([^\s{]*)\s*(.*)\Z", re.DOTALL)


def split_info(info: str) -> tuple[str, str]:
    """An info string's language, in lower case, and the rest: "Bash {name=x}" → ("bash", "{name=x}")."""
    found = _LANGUAGE.match(info)
    return (found[1].lower(), found[2].strip()) if found else ("", "")


def language_of(info: str) -> str:
    return split_info(info)[0]


def _first() -> MarkdownIt:
    reader = MarkdownIt("commonmark").use(front_matter_plugin)
    reader.core.ruler.enableOnly(
        ["normalize", "block"]
    )  # inline text is read where it is needed: it is most of the time
    return reader


_FIRST = _first()
_SECOND = mistune.create_markdown(renderer=None)


# --- markdown-it-py -------------------------------------------------------------------------------------------------


@dataclass
class _Item:
    """A list item (or the document itself) while its blocks pass by."""

    line: int = 0
    paragraphs: list[str] = field(default_factory=list)  # since the last fence
    first: str = ""
    blocks: int = 0
    commands: bool = False


def first_tokens(text: str) -> list[Token]:
    """The blocks of a document by markdown-it-py, with its front matter; inline text is not read."""
    return _FIRST.parse(text)


def read_first(text: str) -> list[Event]:
    """All events of a document by markdown-it-py."""
    return list(_Walk(first_tokens(text)).events())


class _Walk:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.items = [_Item()]
        self.heading = ""

    def events(self) -> Iterator[Event]:
        quoted = 0
        for n, token in enumerate(self.tokens):
            quoted += token.nesting if token.type.startswith("blockquote_") else 0
            if quoted:
                continue
            if token.type.startswith("blockquote_"):
                self.items[-1].blocks += 1
            yield from self._token(token, self.tokens[n - 1] if n else None)

    def _token(self, token: Token, before: Token | None) -> Iterator[Event]:
        line = token.map[0] + 1 if token.map else 0
        if token.type == "front_matter":
            yield Event("front", line=token.map[1] if token.map else 0)
        elif token.type == "inline" and before and before.type == "heading_open":
            yield from self._heading(token, before, line)
        elif token.type == "inline":
            yield from self._paragraph(token.content, line)
        elif token.type == "list_item_open":
            self.items[-1].blocks += 1
            self.items.append(_Item(line))
        elif token.type == "list_item_close":
            yield from self._item_end()
        elif token.type == "fence":
            yield self._fence(token, line)
        elif token.type in ("code_block", "html_block", "hr"):
            self.items[-1].blocks += 1
            if token.type == "code_block":
                yield Event("indented", token.content, line=line)

    def _heading(self, token: Token, opening: Token, line: int) -> Iterator[Event]:
        self.items[-1].blocks += 1
        if len(self.items) > 1:
            return
        self.heading = token.content
        self.items[-1].paragraphs.clear()
        yield Event("heading", token.content, level=int(opening.tag[1:]), line=line)

    def _paragraph(self, content: str, line: int) -> Iterator[Event]:
        item = self.items[-1]
        item.blocks += 1
        item.first = item.first or content
        item.paragraphs.append(content)
        if len(self.items) == 1:
            yield Event("prose", content, line=line)

    def _item_end(self) -> Iterator[Event]:
        item = self.items.pop()
        span = span_first(item.paragraphs[0]) if item.blocks == 1 and item.paragraphs else None
        if span:
            yield replace(span, line=item.line)
        elif item.first and not item.commands:
            yield Event("prose", item.first, line=item.line, nested=True)
        self.items[-1].commands |= item.commands or span is not None
        self.items[-1].paragraphs.clear()

    def _fence(self, token: Token, line: int) -> Event:
        item = self.items[-1]
        title = self._title(item)
        item.blocks += 1
        item.commands |= language_of(token.info) in SHELL | CONSOLE
        item.paragraphs.clear()
        end = token.map[1] if token.map else line
        closed = end - line > token.content.count("\n")
        text, nested = token.content.removesuffix("\n"), len(self.items) > 1
        return Event("fence", text, token.info, line=line + 1, title=title, closed=closed, nested=nested)

    def _title(self, item: _Item) -> str:
        """The item's text before the block; in running text the line that leads to it ("…:"), else the heading."""
        if len(self.items) > 1:
            nearest = (i for i in reversed(self.items[1:]) if i.paragraphs or i.first)
            inside = next(nearest, None)
            if inside:
                return inside.paragraphs[0] if inside.paragraphs else inside.first
        leading = item.paragraphs[-1] if item.paragraphs else ""
        if len(self.items) == 1 and leading.rstrip().endswith(":") and len(leading) <= 160:
            return leading
        return self.heading


def _behind_span(content: str) -> str | None:
    """The braces behind the code span that a paragraph begins with, "" for none; None for other content."""
    span = _SPAN.match(content)
    if span is None or len(content) - span.end() > _MOST_BRACES:
        return None
    rest = _BRACES.match(content, span.end())
    return rest and (rest[1] or "")


def span_first(content: str) -> Event | None:
    """The code span that a paragraph consists of, with the braces behind it, by markdown-it-py; None for other text."""
    braces = _behind_span(content)
    if braces is None:
        return None
    children: list[Token] = []
    _FIRST.inline.parse(content, _FIRST, {}, children)
    if not children or children[0].type != "code_inline":
        return None
    return Event("span", children[0].content, braces)


def plain_text(content: str) -> str:
    """The text of a paragraph without its markup, on one line."""
    if len(content) > 2000:
        content = content[:2000]
    if re.fullmatch(r"[\w #,;:.'\"()/%-]*", content):
        return " ".join(content.split())
    children: list[Token] = []
    _FIRST.inline.parse(content, _FIRST, {}, children)
    text = "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in children
        if child.type != "html_inline"
    )
    return " ".join(text.split())


# --- mistune --------------------------------------------------------------------------------------------------------


def second_tokens(text: str) -> list[dict[str, Any]]:
    """The blocks of a document (without its front matter) by mistune; inline text is not read."""
    state = _SECOND.block.state_cls()
    state.process(text if text.endswith("\n") else text + "\n")
    _SECOND.block.parse(state)
    return state.tokens


def read_second(text: str) -> list[Event]:
    """The headings and executable blocks of a document (without its front matter) by mistune."""
    return list(_second_events(second_tokens(text), inside=False))


def _second_events(tokens: list[dict[str, Any]], *, inside: bool) -> Iterator[Event]:
    for token in tokens:
        kind = token["type"]
        if kind == "heading" and not inside:
            yield Event("heading", token.get("text", ""), level=token["attrs"]["level"])
        elif kind == "block_code" and token.get("style") == "fenced":
            info = token.get("attrs", {}).get("info", "")
            yield Event("fence", token["raw"].removesuffix("\n"), info)
        elif kind == "list":
            for item in token["children"]:
                yield from _second_item(item.get("children", []))


def _second_item(tokens: list[dict[str, Any]]) -> Iterator[Event]:
    blocks = [token for token in tokens if token["type"] != "blank_line"]
    if len(blocks) == 1 and blocks[0]["type"] in ("paragraph", "block_text"):
        span = span_second(blocks[0].get("text", "").strip(" \r\n\t\f"))
        if span:
            yield span
    else:
        yield from _second_events(blocks, inside=True)


def span_second(content: str) -> Event | None:
    """As `span_first`, by mistune."""
    braces = _behind_span(content)
    if braces is None:
        return None
    children = _SECOND.inline(content, {"ref_links": {}})
    if not children or children[0]["type"] != "codespan":
        return None
    return Event("span", children[0]["raw"], braces)


# --- both -----------------------------------------------------------------------------------------------------------


def same(first: Event, second: Event) -> bool:
    """Whether both readers saw the same block."""
    if first.kind != second.kind:
        return False
    info = first.info.strip()
    if first.kind == "fence":
        info = unescapeAll(info)
    if info != second.info.strip():
        return False
    return first.text == second.text or _even(first.text, first.text) == _even(second.text, first.text)


def _even(text: str, original: str) -> list[str]:
    lines = [line if line.strip(" \t") else "" for line in text.split("\n")]
    return [line.lstrip(" \t") for line in lines] if "\t" in original else lines
