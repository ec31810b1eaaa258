"""A task file of 1,000 criteria: what reading it and writing each tick back cost beside its commands.

The asked figure: a whole run costs at most 2 s beside its commands. Reading and a thousand edits are a part of it.
"""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from reifierd.documents.task import parse_task, read_source, task_of
from reifierd.documents.task_edit import TaskSheet, sheet_of

CRITERIA = 1000
ITEM = "- [ ] #{n} Shard {n} answers (after: {before})\n  ```bash\n  curl -fsS localhost:{port}/health\n  ```\n"
FILE = "---\nid: TASK-001\nupdated: 2026-11-19\n---\n## Acceptance Criteria\n- [x] #0 The cluster is up\n" + "".join(
    ITEM.format(n=n, before=n - 1, port=9000 + n) for n in range(1, CRITERIA)
)


def test_reading(benchmark: BenchmarkFixture) -> None:
    task = benchmark(parse_task, FILE.encode())
    assert (len(task.criteria), task.problems) == (CRITERIA, ())


def test_reading_and_ticking_every_box_with_a_log_line_each(benchmark: BenchmarkFixture) -> None:
    def whole() -> TaskSheet:
        source = read_source(FILE.encode())
        sheet = sheet_of(source)
        for criterion in task_of(source).open:
            sheet = sheet.edit((criterion.n,), "2026-11-20 14:30", [f"- 2026-11-20 14:30: {criterion.name}"])
        return sheet

    sheet = benchmark(whole)
    assert all(criterion.checked for criterion in parse_task(sheet.data).criteria)
