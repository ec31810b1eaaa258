"""One daemon, very many approvals: its memory stays what it was, and every run has its receipt.

2,000 approvals by `make torture` (growth counts after the first 200); a tenth of it otherwise.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.torture.rack import Rack

FULL = "REIFIERD_TORTURE" in os.environ
APPROVALS = 2_000 if FULL else 200
SETTLED = APPROVALS // 10  # what is loaded once is loaded by then
MAY_GROW = 0.10


def resident(pid: int) -> int:
    """Kilobytes in memory (proc(5), VmRSS)."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found.group(1))


@pytest.mark.timeout(1800 if FULL else 300)
def test_memory_is_steady(rack: Rack) -> None:
    rack.start()
    before = 0
    for number in range(APPROVALS):
        rack.run_to_its_report(rack.write(1))
        if number == SETTLED:
            before = resident(rack.pid)
    after = resident(rack.pid)
    rack.settle()
    ended = rack.judge()
    print(f"{APPROVALS} approvals: {before} kB after {SETTLED}, {after} kB at the end")  # noqa: T201 - the figures
    assert ended == {"succeeded": APPROVALS}
    assert after <= before * (1 + MAY_GROW)
