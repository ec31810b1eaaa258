"""The Notes of a draft: what was tried and left out and why, what was noise, what is not known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from reifierd.documents.draft import Code, Prose
from reifierd.loops.scribe.facts import Fact, Kind
from reifierd.loops.scribe.sections import Analysis
from reifierd.loops.scribe.wording import quoted

_PID = re.compile(r"\b(?:kill|renice|strace|gdb|taskset|ionice)\b(?:\s+-\S+)*\s+(\d{2,7})\b|pg_(?:terminate|cancel)_backend\(\s*(\d{2,7})\s*\)")


def process_ids(fact: Fact) -> str:
    """A process number that was typed literally into a change, "" where there is none: it will be another one next time."""
    found = _PID.search(fact.text)
    return (found[1] or found[2]) if found else ""


def notes(analysis: Analysis) -> Iterator[Prose]:
    """One line each."""
    if not analysis.exits_known:
        yield "The exit codes were not known (a history file holds none): what failed was told by corrections alone. Read every step."
    elif any(f.exit is None and f.kind is Kind.CHANGE for f in analysis.fix):
        yield "Of some commands the exit code was not known."
    if any(f.cwd is None or not f.cwd.startswith("/") for f in analysis.fix):
        yield "Where the session began was not recorded; a step without a directory starts in the home directory."
    yield from _tried(analysis)
    if analysis.looked_in_vain:
        yield ("Looked at without an answer: ", *_listed(analysis.looked_in_vain))
    noise = Counter(" ".join(f.text.split()) for f in analysis.facts if f.kind in (Kind.NOISE, Kind.DIRECTORY))
    if noise:
        told = [f"{text} ×{n}" if n > 1 else text for text, n in noise.items()]
        total = sum(noise.values())
        yield (f"{total} noise command{'s' if total != 1 else ''}: ", *_commas([Code(text[:80]) for text in told]))


def _tried(analysis: Analysis) -> Iterator[Prose]:
    """Each command that was left out once, with its reasons in order."""
    reasons: dict[str, list[str]] = {}
    for n, reason in sorted(analysis.pruned.tried.items()):
        fact = analysis.facts[n]
        if fact.kind in (Kind.CHANGE, Kind.STATE) or "slip" in reason:
            said = reasons.setdefault(fact.shape, [])
            if reason not in said:
                said.append(reason)
    for shape, said in reasons.items():
        yield ("Tried, left out: ", Code(shape), ": ", *quoted("; then ".join(said)))


def _listed(facts: tuple[Fact, ...]) -> list[str | Code]:
    shapes: dict[str, int | None] = {f.shape: f.exit for f in facts}
    out: list[str | Code] = []
    for shape, code in shapes.items():
        out += [", "] if out else []
        out += [Code(shape[:200]), f" (exit {code})"]
    return out


def _commas(items: list[Code]) -> list[str | Code]:
    out: list[str | Code] = []
    for item in items:
        out += [", ", item] if out else [item]
    return out
