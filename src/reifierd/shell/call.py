"""A simple command about to be lowered."""

from __future__ import annotations

from dataclasses import dataclass, field

from reifierd.shell.model import Invocation, Redirect, Word
from reifierd.shell.state import Scope


@dataclass
class Call:
    """Its expanded words and all that stands around them. `inner`: the commands in its own substitutions."""

    argv: list[Word]
    scope: Scope
    assignments: list[tuple[str, Word | None]] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    start: int = 0
    end: int = 0
    line: int = 1
    inner: tuple[Invocation, ...] = ()  # the commands in its own substitutions

    @property
    def stdin(self) -> str | None:
        """What it reads, where that is constant."""
        for redirect in reversed(self.redirects):
            if redirect.fd == 0:
                return redirect.body.shape if redirect.body is not None else None
        return self.scope.stdin
