"""Byte-exact edits of a runbook's front matter: every byte that is not the edit stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reifierd.documents.front import Front, find_front, key_span, read_front
from reifierd.documents.yaml_text import dump_yaml, flow
from reifierd.errors import UsageError

_KEY = "overrides"
_BOM = b"\xef\xbb\xbf"


def override_lines(rules: Iterable[str], until: str, sha256: str) -> str:
    """The lines to paste into a front matter so that these rules of the guard are overridden for this document.

    `until` is a day or an instant (UTC, ISO 8601); `sha256` is the document's `sha256_bare`.
    """
    return dump_yaml({_KEY: _entries(rules, until, sha256)})


def add_override(data: bytes, rules: Iterable[str], until: str, sha256: str) -> bytes:
    """The document with these overrides added to those it has; a front matter is begun where there is none.

    Raises UsageError where the front matter cannot be read or is not in block style.
    """
    end = b"\r\n" if b"\r\n" in data else b"\n"
    new = _entries(rules, until, sha256)
    try:
        span = find_front(data)
    except ValueError as error:
        raise UsageError(str(error), where="line 1", hint="end it with a line `---`") from error
    if span is None:
        start = len(_BOM) if data.startswith(_BOM) else 0
        return data[:start] + b"---" + end + _bytes({_KEY: new}, end) + b"---" + end + data[start:]
    front = _sound(read_front(data[span.yaml_start : span.yaml_end].decode().replace("\r\n", "\n")))
    lines = key_span(data, _KEY, front) or (span.yaml_end, span.yaml_end)
    old = [flow(entry) for entry in front.data.get(_KEY) or []]
    return data[: lines[0]] + _bytes({_KEY: [*old, *new]}, end) + data[lines[1] :]


def _sound(front: Front) -> Front:
    if front.problems:
        problem = front.problems[0]
        raise UsageError(problem.message, where=f"line {problem.line}", hint=problem.hint)
    if front.data and not front.blocks:
        raise UsageError("the front matter is in flow style", where="line 2", hint="write it as `key: value` lines")
    return front


def _entries(rules: Iterable[str], until: str, sha256: str) -> list[Any]:
    return [flow({"rule": rule, "until": until, "sha256": sha256}) for rule in rules]


def _bytes(value: Mapping[str, Any], end: bytes) -> bytes:
    return dump_yaml(value).encode().replace(b"\n", end)
