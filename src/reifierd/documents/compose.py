"""Markdown for text that nobody checked: prose that stays prose, code that stays code.

Control characters, escape sequences and marks that turn the reading direction are shown (`\\x1b`), never sent. In
prose every character that Markdown could take for structure is escaped.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reifierd.documents.model import Attributes
from reifierd.documents.steps import CONTROL

_ACTIVE = re.compile(r"[\\`*\[\]<>&~]|\A\{|(?<!\w)_|_(?!\w)")
_AT_START = re.compile(r"\A(?:([-+=:#|!])|(\d{1,9})(?=[.)]))")
_SIMPLE = re.compile(r"[\w./:@%+,-]+\Z", re.ASCII)
_FLAGS = (
    ("gate", "gate"),
    ("strict", "strict"),
    ("readonly", "readonly"),
    ("raw", "raw"),
    ("verify", "verify"),
    ("interactive", "interactive"),
    ("background", "background"),
    ("continue_on_error", "continue-on-error"),
    ("exclude_from_run_all", "excludeFromRunAll"),
)


def shown(text: str) -> str:
    """The text with what a terminal or an editor would obey written out: ESC becomes `\\x1b`."""
    return CONTROL.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def prose(text: str, *, starts: bool = True) -> str:
    """One line of plain text that Markdown reads as just that; `starts` where it begins the line."""
    line = _ACTIVE.sub(r"\\\g<0>", shown(" ".join(text.split())))
    if not starts:
        return line
    return _AT_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\", line)


def code_span(text: str) -> str:
    """The text as one code span; line ends are shown as `\\n`."""
    content = shown(text.replace("\n", "\\n").replace("\t", "\\t")).strip() or " "
    fence = "`" * (_longest_run(content) + 1) if "`" in content else "`"
    pad = " " if content[0] == "`" or content[-1] == "`" else ""
    return f"{fence}{pad}{content}{pad}{fence}"


def fenced(command: str, info: str, indent: str) -> str:
    """A fenced block with its lines indented (the first too), its fence longer than any run of backticks in it."""
    fence = "`" * max(3, _longest_run(command) + 1)
    lines = [f"{fence}{info}", *command.split("\n"), fence]
    return "\n".join(indent + line if line else "" for line in lines)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def attributes_text(attributes: Attributes) -> str:
    """Attributes for an info string, "" where all are the default: in HTML style where that can say it, else JSON."""
    values = _values(attributes)
    if not values:
        return ""
    if all(value is True or (isinstance(value, str) and _SIMPLE.match(value)) for value in values.values()):
        return "{" + " ".join(key if value is True else f"{key}={value}" for key, value in values.items()) + "}"
    return _json(values)


def _values(attributes: Attributes) -> dict[str, Any]:
    default = Attributes()
    values: dict[str, Any] = {}
    for key in ("name", "cwd", "interpreter"):
        if getattr(attributes, key) != getattr(default, key):
            values[key] = getattr(attributes, key)
    if attributes.timeout is not None:
        values["timeout"] = f"{attributes.timeout:.6f}".rstrip("0").rstrip(".") + "s"
    if attributes.retry:
        values["retry"] = str(attributes.retry)
    if attributes.expect != default.expect:
        values["expect"] = ",".join(map(str, attributes.expect))
    if attributes.env:
        values["env"] = dict(attributes.env)
    return values | {key: True for field, key in _FLAGS if getattr(attributes, field)}


def _json(values: dict[str, Any]) -> str:
    """JSON without what Markdown changes in an info string: quotes, backslashes, `&` and backticks by their code."""
    text = re.sub(r"\\([\\\"])", lambda found: f"\\u{ord(found[1]):04x}", json.dumps(values))
    return text.replace("`", "\\u0060").replace("&", "\\u0026")
