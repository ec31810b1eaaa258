"""The front matter: where it stands in the bytes, what it says as plain data, and at which line.

It begins on the first line with `---` and ends at the next line that is `---` (or `...`). It is YAML 1.2, read by
ruamel.yaml's safe loader; a date stays the text that was written. Aliases are refused: they buy nothing here, and a
few lines of them expand into gigabytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from reifierd.documents.model import Problem

MOST_BYTES = 64 * 1024
_DEEPEST = 20
_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*(?:\r?\n|\r)")
_CLOSING = re.compile(rb"(?:^|(?<=\r))(?:---+|\.\.\.)[ \t]*(?:\r?\n|\r|\Z)", re.MULTILINE)
_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_NOTHING = re.compile(rb"\A(?:[ \t]*(?:\r?\n|\r))*\Z")


_QUOTED = "look at this line and the one above; a value with [ ] { } : # @ or a quote in it stands in quotes: '…'"


class _PlainConstructor(SafeConstructor):
    """A date is the text that was written."""


_PlainConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


class _PlainComposer(Composer):
    """Every value stands where it is used, and not too deep."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise MarkedYAMLError(problem="anchors and aliases are not read here", problem_mark=event.start_mark)
        if self.depth >= _DEEPEST:
            raise MarkedYAMLError(problem="nested too deep", problem_mark=event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


@dataclass(frozen=True)
class Span:
    """Byte offsets of the front matter: of the whole (with its two fences) and of the YAML in it."""

    start: int
    yaml_start: int
    yaml_end: int
    end: int


@dataclass(frozen=True)
class Front:
    """`lines` has the 1-based line of each top-level key, `param_lines` of each key under `params`, `blocks` the lines
    of each top-level key in block style, as (first, end) counted from 0 in the YAML, end exclusive."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    param_lines: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def find_front(data: bytes) -> Span | None:
    """Where the front matter stands; None without one. Raises ValueError where it is opened and never closed."""
    opening = _OPENING.match(data)
    if opening is None:
        return None
    closing = _CLOSING.search(data, opening.end())
    if closing is None:
        raise ValueError("the front matter that begins on line 1 is never closed")
    start = len(_BOM) if data.startswith(_BOM) else 0
    return Span(start, opening.end(), closing.start(), closing.end())


def read_front(text: str) -> Front:
    """Read the YAML of a front matter, whose first line is line 2 of the document; what is wrong is a fatal problem."""
    if len(text) > MOST_BYTES:
        return _wrong(1, f"the front matter is larger than {MOST_BYTES // 1024} KiB")
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor, yaml.Composer = _PlainConstructor, _PlainComposer
    try:
        return _from_node(yaml.compose(StringIO(text)), yaml, text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, what = (mark.line if mark else 0) + 2, error.problem or error.context
        return _wrong(line, f"the front matter cannot be read: {what}", _QUOTED)
    except (YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        return _wrong(1, f"the front matter cannot be read: {reason}")


def _wrong(line: int, message: str, hint: str = "") -> Front:
    return Front(problems=(Problem(line, message, hint, fatal=True),))


def _from_node(node: Node | None, yaml: YAML, text: str) -> Front:
    if node is None:
        return Front()
    if not isinstance(node, MappingNode):
        return _wrong(node.start_mark.line + 2, "the front matter is no mapping", "write it as `key: value` lines")
    data = plain(yaml.constructor.construct_object(node, deep=True))
    params = next((value for key, value in node.value if _key(key) == "params"), None)
    param_lines = _lines(params) if isinstance(params, MappingNode) else {}
    return Front(data, _lines(node), param_lines, {} if node.flow_style else _blocks(node, text.split("\n")))


def _key(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _lines(node: MappingNode) -> dict[str, int]:
    return {_key(key): key.start_mark.line + 2 for key, _ in node.value}


def _blocks(node: MappingNode, lines: list[str]) -> dict[str, tuple[int, int]]:
    """From each key's line to the next key's, without the blank lines and comments that stand before that."""
    starts = [key.start_mark.line for key, _ in node.value]
    ends = [*starts[1:], len(lines)]
    blocks = zip(node.value, starts, ends, strict=True)
    return {_key(key): (first, _trimmed(lines, first, end)) for (key, _), first, end in blocks}


def _trimmed(lines: list[str], first: int, end: int) -> int:
    while end > first + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def plain(value: Any) -> Any:
    """Only what JSON can say; anything else (sets, binary) raises ValueError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise ValueError(f"a {type(value).__name__} is not read here")


def key_span(data: bytes, name: str, front: Front) -> tuple[int, int] | None:
    """Byte offsets of the lines of a top-level key in the front matter; None without one in block style."""
    span, block = find_front(data), front.blocks.get(name)
    if span is None or block is None:
        return None
    lines = _LINES.findall(data[span.yaml_start : span.yaml_end])
    begin = span.yaml_start + sum(map(len, lines[: block[0]]))
    return begin, begin + sum(map(len, lines[block[0] : block[1]]))


def without_key(data: bytes, name: str, front: Front) -> bytes:
    """The document without the lines of that key; a front matter that holds nothing then goes with it."""
    lines = key_span(data, name, front)
    bare = data if lines is None else data[: lines[0]] + data[lines[1] :]
    span = find_front(bare)
    if span is None or not _NOTHING.match(bare[span.yaml_start : span.yaml_end]):
        return bare
    return bare[: span.start] + bare[span.end :]
