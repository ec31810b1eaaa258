"""A runbook's parameters: those that its front matter names, and its placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from reifierd.documents.front import Front
from reifierd.documents.model import Param, Problem, Step
from reifierd.documents.placeholders import is_reserved, param_name

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KEYS = frozenset({"secret", "help", "value"})


def read_params(front: Front) -> tuple[tuple[Param, ...], tuple[Problem, ...]]:
    """`params: {NAME: {secret, help, value}}`, `NAME: value`, or a list of names."""
    given = front.data.get("params")
    line = front.lines.get("params", 1)
    if isinstance(given, list) and all(isinstance(item, str) for item in given):
        given = dict.fromkeys(given)
    if given is None:
        return (), ()
    if not isinstance(given, dict):
        return (), (Problem(line, "params is no mapping", "params: {NAME: {help: …}}", fatal=True),)
    params: list[Param] = []
    problems: list[Problem] = []
    for name, value in given.items():
        at = front.param_lines.get(name, line)
        try:
            _check_name(name)
            params.append(_param(name, value, at, problems))
        except ValueError as error:
            problems.append(Problem(at, f"parameter {name}: {error}", fatal=True))
    return tuple(params), tuple(problems)


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise ValueError("this is no name of an environment variable (letters, digits, _)")
    if is_reserved(name):
        raise ValueError("this variable means something to the shell or to programs; choose another name")


def _param(name: str, value: Any, line: int, problems: list[Problem]) -> Param:
    if not isinstance(value, dict):
        return Param(name, value=_scalar(value))
    unknown = sorted(set(value) - _KEYS)
    if unknown:
        problems.append(Problem(line, f"parameter {name}: {', '.join(unknown)} is not known here"))
    secret = value.get("secret", False)
    if not isinstance(secret, bool):
        raise ValueError("secret is true or false")  # noqa: TRY004 - the author's value is wrong, not a type of ours
    text = _scalar(value.get("value"))
    if secret and text is not None:
        problems.append(
            Problem(line, f"parameter {name} is secret: its value in the file is not used", "give it at approval")
        )
        text = None
    return Param(name, secret, _scalar(value.get("help")) or "", text)


def _scalar(value: Any) -> str | None:
    if isinstance(value, dict | list):
        raise ValueError("a single value is needed")  # noqa: TRY004 - the author's value is wrong, not a type of ours
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_placeholders(params: tuple[Param, ...], steps: Iterable[Step]) -> tuple[Param, ...]:
    """The parameters and one more for each placeholder that none of them names."""
    every = {param.name: param for param in params}
    for step in steps:
        for text in step.placeholders:
            name = param_name(text)
            every.setdefault(name, Param(name, help=f"<{text}> on line {step.line}"))
    return tuple(every.values())
