"""A person's override in the front matter: `overrides: [{rule, until, sha256}]`, bound to the bytes and to a day.

`sha256` is over what consent covers, without that key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any


def front_overrides(front: Mapping[str, Any], sha256_bare: str, today: date) -> tuple[frozenset[str], tuple[str, ...]]:
    """The rules that the front matter lifts today, and why others that it names are not lifted."""
    lifted, notes = set(), []
    for entry in front.get("overrides") or ():
        until = _day(str(entry["until"]))
        if entry["sha256"] != sha256_bare:
            notes.append(f"the override of {entry['rule']} was given for other bytes than these, and does not hold")
        elif until is None or until < today:
            notes.append(f"the override of {entry['rule']} ended on {entry['until']}")
        else:
            lifted.add(str(entry["rule"]))
    return frozenset(lifted), tuple(notes)


def override_line(sha256_bare: str, rules: Iterable[str], until: date) -> str:
    """The front matter line that lifts `rules` for exactly this document, ready to paste."""
    entries = ", ".join(f"{{rule: {rule}, until: {until}, sha256: {sha256_bare}}}" for rule in sorted(rules))
    return f"overrides: [{entries}]"


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
