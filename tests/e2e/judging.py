"""What is judged of one world, from the run's report, the draft and every file that was written.

A step is attributed to what was typed by its text. Where one text was typed with several labels (a restart before the
fix and after it), executing it as often as it was rightly typed is right, and only what goes beyond is unwanted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GOOD = ("fix", "verify", "diagnosis", "optional", "context")
BAD = ("useless", "failed", "noise")
_DOUBT = re.compile(
    r"doubt|still (failed|fails|sick)|not help|unsure|perhaps|may not|might not|no effect|unclear|uncertain", re.I
)
_OWN_HISTORY = {".bash_history", ".zsh_history", "fish_history", ".viminfo"}

TALLY: list[Judged] = []


@dataclass(frozen=True)
class Step:
    section: str
    command: str
    exit: int | None
    state: str


@dataclass
class Judged:
    """The verdict on one world; `problems` says all that is not as it must be."""

    world: str
    healthy: bool = False
    result: str = ""
    override: str = ""
    steps: list[Step] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    useless: int = 0
    unmarked: list[str] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    gate: str = "-"
    draft: str = ""
    seconds: float = 0
    trouble: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        found = [] if self.healthy else [f"not healthy after the run ({self.result})"]
        found += [f"unwanted step: {x}" for x in self.unwanted]
        found += [f"kept without a reason in the draft: {x}" for x in self.unmarked]
        found += [f"exited non-zero: {x}" for x in self.exits]
        found += [f"secret in {x}" for x in self.secrets]
        found += [] if self.gate in ("-", "ok") else [f"approved while healthy: {self.gate}"]
        return [*found, *self.trouble]


def executed(report: dict[str, Any]) -> list[Step]:
    """The last attempt of every step that was started."""
    last = {s["n"]: s for s in report["steps"] if s["attempt"]}
    return [Step(s["section"], s["command"], s["exit"], s["state"]) for s in last.values()]


def weigh(judged: Judged, typed: Iterable[tuple[str, str]]) -> None:
    """Sort the executed steps by what was typed: noise, failed, useless; and the exits of Fix and Verify."""
    entries = [(label, norm(text)) for label, text in typed]
    judged.useless = sum(label == "useless" for label, _ in entries)
    ran = Counter(
        piece for step in judged.steps if step.section != "Gate" for piece in pieces(step.command, judged.draft)
    )
    for text, count in ran.items():
        labels = Counter(label for label, t in entries if t == text)
        over = count - (0 if not labels else sum(labels[x] for x in GOOD))
        for label in BAD:
            taken = min(max(over, 0), labels[label])
            over -= taken
            (judged.kept if label == "useless" else judged.unwanted).extend([f"{text}   [{label}]"] * taken)
    judged.unmarked = [
        x for x in dict.fromkeys(judged.kept) if not _DOUBT.search(item_of(judged.draft, x[: x.rindex("   [")]))
    ]
    judged.exits = [
        f"{s.command} (exit {s.exit}, {s.state})"
        for s in judged.steps
        if s.section.startswith(("Fix", "Verify")) and s.exit != 0
    ]


def norm(text: str) -> str:
    return re.sub(r"[\s;]+", " ", re.sub(r"\\\n", " ", text)).strip()


def pieces(command: str, draft: str = "") -> set[str]:
    """The forms in which what was typed may stand in a step: all of it, a line of it, without a leading `cd`; and for a
    block that applies a diff, the editor's command that `draft` names beside it."""
    parts = {command, *command.splitlines()}
    if "\n+++ " in command:
        parts |= set(re.findall("as done with `([^`]+)`", item_of(draft, norm(command))))
    parts |= {re.sub(r"^\s*cd \S+\s*(&&|;)\s*", "", p) for p in parts}
    return {norm(p) for p in parts} - {""}


def item_of(draft: str, command: str) -> str:
    """The list item of the draft's step sections that holds `command`, with what is said about it."""
    items = re.split(r"\n(?=\d+\. |## )", draft.partition("\n## Notes")[0])
    wanted = re.sub(r"[\s;]", "", command)
    return " ".join(i for i in items if wanted in re.sub(r"[\s;]", "", i) or f"as done with `{command}`" in i)


def leaks(base: Path, secrets: Iterable[str]) -> list[str]:
    """Every file below `base` that holds one of `secrets`, but for the world's own and the shell's history."""
    found = []
    for path in base.rglob("*"):
        if path.name in _OWN_HISTORY or path.is_relative_to(base / "world") or not path.is_file():
            continue
        data = path.read_bytes()
        found += [f"{path.relative_to(base)}: {s}" for s in secrets if s.encode() in data]
    return found


def table(rows: Iterable[Judged]) -> str:
    """One line a world."""
    head = ["world", "healthy", "unwanted", "useless", "exits", "secrets", "gate", "override", "s"]
    lines = [_row(r) for r in rows]
    wide = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, wide, strict=True)).rstrip() for line in [head, *lines])


def _row(r: Judged) -> list[str]:
    healthy = "yes" if r.healthy else f"NO ({r.result[:60]})"
    counts = [str(len(r.unwanted)), f"{len(r.kept)}/{r.useless}", str(len(r.exits)), str(len(r.secrets))]
    gate = r.gate if r.gate in ("-", "ok") else "NO"
    return [r.world, healthy, *counts, gate, r.override or "-", f"{r.seconds:.1f}"]
