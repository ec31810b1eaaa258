"""An observer on a ledger of its own, a clock that tests move, and the home that its histories stand in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Command, Session, SessionState
from reifierd.loops.observer.observer import Observer
from reifierd.loops.observer.settings import ObserverSettings
from reifierd.redaction import Redactor


@dataclass
class Watch:
    """What a test does: write histories, let time pass, look at the ledger."""

    home: Path
    state: Path
    now: float = 1_800_000_000.0
    settings: ObserverSettings = field(default_factory=ObserverSettings)
    ledgers: list[Ledger] = field(default_factory=list)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process: nothing is known but what the ledger holds."""
        redactor = Redactor()
        self.ledgers.append(open_ledger(self.state / "ledger.sqlite3", redactor))
        self.observer = Observer(self.settings, self.ledger, redactor, self.state, self.say)

    def say(self, event: str, fields: Mapping[str, Any]) -> None:
        self.said.append((event, dict(fields)))

    @property
    def ledger(self) -> Ledger:
        return self.ledgers[-1]

    def write(self, name: str, text: str, *, at: float | None = None) -> Path:
        """Append to a history below the home, as of a time."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)
        self.touch(path, at)
        return path

    def touch(self, path: Path, at: float | None = None) -> None:
        os.utime(path, (self.now, self.now if at is None else at))

    def tick(self, later: float = 0.0) -> bool:
        self.now += later
        return self.observer.tick(self.now)

    def sessions(self, state: SessionState | None = None) -> list[Session]:
        return self.ledger.history.sessions(state)

    def commands(self) -> list[Command]:
        return [c for s in self.sessions() for c in self.ledger.history.commands(s.id)]

    def texts(self) -> list[list[str]]:
        return [[c.command for c in self.ledger.history.commands(s.id)] for s in self.sessions()]


@pytest.fixture
def watch(private_places: Path, tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """`watch(gap=60)`: an observer with these settings."""
    made: list[Watch] = []

    def make(**settings: Any) -> Watch:
        made.append(Watch(private_places, tmp_path / "state", settings=ObserverSettings(**settings)))
        return made[-1]

    yield make
    for one in made:
        for ledger in one.ledgers:
            ledger.close()
