"""What an engineer did by hand is drafted, and the unedited draft mends the same breakage: in worlds of many kinds.

`REIFIERD_E2E_KEEP=DIR` keeps every world's draft, reports and verdict in DIR.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.judging import TALLY
from tests.e2e.trial import Trial
from tests.e2e.world import load, names


@pytest.fixture
def base() -> Iterator[Path]:
    """A short path (a socket's may have 107 bytes), which a server's own user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="e2e-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_the_unedited_draft_mends_the_world(name: str, base: Path, need: Callable[..., None]) -> None:
    """Healthy; no noise, no failed command executed; Fix and Verify exit 0; no secret written; gated while healthy."""
    world = load(name)
    need(*world.programs())
    judged = Trial(world, base).go()
    TALLY.append(judged)
    if keep := os.environ.get("REIFIERD_E2E_KEEP"):
        folder = Path(keep) / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base / "workspace", folder, ignore=shutil.ignore_patterns("README.md"))
        (folder / "judged.json").write_text(
            json.dumps(dataclasses.asdict(judged) | {"problems": judged.problems}, indent=1)
        )
    assert not judged.problems, "\n".join(judged.problems) + "\n\n" + judged.draft


def test_at_most_half_of_what_did_not_help_is_kept() -> None:
    """Summed over the worlds that were judged before this test."""
    kept, useless = sum(len(j.kept) for j in TALLY), sum(j.useless for j in TALLY)
    assert 2 * kept <= useless, [x for j in TALLY for x in j.kept]
