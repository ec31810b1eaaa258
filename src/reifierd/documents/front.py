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
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from reifierd.documents.model import Problem

MOST_BYTES = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*(?:\r?\n|\r)")
_CLOSING = re.compile(rb"^(?:---+|\.\.\.)[ \t]*(?:\r?\n|\r|\Z)", re.MULTILINE)
_NOTHING = re.compile(rb"\A(?:[ \t]*(?:\r?\n|\r))*\Z")


class _PlainConstructor(SafeConstructor):
    """A date is the text that was written."""


_PlainConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


@dataclass(frozen=True)
class Span:
    """Byte offsets of the front matter: of the whole (with its two fences) and of the YAML in it."""

    start: int
    yaml_start: int
    yaml_end: int
    end: int


@dataclass(frozen=True)
class Front:
    """`lines` has the 1-based line of each top-level key, and `param_lines` of each key under `params`."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    param_lines: dict[str, int] = field(default_factory=dict)
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
    if re.search(r"[&*]", text) and _has_alias(text):
        return _wrong(1, "YAML anchors and aliases are not read in a front matter", "write the value out")
    try:
        yaml = _loader()
        node = yaml.compose(StringIO(text))
        return _from_node(node, yaml)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _wrong((mark.line if mark else 0) + 2, f"the front matter is no YAML: {error.problem or error.context}")
    except (YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        return _wrong(1, f"the front matter is no YAML: {_first_line(error)}")


def _loader() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _PlainConstructor
    return yaml


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _has_alias(text: str) -> bool:
    try:
        return any(getattr(event, "anchor", None) for event in YAML(typ="safe", pure=True).parse(StringIO(text)))
    except (YAMLError, ValueError, RecursionError):
        return False  # the reading that follows says what is wrong, with its line


def _wrong(line: int, message: str, hint: str = "") -> Front:
    return Front(problems=(Problem(line, message, hint, fatal=True),))


def _from_node(node: Node | None, yaml: YAML) -> Front:
    if node is None:
        return Front()
    if not isinstance(node, MappingNode):
        return _wrong(node.start_mark.line + 2, "the front matter is no mapping", "write it as `key: value` lines")
    data = plain(yaml.constructor.construct_object(node, deep=True))
    params = next((value for key, value in node.value if _key(key) == "params"), None)
    return Front(data, _lines(node), _lines(params) if isinstance(params, MappingNode) else {})


def _key(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _lines(node: MappingNode) -> dict[str, int]:
    return {_key(key): key.start_mark.line + 2 for key, _ in node.value}


def plain(value: Any) -> Any:
    """Only what JSON can say; anything else (sets, binary) raises ValueError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise ValueError(f"a {type(value).__name__} is not read here")


def key_span(data: bytes, name: str) -> tuple[int, int] | None:
    """Byte offsets of the lines of a top-level key of the front matter; None where it has none in block style.

    From the key's line to the next key's; blank lines and comments before that next key belong to it.
    """
    span = find_front(data)
    if span is None:
        return None
    text = data[span.yaml_start : span.yaml_end].decode("utf-8")
    node = _loader().compose(StringIO(text))
    if not isinstance(node, MappingNode) or node.flow_style:
        return None
    starts = [key.start_mark.line for key, _ in node.value]
    index = next((n for n, (key, _) in enumerate(node.value) if _key(key) == name), None)
    if index is None:
        return None
    lines = re.findall(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", data[span.yaml_start : span.yaml_end])
    first, last = starts[index], starts[index + 1] if index + 1 < len(starts) else len(lines)
    while last > first + 1 and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith(b"#")):
        last -= 1
    begin = span.yaml_start + sum(map(len, lines[:first]))
    return begin, begin + sum(map(len, lines[first:last]))


def without_key(data: bytes, name: str) -> bytes:
    """The document without the lines of that key; a front matter that holds nothing then goes with it.

    Expects a document whose front matter was read without a problem.
    """
    lines = key_span(data, name)
    bare = data if lines is None else data[: lines[0]] + data[lines[1] :]
    span = find_front(bare)
    if span is None or not _NOTHING.match(bare[span.yaml_start : span.yaml_end]):
        return bare
    return bare[: span.start] + bare[span.end :]
