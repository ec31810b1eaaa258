"""What a task's run must know again after a restart: the work tree before it, and what earlier attempts staged.

It stands in the ledger, where every text is redacted. What came out changed by that is of no use (a name of a file
would be another one), so it counts as not known: then nothing is staged, and a person is told.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from reifierd.ledger import Ledger
from reifierd.ledger.records import key_of
from reifierd.loops.tasks.repository import Picture, Staged

_DONE = "done"


def keep_picture(ledger: Ledger, run_id: str, which: str, picture: Picture) -> None:
    """Durable when it returns; `which` work tree it is of: the project's or the task file's."""
    _keep(ledger, f"picture {which} {run_id}", picture.as_data())


def kept_picture(ledger: Ledger, run_id: str, which: str) -> Picture | None:
    """None where it is not known (any more)."""
    data = _kept(ledger, f"picture {which} {run_id}")
    if data is None:
        return None
    return Picture(**{**data, "ignored": tuple(data["ignored"])})


def drop_picture(ledger: Ledger, run_id: str, which: str) -> None:
    """What the run changed since is known and staged: when it goes on, it begins with another picture."""
    ledger.history.put(f"picture {which} {run_id}", _DONE)


def needs_picture(ledger: Ledger, run_id: str, which: str) -> bool:
    """Whether an attempt of the run began, and never came to staging what it changed."""
    return (ledger.history.get(f"picture {which} {run_id}") or _DONE) != _DONE


def keep_staged(ledger: Ledger, name: str, staged: tuple[Staged, ...]) -> None:
    """What is staged for the task file of this name, and not committed yet."""
    _keep(ledger, f"staged {key_of(name)}", [[s.path, s.mode, s.oid] for s in staged])


def kept_staged(ledger: Ledger, name: str) -> tuple[Staged, ...]:
    return tuple(Staged(*row) for row in _kept(ledger, f"staged {key_of(name)}") or ())


def _keep(ledger: Ledger, key: str, value: Any) -> None:
    text = json.dumps(value)
    ledger.history.put(key, json.dumps({"text": text, "sha256": _digest(text)}))


def _kept(ledger: Ledger, key: str) -> Any:
    try:
        kept = json.loads(ledger.history.get(key) or "{}")
        text = str(kept.get("text", ""))
        return json.loads(text) if kept.get("sha256") == _digest(text) else None
    except ValueError:
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
