"""How findings are told to a person: for each command the one that says most. Verdicts are made from all. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
EXAMPLE = "a form that is allowed, for example:"  # before an alternative: it is an example, no advice for this command


@dataclass(frozen=True)
class About:
    """What a finding is about; `weight` is greater where it weighs more."""

    rule: str
    command: str
    line: int
    weight: int


def telling(findings: Iterable[T], about: Callable[[T], About]) -> list[T]:
    """Without those that repeat in general what a heavier rule of the same kind says of the same command.

    Rules of a kind begin with the same word: `delete-root` stands for `delete-system` where both were met.
    """
    found = [(finding, about(finding)) for finding in findings]
    return [finding for finding, what in found if not any(_says_more(other, what) for _, other in found)]


def _says_more(other: About, what: About) -> bool:
    same = (other.command, other.line, _kind(other.rule)) == (what.command, what.line, _kind(what.rule))
    return same and bool(what.rule) and other.weight > what.weight


def _kind(rule: str) -> str:
    return rule.partition("-")[0]
