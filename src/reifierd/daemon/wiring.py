"""Which parts a workspace's daemon consists of, and in which folder an event wakes which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reifierd.config import Config, user_rules
from reifierd.daemon.drafting import Drafting
from reifierd.daemon.events import OnEvent
from reifierd.ledger import Ledger
from reifierd.loops.observer.observer import Observer
from reifierd.loops.observer.own import Own
from reifierd.loops.operator.operator import Operator
from reifierd.loops.operator.words import bell
from reifierd.redaction import Redactor
from reifierd.workspace.layout import APPROVED, DRAFTS, Layout, config_dir


@dataclass(frozen=True)
class Parts:
    """The loops of one workspace, made and not started."""

    layout: Layout
    observer: Observer
    scribe: Drafting
    operator: Operator

    @property
    def loops(self) -> dict[str, Observer | Drafting | Operator]:
        """In the order in which one's work may be the next one's."""
        return {"observer": self.observer, "scribe": self.scribe, "operator": self.operator}

    @property
    def watched(self) -> dict[Path, str]:
        root = self.layout.root
        mine = {root: "operator", root / APPROVED: "operator", bell(self.layout): "operator", root / DRAFTS: "scribe"}
        return {**dict.fromkeys(self.observer.watched(), "observer"), **mine}

    def tick_all(self, now: float) -> bool:
        """One round of every loop, runs included; True when there was anything to do."""
        did = [loop.tick(now) for loop in self.loops.values()]
        self.operator.wait()
        return any(did)


def build(layout: Layout, config: Config, ledger: Ledger, redactor: Redactor, say: OnEvent) -> Parts:
    """Make the loops. Raises ReifierError for a broken user rule, naming file and line."""
    return Parts(
        layout,
        Observer(config.observer, ledger, redactor, layout.state, say, Own.here(layout.root)),
        Drafting(config.scribe, ledger, redactor, layout, say),
        Operator(layout, config.operator, ledger, redactor, user_rules(), config_dir(), say),
    )
