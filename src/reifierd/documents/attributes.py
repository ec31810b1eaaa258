"""A block's attributes, in Runme's two spellings: `{name=x timeout=30s gate}` and `{"name": "x"}`.

An unknown attribute is reported and changes nothing; a malformed one is an error, since what it was meant to change
(a time limit, a directory, an exit code) is not known then.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

from reifierd.documents.model import Attributes, Problem

_ITEM = re.compile(r"""\s*([A-Za-z][\w.-]*)(?:=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'{}]+))?(?=\s|\Z)""")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FLAGS = {
    "continue-on-error": "continue_on_error",
    "interactive": "interactive",
    "background": "background",
    "excludeFromRunAll": "exclude_from_run_all",
    "gate": "gate",
    "strict": "strict",
    "readonly": "readonly",
    "raw": "raw",
    "verify": "verify",
}


def parse_attributes(text: str, line: int) -> tuple[Attributes, tuple[Problem, ...]]:
    """Read what follows the language (`text`, stripped; "" for none) of the block at `line`."""
    if not text:
        return Attributes(), ()
    if not text.startswith("{"):
        return Attributes(), (
            Problem(line, f"not understood after the language: {text}", "attributes stand in braces"),
        )
    try:
        pairs = _json(text) if re.match(r"\{\s*[\"}]", text) else _html(text)
    except (ValueError, RecursionError) as error:
        return Attributes(), (Problem(line, f"malformed attributes: {error}", "{name=x timeout=30s}", fatal=True),)
    return _read(pairs, line)


def _json(text: str) -> list[tuple[str, Any]]:
    pairs = json.loads(text, object_pairs_hook=lambda items: items, parse_constant=_no_constant)
    return [(key, dict(value) if _is_object(value) else value) for key, value in pairs]


def _is_object(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, tuple) for item in value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no value")


def _html(text: str) -> list[tuple[str, Any]]:
    if not text.endswith("}"):
        raise ValueError("the closing brace is missing")
    inner, pairs, at = text[1:-1].rstrip(), [], 0
    while at < len(inner):
        found = _ITEM.match(inner, at)
        if found is None:
            raise ValueError(f"cannot read {inner[at:].strip()!r}")
        value = found[2]
        pairs.append((found[1], True if value is None else _unquote(value)))
        at = found.end()
    return pairs


def _unquote(value: str) -> str:
    if value.startswith('"'):
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value[1:-1] if value.startswith("'") else value


def _read(pairs: list[tuple[str, Any]], line: int) -> tuple[Attributes, tuple[Problem, ...]]:
    fields: dict[str, Any] = {}
    problems: list[Problem] = []
    seen: set[str] = set()
    for key, value in pairs:
        if key in seen:
            problems.append(Problem(line, f"attribute {key} is given twice", "keep one of them", fatal=True))
        seen.add(key)
        field, convert = _FIELDS.get(key, ("", _text))
        if not field:
            problems.append(Problem(line, f"unknown attribute {key}: it changes nothing"))
            continue
        try:
            fields[field] = convert(value)
        except (ValueError, OverflowError) as error:
            problems.append(Problem(line, f"malformed attribute {key}: {error}", fatal=True))
    return Attributes(**fields), tuple(problems)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise ValueError("one line of text is needed")
    if _CONTROL.search(value):
        raise ValueError("a control character is in it")
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"{value!r} is neither true nor false")


def _seconds(value: object) -> float:
    if isinstance(value, str) and not re.fullmatch(r"\d+(?:\.\d+)?", value):
        parts = _DURATION.findall(value)
        if "".join(number + unit for number, unit in parts) != value or not parts:
            raise ValueError(f"{value!r} is no duration (30s, 500ms, 5m, 1h, or seconds)")
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        raise ValueError(f"{value!r} is no duration")
    if not 0 < seconds <= 7 * 86400:
        raise ValueError("a time limit is more than nothing and at most a week")
    return seconds


def _whole(value: object, most: int) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,4}", str(value)) or int(str(value)) > most:
        raise ValueError(f"{value!r} is no whole number from 0 to {most}")
    return int(str(value))


def _codes(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else re.split(r"\s*,\s*", str(value).strip())
    return tuple(_whole(item, 255) for item in items)


def _environment(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        pairs: list[tuple[Any, ...]] = list(value.items())
    else:
        words = value if isinstance(value, list) else shlex.split(_text(value))
        pairs = [tuple(str(word).split("=", 1)) for word in words]
    if not all(len(pair) == 2 and _NAME.match(pair[0]) and isinstance(pair[1], str | int) for pair in pairs):
        raise ValueError("NAME=value pairs are needed")
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name is given twice")
    for name, item in pairs:
        check_variable(name, str(item))
    return tuple((name, str(item)) for name, item in pairs)


def check_variable(name: str, value: str) -> None:
    """ValueError: no program can be given this variable, or what is shown of it is not what it would get."""
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name of an environment variable (letters, digits, _)")
    if _CONTROL.search(re.sub(r"[\t\n]", "", value)):
        raise ValueError(f"a control character is in the value of {name}")


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", _text),
    "cwd": ("cwd", _text),
    "timeout": ("timeout", _seconds),
    "retry": ("retry", lambda value: _whole(value, 100)),
    "expect": ("expect", _codes),
    "env": ("env", _environment),
    "interpreter": ("interpreter", _text),
    **{key: (field, _flag) for key, field in _FLAGS.items()},
}
