"""The state that a shell left, in a private file in memory until the run is done for good: without secrets' values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from reifierd.execution.private import write_private
from reifierd.execution.state import ShellState, Variable

STATE = "state"  # names of such files begin with it


def save_state(path: Path, state: ShellState | None, secrets: Iterable[str]) -> tuple[str, ...]:
    """Write the state down for a resume; what holds a secret's value is left out, and named."""
    if state is None:
        return ()
    kept, lost = state.without_values([value for value in secrets if value])
    if kept is None:
        path.unlink(missing_ok=True)
    else:
        write_private(path, json.dumps(asdict(kept) | {"lost": lost}))
    return lost


def load_state(path: Path) -> ShellState | None:
    """The state that the last finished step left; None where there is none (any more)."""
    data = _saved(path)
    if not data:
        return None
    data.pop("lost", None)
    return ShellState(
        **{
            **data,
            "options": tuple((n, on) for n, on in data["options"]),
            "shopts": tuple((n, on) for n, on in data["shopts"]),
            "variables": {n: Variable(**v) for n, v in data["variables"].items()},
        }
    )


def lost_of(path: Path) -> tuple[str, ...]:
    """What was left out of the saved state, because it held a secret."""
    return tuple(_saved(path).get("lost", ()))


def _saved(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return data
