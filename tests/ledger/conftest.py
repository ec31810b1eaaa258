"""A real ledger on a real disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reifierd.ledger import Ledger, open_ledger
from reifierd.redaction import Redactor


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.fixture
def ledger(tmp_path: Path, redactor: Redactor) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "state" / "ledger.sqlite3", redactor) as opened:
        yield opened
