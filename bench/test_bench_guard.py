"""What a verdict costs, warm: one block through the worker, and commands a second in the batch form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reifierd.execution.guard import Guard
from reifierd.shell import Context, judge, load_rules

BLOCK = "\n".join(
    [
        "cd /srv/shop",
        'for unit in shop-web shop-worker; do systemctl is-active "$unit" || sudo systemctl restart "$unit"; done',
        "curl -fsS localhost:8080/health | jq -e '.status == \"ok\"'",
        'if [ -f "$PWD/run/worker.pid" ]; then kill -HUP "$(cat run/worker.pid)"; fi',
        "# every pod by its name, so that the one that restarts is seen at once; then go on with the next step below",
        "kubectl -n shop get pods -o json | jq -r '.items[].metadata.name' | head -5",
    ]
    * 9
)
COMMANDS = [
    "git push -f",
    "ls -l /tmp | wc -l",
    "sudo rm -rf /var/lib/x",
    'kill "$(cat x.pid)"',
    "psql -c 'select 1'",
] * 200


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(load_rules()) as one:
        one.judge(["ls"], Context())
        yield one


def test_one_block_of_four_kilobytes(benchmark: Any, guard: Guard) -> None:
    assert len(BLOCK) < 4_096
    benchmark(guard.judge, [BLOCK], Context())


def test_a_thousand_commands_in_the_batch_form(benchmark: Any, guard: Guard) -> None:
    benchmark(guard.judge, COMMANDS, Context(), views=False)


def test_judging_alone(benchmark: Any) -> None:
    rules = load_rules()
    benchmark(judge, BLOCK, rules, Context(), valid=True)
