"""Words to the daemon: said once, and heard at once."""

from __future__ import annotations

import threading
from pathlib import Path

from reifierd.ledger import open_ledger
from reifierd.redaction import Redactor
from reifierd.runs.words import RESUME, bell, speak
from reifierd.workspace.init import make_workspace
from reifierd.workspace.watch import Watcher


def test_every_word_wakes_whoever_watches_the_bell(tmp_path: Path) -> None:
    """Not only the first one: the rescan would find the second, a quarter of a minute later."""
    layout, heard = make_workspace(tmp_path / "workspace"), threading.Event()
    bell(layout).mkdir(parents=True)
    watcher = Watcher([bell(layout)], lambda _folder: heard.set())
    with open_ledger(layout.ledger, Redactor()) as ledger:
        watcher.start()
        try:
            for number in range(3):
                heard.clear()
                speak(layout, ledger.journal, RESUME, f"run-{number}", 1.0)
                assert heard.wait(10)
        finally:
            watcher.stop()
