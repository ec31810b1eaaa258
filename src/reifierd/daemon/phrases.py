"""The daemon's events as sentences for a person at a terminal; the sentences themselves are data (`phrases.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
_COUNTED = {"commands": "command", "held_back": "session", "drafts": "draft", "files": "file"}
_GOOD = frozenset({"succeeded", "filed", "not needed", "already healthy"})
_POOR = frozenset({"failed", "refused", "unknown", "stopped", "timed out"})


class Tone(StrEnum):
    """How it is shown: the sign before it and its colour."""

    PLAIN = ""
    GOOD = "✓"
    POOR = "✗"
    WARNING = "!"


@dataclass(frozen=True)
class Phrase:
    """One event as a sentence; `cut` says that it may end at the edge of the terminal."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN
    cut: bool = False


def phrase(event: str, fields: Mapping[str, Any]) -> Phrase:
    """The sentence of an event; one that the table does not know is its name and its fields."""
    entry = _table().get(event) or _table().get("*." + event.rpartition(".")[2])
    if entry is None or not _told(entry["text"], fields):
        text = " ".join(f"{name}={value}" for name, value in fields.items() if name != "level")
        return Phrase(event, text, _tone(fields))
    shown = {name: _shown(name, value) for name, value in fields.items()}
    text = _OPTIONAL.sub(lambda m: _filled(m[1], shown) if _has(m[1], shown) else "", entry["text"])
    return Phrase(entry["label"], _filled(text, shown).strip("\n"), _tone(fields), bool(entry.get("cut")))


def count(number: int, noun: str) -> str:
    """`1 command`, `2 commands`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def outcome(state: str, reason: str) -> str:
    """A state and why, without saying the same word twice."""
    return reason if reason.startswith(state) else f"{state}, {reason}" if reason else state


def when(seconds: float | None) -> str:
    """A time for people: local, to the minute; "-" where it is not known."""
    if seconds is None:
        return "-"
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def events() -> frozenset[str]:
    """The names of the table."""
    return frozenset(_table())


@cache
def _table() -> dict[str, Any]:
    text = files("reifierd.daemon").joinpath("phrases.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["event"])


def _told(text: str, fields: Mapping[str, Any]) -> bool:
    """Whether every field that must be there is there."""
    return set(_FIELD.findall(_OPTIONAL.sub("", text))) <= set(fields)


def _has(part: str, shown: Mapping[str, str]) -> bool:
    return all(shown.get(name) for name in _FIELD.findall(part))


def _filled(text: str, shown: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda m: shown.get(m[1], ""), text)


def _shown(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return name
    if isinstance(value, int) and name in _COUNTED:
        return count(value, _COUNTED[name]) if value or name == "drafts" else ""
    if name == "command":
        return _first_line(str(value))
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _first_line(text: str) -> str:
    first, more, _ = text.strip().partition("\n")
    return f"{first} …" if more else first


def _tone(fields: Mapping[str, Any]) -> Tone:
    told = str(fields.get("result") or fields.get("state") or "")
    if told in _POOR or fields.get("exit"):
        return Tone.POOR
    if fields.get("level") == "warning":
        return Tone.WARNING
    return Tone.GOOD if told in _GOOD or fields.get("exit") == 0 else Tone.PLAIN
