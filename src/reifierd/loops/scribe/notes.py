"""The Notes of a draft: what was tried and left out and why, what was noise, what is not known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from reifierd.documents.draft import Code, Prose
from reifierd.loops.scribe.facts import Fact
from reifierd.loops.scribe.kinds import Kind
from reifierd.loops.scribe.sections import Analysis
from reifierd.loops.scribe.wording import quoted

_PID = re.compile(
    r"\b(?:kill|renice|strace|gdb|taskset|ionice)\b(?:\s+-\S+)*\s+(\d{2,7})\b"
    r"|pg_(?:terminate|cancel)_backend\(\s*(\d{2,7})\s*\)"
)


def process_ids(fact: Fact) -> str:
    """A process number that was typed into a change, "" where there is none: it will be another one next time."""
    found = _PID.search(fact.text)
    return (found[1] or found[2]) if found else ""


def told_by(fact: Fact, analysis: Analysis) -> Fact | None:
    """The last command before this one that printed process numbers and nothing else (`cat run/x.pid`, `pgrep x`)."""
    for f in reversed(analysis.facts[: fact.n]):
        if (
            f.kind is Kind.READ
            and f.ok
            and f.shell == fact.shell
            and "\n" not in f.text
            and f.text.isprintable()
            and _prints_numbers(f)
        ):
            return f if f.cwd == fact.cwd and not f.origins else None
    return None


def _prints_numbers(fact: Fact) -> bool:
    words = fact.words
    if len(fact.programs) != 1 or not words:
        return False
    if fact.programs[0] in ("pgrep", "pidof", "fuser"):
        return not any(w in ("-a", "-l", "--list-full", "-v") for w in words)
    return (fact.programs[0] == "cat" and len(words) == 2 and words[1].endswith(".pid")) or (
        fact.programs[0] == "lsof" and any(w.startswith("-t") for w in words)
    )


def ends_processes(fact: Fact) -> bool:
    """It is a kill and nothing else: what it wants is reached where there is no such process any more."""
    return fact.told and bool(fact.written()) and all(t.cell.startswith("process:") for t in fact.written())


def notes(analysis: Analysis) -> Iterator[Prose]:
    """One line each."""
    if not analysis.exits_known:
        yield (
            "The exit codes were not known (a history file holds none): what failed was told by "
            "corrections alone. Read every step."
        )
    elif any(f.exit is None and f.kind is Kind.CHANGE for f in analysis.fix):
        yield "Of some commands the exit code was not known."
    if any(f.cwd is None or not f.cwd.startswith("/") for f in analysis.fix):
        yield "Where the session began was not recorded; a step without a directory starts in the home directory."
    yield from _tried(analysis)
    shown = {c.fact.shape for c in analysis.verify}
    if vain := tuple(f for f in analysis.looked_in_vain if f.shape not in shown):
        yield ("Looked at without an answer: ", *_listed(vain))
    if analysis.on_the_way:
        seen = dict.fromkeys(f.shape[:200] for f in analysis.on_the_way)
        yield ("Looked at on the way: ", *_commas([Code(text) for text in seen]))
    noise = Counter(" ".join(f.text.split()) for f in analysis.facts if f.kind in (Kind.NOISE, Kind.DIRECTORY))
    if noise:
        told = [f"{text} ({n} times)" if n > 1 else text for text, n in noise.items()]
        total = sum(noise.values())
        yield (f"{total} noise command{'s' if total != 1 else ''}: ", *_commas([Code(text[:80]) for text in told]))


def _tried(analysis: Analysis) -> Iterator[Prose]:
    """Each command that was left out once, with its reasons in order."""
    reasons: dict[str, list[str]] = {}
    for n, reason in sorted(analysis.pruned.tried.items()):
        fact = analysis.facts[n]
        if fact.kind in (Kind.CHANGE, Kind.STATE) or "slip" in reason:
            said = reasons.setdefault(fact.shape, [])
            said[:] = [other for other in said if not reason.startswith(other)]
            if not any(other.startswith(reason) for other in said):
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
