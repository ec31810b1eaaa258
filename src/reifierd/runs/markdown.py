"""The words of reports, as Markdown: whatever they hold is shown, and ends no block.

What is shown may hold anything that a step printed: fences are longer than any run of backticks in it, control
characters are shown and not sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from reifierd.ledger.records import StepRun

SCHEMA = 1  # of the JSON twins
_SHOWN_OUTPUT = 4000  # characters of a step's output in the Markdown; the JSON twin has what was kept of it
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def iso(seconds: float) -> str:
    """UTC, ISO 8601, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def listed(title: str, lines: Iterable[str]) -> str:
    items = "\n".join(f"- {line_of(line)}" for line in lines)
    return f"## {title}\n\n{items}" if items else ""


def sentence(reason: str) -> str:
    return f"{line_of(reason[:1].upper() + reason[1:]).rstrip('.')}." if reason else ""


def line_of(text: str) -> str:
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    return _CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), text)


def code(text: str) -> str:
    line = line_of(text)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{ticks} {line} {ticks}" if "`" in line else f"`{line}`"


def fenced(text: str, language: str = "text") -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(text.rstrip())}\n{fence}"


def shorter(text: str) -> str:
    if len(text) <= _SHOWN_OUTPUT:
        return text
    half = _SHOWN_OUTPUT // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters more in the JSON twin …]\n{text[-half:]}"


def took(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def step_block(step: StepRun) -> str:
    """One attempt: what it came to, the command, the output."""
    exit_text = "" if step.exit is None else f", exit {step.exit}"
    again = f", attempt {step.attempt}" if step.attempt > 1 else ""
    lasted = "" if step.duration is None else f", {took(step.duration)}"
    title = f"**{line_of(step.name)}** " if step.name else ""
    head = f"{title}line {step.line}: {step.state.value}{exit_text}{lasted}{again}, in {code(step.cwd)}"
    parts = [head, fenced(step.command)]
    if step.output:
        parts += ["Output:", fenced(shorter(step.output))]
    return "\n\n".join(parts)
