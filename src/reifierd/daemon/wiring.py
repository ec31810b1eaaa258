"""Which parts a workspace's daemon consists of, and in which folder an event wakes which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reifierd.config import Config, user_rules
from reifierd.daemon.drafting import Drafting
from reifierd.daemon.events import OnEvent
from reifierd.execution.guard import Guard
from reifierd.ledger import Ledger
from reifierd.loops.observer.observer import Observer
from reifierd.loops.observer.own import Own
from reifierd.loops.operator.trade import Runbooks
from reifierd.loops.tasks.trade import Tasks
from reifierd.redaction import Redactor
from reifierd.runs.house import House
from reifierd.runs.runner import Runner
from reifierd.runs.words import bell
from reifierd.workspace.layout import CONSENT, DRAFTS, Layout, config_dir


@dataclass(frozen=True)
class Parts:
    """The loops of one workspace, made and not started."""

    layout: Layout
    observer: Observer
    scribe: Drafting
    runner: Runner

    @property
    def loops(self) -> dict[str, Observer | Drafting | Runner]:
        """In the order in which one's work may be the next one's."""
        return {"observer": self.observer, "scribe": self.scribe, "runner": self.runner}

    @property
    def watched(self) -> dict[Path, str]:
        root = self.layout.root
        mine = dict.fromkeys((root, bell(self.layout), *map(self.layout.folder, CONSENT)), "runner")
        mine[root / DRAFTS] = "scribe"
        return {**dict.fromkeys(self.observer.watched(), "observer"), **mine}

    def tick_all(self, now: float) -> bool:
        """One round of every loop, runs included; True when there was anything to do."""
        did = [loop.tick(now) for loop in self.loops.values()]
        self.runner.wait()
        return any(did)


def build(layout: Layout, config: Config, ledger: Ledger, redactor: Redactor, say: OnEvent) -> Parts:
    """Make the loops. Raises ReifierError for a broken user rule, naming file and line."""
    return Parts(
        layout,
        Observer(config.observer, ledger, redactor, layout.state, say, Own.here(layout.root)),
        Drafting(config.scribe, ledger, redactor, layout, say),
        runner(layout, config, ledger, redactor, say),
    )


def runner(  # noqa: PLR0913, PLR0917 - all that runs stand on
    layout: Layout, config: Config, ledger: Ledger, redactor: Redactor, say: OnEvent, only: str = ""
) -> Runner:
    """What runs approved files; `only` names the one that may be begun. Raises ReifierError as `build`."""
    house = House(layout, config.operator, ledger, redactor, Guard(user_rules()), config_dir(), say)
    return Runner(house, [Runbooks(house), Tasks(house, config.tasks)], only)
