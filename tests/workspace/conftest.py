"""A real workspace with its ledger, on a real disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reifierd.ledger import Ledger, open_ledger
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import Layout
from reifierd.workspace.root import Root


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_workspace(tmp_path / "ws")


@pytest.fixture
def root(layout: Layout) -> Iterator[Root]:
    with Root(layout) as opened:
        yield opened


@pytest.fixture
def ledger(layout: Layout) -> Iterator[Ledger]:
    with open_ledger(layout.ledger, Redactor()) as opened:
        yield opened


@pytest.fixture
def approved(layout: Layout) -> Path:
    return layout.root / "runbooks" / "approved"
