"""Reports about files that were not run: held, filed unexecuted, changed, copied, or not to be trusted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reifierd.errors import Refused, ReifierError
from reifierd.runs.house import House
from reifierd.runs.markdown import SCHEMA, iso, line_of
from reifierd.workspace.files import Door
from reifierd.workspace.layout import REPORTS
from reifierd.workspace.lifecycle import Action
from reifierd.workspace.review import Ruling

_QUIET = frozenset({Action.MARK_GONE})  # rulings that nobody needs a report about


class Notices:
    """One report for all that one look found; what may not be trusted is said once for each file and reason."""

    def __init__(self, house: House, noun: str) -> None:
        self._house, self._noun = house, noun
        self._refused: dict[str, str] = {}  # unsafe files, and what was said about them

    def trusted(self, name: str) -> None:
        """It may be read now: were it to become unsafe again, that is said again."""
        self._refused.pop(name, None)

    def unsafe(self, name: str, refused: Refused, now: float) -> bool:
        """Said once for each file and reason; the file stays where it is."""
        text = str(refused)
        if self._refused.get(name) == text:
            return False
        self._refused[name] = text
        entry = {"file": name, "action": "refused", "reason": refused.message, "repair": refused.hint}
        self._report([f"`{name}`: {refused.message}. Repair: `{refused.hint}`"], [entry], now)
        self._house.on_event("refused", {"level": "warning", "runbook": name, "reason": text})
        return True

    def ruled(self, rulings: tuple[Ruling, ...], strangers: tuple[str, ...], now: float) -> None:
        lines, entries = [], []
        for ruling in (r for r in rulings if r.decision.action not in _QUIET):
            action, reason = ruling.decision.action.value, ruling.decision.reason
            lines.append(f"`{ruling.name}`: {reason}" + _release(ruling))
            entries.append({"file": ruling.name, "action": action, "reason": reason, "sha256": ruling.sha256})
        for name in strangers:
            lines.append(f"`{name}`: not a {self._noun} (its name does not end in .md), so nothing is done with it")
            entries.append({"file": name, "action": "none", "reason": f"not a {self._noun}"})
        if lines:
            self._report(lines, entries, now)
            self._house.on_event("noticed", {"files": len(lines), "first": lines[0]})

    def _report(self, lines: list[str], entries: list[dict[str, Any]], now: float) -> None:
        door, folder = Door(self._house.redactor), self._house.layout.folder(REPORTS)
        stem = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)) + "-not-run"
        try:
            path = door.write_new(folder / f"{stem}.md", _as_markdown(lines))
            door.write_new_json(path.with_suffix(".json"), _as_json(entries, now))
        except (OSError, ReifierError) as error:
            self._house.on_event(
                "runner.problem", {"level": "warning", "problem": f"the report was not written: {error}"}
            )


def _release(ruling: Ruling) -> str:
    if ruling.decision.action is Action.HOLD:
        return f" (release it: `reifierd approve {Path(ruling.name).stem}`)"
    if ruling.decision.action is Action.VOID:
        return f" (or say so: `reifierd approve {Path(ruling.name).stem}`)"
    return ""


def _as_markdown(lines: Iterable[str]) -> str:
    return "# Files in approved/ that were not run\n\n" + "\n".join(f"- {line_of(line)}" for line in lines) + "\n"


def _as_json(entries: Iterable[Mapping[str, Any]], at: float) -> dict[str, Any]:
    return {"schema": SCHEMA, "run_id": None, "result": "notice", "started": iso(at), "files": list(entries)}
