"""The end-to-end suite: its parts are imported by name, and a table of what was judged is printed at the end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.e2e.judging import TALLY, table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY:
        terminalreporter.section("worlds")
        terminalreporter.write_line(table(TALLY))
