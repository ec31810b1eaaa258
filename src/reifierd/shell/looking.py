"""Whether a command only looks: the rule of a runbook's Diagnosis and of a task that verifies.

What a program's table says decides; an unknown program passes by a read-like verb (`status`, `health`, `list`, `-t`,
…), which is a guess that a person sees.
"""

from __future__ import annotations

from reifierd.shell.effects import read_like
from reifierd.shell.model import EffectKind, Invocation

HARMLESS = frozenset({EffectKind.READ, EffectKind.SHELL_STATE})


def looks_only(command: Invocation) -> bool:
    """It changes nothing outside its own shell, as far as tables and verbs say."""
    if command.wrapped:  # sudo, timeout, …: what it runs follows as a command of its own
        return True
    return (bool(command.effects) and all(e.kind in HARMLESS for e in command.effects)) or read_like(command)


def known_changes(command: Invocation) -> tuple[str, ...]:
    """The kinds of change that its tables tell of, in words; empty also for a program that no table knows."""
    return tuple(e.kind.value for e in command.effects if e.kind not in HARMLESS | {EffectKind.UNKNOWN})
