"""A workspace with an operator at work, and a person who moves files and types words."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reifierd.execution.guard import Guard
from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Run
from reifierd.loops.operator.trade import Runbooks
from reifierd.redaction import Redactor
from reifierd.runs.house import House
from reifierd.runs.runner import Runner
from reifierd.runs.settings import RunSettings
from reifierd.runs.words import APPROVE, speak
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, REPORTS, Layout
from reifierd.workspace.review import introduce
from reifierd.workspace.root import Root

DAEMON = """
    import sys, time
    from pathlib import Path
    from reifierd.ledger import open_ledger
    from reifierd.execution.guard import Guard
    from reifierd.loops.operator.trade import Runbooks
    from reifierd.redaction import Redactor
    from reifierd.runs.house import House
    from reifierd.runs.runner import Runner
    from reifierd.runs.settings import RunSettings
    from reifierd.shell import load_rules
    from reifierd.workspace.init import find_workspace

    layout = find_workspace(Path(sys.argv[1]))
    ledger = open_ledger(layout.ledger, Redactor())
    house = House(layout, RunSettings(), ledger, Redactor(), Guard(load_rules()), Path(sys.argv[2]))
    runner = Runner(house, [Runbooks(house)])
    runner.start()
    while True:
        runner.tick(time.time())
        time.sleep(0.02)
"""


@dataclass
class Desk:
    """A person's view: files go in, reports come out. `events` is what the operator said."""

    layout: Layout
    ledger: Ledger
    redactor: Redactor  # the ledger's own: what a run learns must be hidden there too
    config: Path
    guard: Guard
    settings: RunSettings = field(default_factory=lambda: RunSettings.model_validate({"grace": 0.5, "timeout": 30}))
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    runner: Runner | None = None

    def start(self) -> Runner:
        house = House(
            self.layout,
            self.settings,
            self.ledger,
            self.redactor,
            self.guard,
            self.config,
            lambda kind, fields: self.events.append((kind, fields)),
        )
        self.runner = Runner(house, [Runbooks(house)])
        self.runner.start()
        return self.runner

    def restart(self, **settings: Any) -> Runner:
        if self.runner:
            self.runner.close()
        self.settings = self.settings.model_copy(update=settings)
        return self.start()

    def draft(self, name: str, text: str) -> Path:
        path = self.layout.folder(DRAFTS) / name
        path.write_text(text)
        return path

    def approve(self, name: str, text: str = "", *, say: bool = False, wait: bool = True, **word: Any) -> Path:
        """Move a draft in (written first where a text is given), with the command line's word when `say`."""
        path = self.draft(name, text) if text else self.layout.folder(DRAFTS) / name
        if say or word:
            speak(self.layout, self.ledger.journal, APPROVE, f"{APPROVED}/{name}", time.time(), **word)
        target = path.rename(self.layout.folder(APPROVED) / name)
        self.look(wait=wait)
        return target

    def look(self, *, wait: bool = True) -> None:
        assert self.runner is not None
        self.runner.tick(time.time())
        if wait:
            assert self.runner.wait(60)

    def until(self, condition: Any) -> None:
        for _ in range(600):
            if condition():
                return
            time.sleep(0.02)
        raise AssertionError("it did not come to that in 12 seconds")

    def until_a_step_runs(self) -> None:
        """… and its process is in the journal."""
        journal = self.ledger.journal
        self.until(lambda: [s for r in journal.runs(1) for s in journal.steps(r.run_id) if s.pid])

    @property
    def last(self) -> Run:
        return self.ledger.journal.runs(1)[0]

    @property
    def report(self) -> dict[str, Any]:
        """The JSON twin of the last run's report."""
        assert self.last.report is not None
        found: dict[str, Any] = json.loads((self.layout.root / self.last.report).with_suffix(".json").read_text())
        return found

    @property
    def receipt(self) -> str:
        assert self.last.report is not None
        return (self.layout.root / self.last.report).read_text()

    def reports(self) -> list[Path]:
        return sorted(p for p in self.layout.folder(REPORTS).glob("*.json"))


@pytest.fixture
def desk(tmp_path: Path, private_places: Path, lent: Guard) -> Iterator[Desk]:
    layout = make_workspace(tmp_path / "workspace")
    config = tmp_path / "config"
    config.mkdir()
    redactor = Redactor()
    with open_ledger(layout.ledger, redactor) as ledger:
        with Root(layout) as root:
            introduce(root, ledger)
        desk = Desk(layout, ledger, redactor, config, lent)
        desk.start()
        yield desk
        if desk.runner:
            desk.runner.close()


@pytest.fixture
def daemon(desk: Desk, tmp_path: Path) -> Callable[[], subprocess.Popen[bytes]]:
    """Starts an operator in a process of its own on the desk's workspace, in place of the desk's."""
    script = tmp_path / "daemon.py"
    script.write_text(textwrap.dedent(DAEMON))

    def start() -> subprocess.Popen[bytes]:
        if desk.runner:
            desk.runner.close()
            desk.runner = None
        return subprocess.Popen([sys.executable, str(script), str(desk.layout.root), str(desk.config)])

    return start


@pytest.fixture
def runbook() -> Callable[..., str]:
    """Writes a runbook's text: `runbook(("Fix", "true"), front="…")`."""
    return compose


def compose(*sections: tuple[str, str], front: str = "") -> str:
    """A runbook of sections, one block for each paragraph of its text; a first line `{…}` has a block's attributes."""
    parts = [f"---\n{front.strip()}\n---" if front else "", "# A test"]
    for title, text in sections:
        parts.append(f"## {title}")
        for block in text.strip().split("\n\n"):
            attributes, _, rest = block.partition("\n")
            info = f" {attributes}" if attributes.startswith("{") else ""
            parts.append(f"```bash{info}\n{rest if info else block}\n```")
    return "\n\n".join(p for p in parts if p) + "\n"
