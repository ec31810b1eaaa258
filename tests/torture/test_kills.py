"""SIGKILL at random moments: nothing is executed twice, nothing that was acknowledged is lost, nothing is stuck.

`make torture` runs it with REIFIERD_TORTURE=1000; without that it is short.
"""

from __future__ import annotations

import os
import random
import time

from tests.torture.rack import Rack

KILLS = int(os.environ.get("REIFIERD_TORTURE", "25"))


def test_killed_at_random(rack: Rack) -> None:
    """Half of the kills hit a daemon that has just started, half one that has work to do."""
    chance = random.Random(2026)
    for number in range(KILLS):
        drafts = [rack.write(chance.randint(1, 4)) for _ in range(chance.choice((1, 1, 2, 3)))]
        rack.start(ready=number % 2 == 0)
        for draft in drafts:
            rack.approve(draft)
            time.sleep(chance.uniform(0, 0.05))
        time.sleep(chance.uniform(0, 0.6))
        rack.kill()
    rack.settle()
    ended = rack.judge()
    print(f"{KILLS} kills, {rack.sent} approvals; runs ended {ended}")  # noqa: T201 - the figures of the test
    assert sum(ended.values()) > KILLS // 2


def test_killed_while_it_recovers(rack: Rack) -> None:
    """A daemon that is killed again and again while it settles what the last one left."""
    chance = random.Random(7)
    for _ in range(max(3, KILLS // 10)):
        draft = rack.write(4)
        rack.start()
        rack.approve(draft)
        time.sleep(chance.uniform(0.02, 0.2))
        rack.kill()
        for _ in range(3):
            rack.start(ready=False)
            time.sleep(chance.uniform(0, 0.4))
            rack.kill()
    rack.settle()
    rack.judge()
