"""The front matter's keys that decide how a runbook runs: a value that is not understood is a fatal problem."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from reifierd.documents.attributes import check_variable
from reifierd.documents.front import Front
from reifierd.documents.model import Problem

_CHOICES = {"autonomy": ("suggest", "auto"), "on_approval": ("run", "file"), "confirm": ("each",)}


def check_front(front: Front) -> Iterable[Problem]:
    """What is wrong with `autonomy`, `on_approval`, `confirm`, `hosts`, `overrides` and `env`."""
    for key, choices in _CHOICES.items():
        if key in front.data and front.data[key] not in choices:
            yield Problem(front.lines.get(key, 1), f"{key} is one of: {', '.join(choices)}", fatal=True)
    hosts = front.data.get("hosts", [])
    if not isinstance(hosts, str) and not _texts(hosts):
        yield Problem(front.lines.get("hosts", 1), "hosts is a list of host names", fatal=True)
    overrides = front.data.get("overrides", [])
    if not isinstance(overrides, list) or not all(_override(item) for item in overrides):
        hint = "overrides: [{rule: …, until: 2026-11-21, sha256: …}]"
        yield Problem(front.lines.get("overrides", 1), "an override has a rule, until and sha256", hint, fatal=True)
    yield from _environment(front)


def _environment(front: Front) -> Iterable[Problem]:
    line = front.lines.get("env", 1)
    env = front.data.get("env") or {}
    if not isinstance(env, dict) or any(isinstance(value, dict | list) for value in env.values()):
        yield Problem(line, "env in the front matter is no mapping of names to texts", "env: {NAME: value}", fatal=True)
        return
    for name, value in env.items():
        try:
            check_variable(str(name), str(value))
        except ValueError as error:
            yield Problem(line, f"env: {error}", "env: {NAME: value}", fatal=True)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _override(item: Any) -> bool:
    if not isinstance(item, dict) or not {"rule", "until", "sha256"} <= set(item):
        return False
    texts = all(isinstance(item[key], str) for key in ("rule", "until", "sha256"))
    return texts and bool(re.fullmatch(r"[0-9a-f]{64}", item["sha256"]))
