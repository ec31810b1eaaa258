"""A task file of 1,000 criteria: what reading it and writing each tick back cost; a part of what a whole run may cost
(`test_bench_task_run.py`). What was read is kept for the next who asks for the same bytes: here it is forgotten first.
"""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from reifierd.documents.task import parse_task, read_source, task_of
from reifierd.documents.task_edit import TaskSheet, sheet_of
from reifierd.documents.task_model import Task

CRITERIA = 1000
ITEM = "- [ ] #{n} Shard {n} answers (after: {before})\n  ```bash\n  curl -fsS localhost:{port}/health\n  ```\n"
FILE = "---\nid: TASK-001\nupdated: 2026-11-19\n---\n## Acceptance Criteria\n- [x] #0 The cluster is up\n" + "".join(
    ITEM.format(n=n, before=n - 1, port=9000 + n) for n in range(1, CRITERIA)
)


def forget() -> None:
    read_source.cache_clear()
    parse_task.cache_clear()


def test_reading(benchmark: BenchmarkFixture) -> None:
    def read() -> Task:
        forget()
        return parse_task(FILE.encode())

    task = benchmark(read)
    assert (len(task.criteria), task.problems) == (CRITERIA, ())


def test_reading_and_ticking_every_box_with_a_log_line_each(benchmark: BenchmarkFixture) -> None:
    def whole() -> TaskSheet:
        forget()
        source = read_source(FILE.encode())
        sheet = sheet_of(source)
        for criterion in task_of(source).open:
            sheet = sheet.edit((criterion.n,), "2026-11-20 14:30", [f"- 2026-11-20 14:30: {criterion.name}"])
        return sheet

    sheet = benchmark(whole)
    assert all(criterion.checked for criterion in parse_task(sheet.data).criteria)
