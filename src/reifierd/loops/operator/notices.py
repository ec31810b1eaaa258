"""Reports about files that were not run: held, filed unexecuted, changed, copied, or not to be trusted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from reifierd.errors import Refused, ReifierError
from reifierd.loops.operator.house import House
from reifierd.loops.operator.report import notice, notice_json
from reifierd.workspace.files import Door
from reifierd.workspace.layout import REPORTS
from reifierd.workspace.lifecycle import Action
from reifierd.workspace.review import Ruling

_QUIET = frozenset({Action.MARK_GONE})  # rulings that nobody needs a report about


class Notices:
    """One report for all that one look found; what may not be trusted is said once for each file and reason."""

    def __init__(self, house: House) -> None:
        self._house = house
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
            lines.append(f"`{name}`: not a runbook (its name does not end in .md), so nothing is done with it")
            entries.append({"file": name, "action": "none", "reason": "not a runbook"})
        if lines:
            self._report(lines, entries, now)
            self._house.on_event("noticed", {"files": len(lines), "first": lines[0]})

    def _report(self, lines: list[str], entries: list[dict[str, Any]], now: float) -> None:
        door, folder = Door(self._house.redactor), self._house.layout.folder(REPORTS)
        stem = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)) + "-not-run"
        try:
            path = door.write_new(folder / f"{stem}.md", notice(lines))
            door.write_new_json(path.with_suffix(".json"), notice_json(entries, now))
        except (OSError, ReifierError) as error:
            self._house.on_event(
                "operator.problem", {"level": "warning", "problem": f"the report was not written: {error}"}
            )


def _release(ruling: Ruling) -> str:
    if ruling.decision.action is Action.HOLD:
        return f" (release it: `reifierd approve {Path(ruling.name).stem}`)"
    return ""
