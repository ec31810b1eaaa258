"""What is read from a task file, and what is wrong with one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.documents.model import SectionKind
from reifierd.documents.runbook import DISAGREE
from reifierd.documents.task import consent_digest, parse_task
from reifierd.documents.task_edit import open_sheet
from reifierd.documents.task_model import Criterion, Task
from reifierd.documents.task_new import new_task
from reifierd.documents.text import MOST_LINES
from reifierd.documents.words import TASK_KEYS, TASK_MORE_KEYS

WHOLE = """---
id: TASK-012
title: Roll out the gateway
priority: high
labels: [Deployment, flux]
status: open
updated: 2026-03-01
dependencies: [TASK-011, kustomize]
requires: [git]
project: ../platform
kubectl_context: staging
---
## Acceptance Criteria
- [ ] #1 The release names version 2.4.0
  ```bash
  sed -i 's/2.3.9/2.4.0/' gateway.yaml
  ```
  ```bash {verify}
  grep -q 2.4.0 gateway.yaml
  ```
- [x] #2 **The namespace** exists
- [ ] #3 The route is tested (after: 1, 2)

## Commands
### 3. The route is tested
```bash
make route-test
```

## Verification
1. `kustomize build .`

## Dependencies
- `kubectl` configured for staging
- TASK-009: the cluster

## Progress Log
- 2026-03-01 10:00: begun
"""


def criteria(body: str) -> tuple[Criterion, ...]:
    task = parse_task(f"## Acceptance Criteria\n{body}".encode())
    assert task.fatal == ()
    return task.criteria


def commands(criterion: Criterion) -> list[str]:
    return [step.command for step in criterion.commands]


def fatal(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in parse_task(text.encode()).fatal]


def notes(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in parse_task(text.encode()).problems if not problem.fatal]


def test_a_whole_task_is_read() -> None:
    task = parse_task(WHOLE.encode())
    assert task.problems == ()
    assert (task.id, task.title, task.priority, task.rank) == ("TASK-012", "Roll out the gateway", "high", 1)
    assert (task.status, task.updated, task.project) == ("open", "2026-03-01", "../platform")
    assert task.labels == ("deployment", "flux")
    assert task.dependencies == ("TASK-011", "TASK-009")
    assert task.programs == ("git", "kustomize", "kubectl")
    assert task.front["kubectl_context"] == "staging"
    first, second, third = task.criteria
    assert (first.n, first.number, first.name, first.line) == (1, "#1", "The release names version 2.4.0", 14)
    assert commands(first) == ["sed -i 's/2.3.9/2.4.0/' gateway.yaml"]
    assert [(s.command, s.section) for s in first.verify] == [("grep -q 2.4.0 gateway.yaml", SectionKind.VERIFY)]
    assert (second.text, second.name, second.checked) == ("#2 The namespace exists", "The namespace exists", True)
    assert (third.after, commands(third), third.commands[0].line) == ((1, 2), ["make route-test"], 27)
    assert [s.command for s in task.verification] == ["kustomize build ."]
    assert task.log_lines == ("2026-03-01 10:00: begun",)
    assert [c.n for c in task.open] == [1, 3]
    assert WHOLE.encode()[slice(*second.box)] == b"x"


@pytest.mark.parametrize(
    ("item", "number", "name", "checked"),
    [
        ("- [ ] Built", "", "Built", False),
        ("* [x] Built", "", "Built", True),
        ("+ [X] Built", "", "Built", True),
        ("1. [ ] Built", "1.", "Built", False),
        ("2) [x] Built", "2)", "Built", True),
        ("- [ ] #7 Built", "#7", "Built", False),
        ("- [ ] 7. Built", "7.", "Built", False),
        ("- [ ] AC7: Built", "AC7:", "Built", False),
        ("- [ ] **Criterion 7:** Built", "Criterion 7:", "Built", False),
        ("- [ ] **7.** Built", "7.", "Built", False),
        ("- **7.** [ ] Built", "7.", "Built", False),
        ("- [ ] **Built**", "", "Built", False),
        ("- **[ ] Built**", "", "Built", False),
        ("- [ ] 1.2 Built", "1.2", "Built", False),
        ("- [ ] 2.5 GB are free", "", "2.5 GB are free", False),
        ("- [ ] 3 replicas run", "", "3 replicas run", False),
        ("- [ ] `make` builds\n  all of it", "", "make builds all of it", False),
        ("- [ ]", "", "", False),
        ("-   [ ] Built", "", "Built", False),
        ("-\t[ ] Built", "", "Built", False),
        ("- 4. [ ] Built", "4.", "Built", False),
    ],
)
def test_a_criterion_is_a_box_however_it_is_bulleted_numbered_or_made_bold(
    item: str, number: str, name: str, checked: bool
) -> None:
    (criterion,) = criteria(item)
    assert (criterion.number, criterion.name, criterion.checked) == (number, name, checked)


@pytest.mark.parametrize(
    "heading",
    [
        "# Acceptance Criteria",
        "###### ACCEPTANCE CRITERIA:",
        "## 2. **Acceptance criteria** (all)",
        "Acceptance Criteria\n---",
        "**Acceptance Criteria**:",
        "__Acceptance Criteria:__",
        "Acceptance criteria:",
        "# Build it\n\n## Acceptance Criteria\n\n### The image",
        "# Verification\n\n## Acceptance Criteria",
        "# Progress Log\n\n## Acceptance Criteria",
        "# Acceptance Criteria\n\n## Acceptance Criteria",
    ],
)
def test_the_section_may_be_a_heading_of_any_level_or_a_bold_line(heading: str) -> None:
    task = parse_task(f"{heading}\n\n- [ ] Built\n\n## Progress Log\n- x\n".encode())
    assert ([c.name for c in task.criteria], task.fatal) == (["Built"], ())


def test_nested_criteria_know_their_parents_and_keep_their_own_commands() -> None:
    found = criteria(
        "- [ ] All\n  `make`\n  - Parts\n    - [ ] One\n      `make one`\n    - `make rest`\n  - [x] Two\n"
    )
    assert [(c.name, c.parent, c.depth, commands(c)) for c in found] == [
        ("All", 0, 0, ["make", "make rest"]),
        ("One", 1, 2, ["make one"]),
        ("Two", 1, 1, []),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "- [ ] a\n  ```bash\n  make\n  ```",
        "- [ ] a\n\n  ```sh\n  make\n  ```",
        "- [ ] a\n\t~~~bash\n\tmake\n\t~~~",
        "- [ ] a\n  `make`",
        "- [ ] a\n\n  `make`",
        "- [ ] a\n  - `make`",
        "- [ ] a\n  ```console\n  $ make\n  done\n  ```",
        "- [ ] a\n```bash\nmake\n```",
        "- [ ] a\n\n```bash\nmake\n```",
        "1. [ ] a\n\n    ```bash\n    make\n    ```",
        "- [ ] a\n  - [ ] b\n\n  ```bash\n  make\n  ```",
    ],
)
def test_a_criterions_commands_stand_below_it(body: str) -> None:
    assert commands(criteria(body)[0]) == ["make"]


@pytest.mark.parametrize(
    "body",
    [
        "- [ ] `make`",
        "- [ ] run `make` now",
        "- [ ] a\n  Command: `make`",
        "- [ ] a\n  ```\n  make\n  ```",
        "- [ ] a\n  ```python\n  make\n  ```",
        "- [ ] a\n\n      make",
        "- [ ] a\n  <!-- `make` -->",
        "- [ ] a\n  > ```bash\n  > make\n  > ```",
        "- [ ] a `x\n  `make` y`",
    ],
)
def test_nothing_else_is_a_command(body: str) -> None:
    assert commands(criteria(body)[0]) == []


@pytest.mark.parametrize(
    "section",
    [
        "## Commands\n### 2\n```bash\nmake\n```",
        "## Instructions\n### Criterion 2: anything\n```bash\nmake\n```",
        "## Commands\n### it is PUSHED.\n```bash\nmake\n```",
        "## Commands\n1. something else\n2. Push\n   ```bash\n   make\n   ```",
        "## Commands\n- It is pushed\n  `make`",
        "## Commands\n- [x] It is pushed\n\n  `make`",
        "## Commands\n**#2**\n```bash\nmake\n```",
        "## Commands\n```bash {name=2}\nmake\n```",
        '## Commands\n```bash {name="It is pushed"}\nmake\n```',
        "### Commands\n#### #2\n`make`",
        "**Commands**:\n\nIt is pushed:\n```bash\nmake\n```",
    ],
)
def test_commands_may_stand_apart_under_the_same_number_or_name(section: str) -> None:
    found = criteria(f"- [ ] It is built\n- [ ] It is pushed\n\n{section}\n")
    assert [commands(c) for c in found] == [[], ["make"]]


def test_a_block_apart_that_names_two_criteria_is_refused_and_one_that_names_none_is_said() -> None:
    text = "## Acceptance Criteria\n- [ ] Built\n- [ ] Pushed\n## Commands\n### {}\n```bash\nmake\n```\n"
    assert fatal(text.format("2. Built")) == [(6, "this block may be that of criteria 1 and 2")]
    assert notes(text.format("Cleaning")) == [(6, "this block is of no criterion: not run")]


def test_a_number_or_name_may_be_that_of_the_group_that_criteria_stand_in() -> None:
    grouped = "1. **Build**\n   - [ ] Built\n2. Deploy\n   - [ ] Released\n   - [ ] Healthy\n"
    headed = "### 1. Build\n- [ ] Built\n### 2. Deploy\n- [ ] Released\n- [ ] Healthy\n"
    for body in (grouped, headed):
        found = criteria(f"{body}\n## Commands\n### 1. Build\n`make`\n### Healthy\n`make check`\n")
        assert [commands(c) for c in found] == [["make"], [], ["make check"]]
        text = f"## Acceptance Criteria\n{body}\n## Commands\n### 2. Deploy\n`make`\n"
        assert [message for _, message in fatal(text)] == ["this block may be that of criteria 2 and 3"]
        apart = text.replace("## Commands\n### 2. Deploy", "## Commands\n### 3")
        assert [message for _, message in notes(apart)] == ["this block is of no criterion: not run"]
        assert criteria(f"{body}\n### Last\n- [ ] All (after: 2)\n")[3].after == (2, 3)


def test_a_numbers_own_criterion_comes_before_the_place_in_the_file() -> None:
    text = "- [ ] #5 Five\n- [ ] #1 One\n- [ ] Two (after: 1)\n## Commands\n### 5\n`make five`\n"
    five, _, two = criteria(text)
    assert (commands(five), two.after) == (["make five"], (2,))


@pytest.mark.parametrize("words", ["(after: 1)", "(After 1)", "(depends on: #1)", "\n  after: 1", "\n\n  - after: #1"])
def test_a_criterion_may_wait_for_another(words: str) -> None:
    assert criteria(f"- [ ] a\n- [ ] b {words}\n")[1].after == (1,)


@pytest.mark.parametrize("words", ["", "(after lunch)", "\n  after: none", "\n  after: []"])
def test_words_that_name_no_criterion_are_no_order(words: str) -> None:
    assert criteria(f"- [ ] a\n- [ ] b {words}\n")[1].after == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("- [ ] a (after: 9)", "after: no criterion is 9"),
        ("- [ ] a\n  after: the moon", "after: no criterion is the moon"),
        ("- [ ] a (after: 1)", "criterion 1 waits for itself"),
        ("- [ ] a (after: 2)\n- [ ] b (after: 1)", "criterion 1 waits for itself"),
        ("- [ ] #1 a\n- [ ] #1 b\n- [ ] c (after: 1)", "after: 2 criteria are 1"),
    ],
)
def test_an_order_that_cannot_be_is_refused(body: str, message: str) -> None:
    assert [m for _, m in fatal(f"## Acceptance Criteria\n{body}\n")] == [message]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Title\n\n- [ ] elsewhere\n",
        "## Acceptance Criteria\n\nAll is well.\n",
        "## Acceptance Criteria\n\n```\n- [x] in a block\n```\n",
        "## Acceptance Criteria\n\n<!--\n- [x] in a comment\n-->\n",
        "## Acceptance Criteria\n\n> - [x] quoted\n",
        "## Acceptance Criteria\n\n    - [x] indented code\n",
        "## Acceptance Criteria\n\n- \\[x] escaped\n- [x](link)\n",
        "## Acceptance Criteria\n\n## Definition of Done\n- [x] other\n",
        "# Progress Log\n## Acceptance Criteria\n- [x] inside the log\n# Notes\n",
        "## Progress Log\n### Acceptance Criteria\n- [x] inside the log\n",
    ],
)
def test_a_file_without_any_criterion_is_an_error(text: str) -> None:
    assert "no acceptance criterion was found: nothing can be complete" in [m for _, m in fatal(text)]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("- [ ] a\n[ ] b", 3),
        ("- [ ] a\n- [] b", 3),
        ("- [ ] a\n- [-] b", 3),
        ("- [ ] a\n- [ ]b", 3),
        ("- [ ] a\n\n- [x]b", 4),
        ("- [ ] a\n\n-[ ] b", 4),
        ("- [ ] a\n\n2.[x] b", 4),
        ("- [ ] a\n- [✓] b", 3),
        ("- [ ] a\n- [\u00a0] b", 3),
        ("- [ ] a\n\n[x] b", 4),
        ("- [ ] a\n\n### [ ] b", 4),
        ("- [ ] a\n\n<div>\n- [ ] b\n</div>", 5),
        ("- [ ] a\n\ntext\n2. [ ] b", 5),
        ("- [ ] a\n\n| [ ] | b |", 4),
    ],
)
def test_what_only_looks_like_a_criterion_is_an_error(body: str, line: int) -> None:
    found = fatal(f"## Acceptance Criteria\n{body}\n")
    assert [at for at, _ in found] == [line]
    assert found[0][1].startswith("this looks like a checkbox and is none")


def test_two_sections_of_criteria_are_one_list() -> None:
    task = parse_task(b"## Acceptance Criteria\n- [ ] a\n## Notes\n- [ ] no\n## Acceptance Criteria\n- [x] b\n")
    assert [(c.n, c.name) for c in task.criteria] == [(1, "a"), (2, "b")]


def test_checks_are_the_blocks_and_spans_under_verification() -> None:
    text = (
        "## Acceptance Criteria\n- [ ] a\n### Verification\n"
        "- [ ] Health\n  `curl -f localhost`\n- `true`\n- [x] `false`\n\n```bash\nmake check\n```\nsee `this`\n"
    )
    task = parse_task(text.replace("### Ver", "## Ver").encode())
    assert [s.command for s in task.verification] == ["curl -f localhost", "true", "false", "make check"]
    assert [c.name for c in task.criteria] == ["a"]
    assert [c.name for c in parse_task(text.encode()).criteria] == ["a", "Health", "false"]


@pytest.mark.parametrize(("place", "what"), [("## Verification", "check"), ("## Commands\n### 1", "command")])
def test_a_block_without_a_language_is_said_to_be_none(place: str, what: str) -> None:
    text = f"## Acceptance Criteria\n- [ ] a\n\n{place}\n```\nmake\n```\n"
    assert [message for _, message in notes(text)] == [f"a block that names no shell is no {what}"]


def test_backlog_files_are_read() -> None:
    text = """---
id: BACK-12.3
title: Serve the page
status: To Do
assignee: @sam
created_date: '2026-01-19 21:15'
updated_date: '2026-01-19 21:27'
labels:
  - verification
dependencies:
  - BACK-11
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
Serve it.
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [x] #1 The page is served
- [ ] #2 The page is cached
<!-- AC:END -->

## Definition of Done
<!-- DOD:BEGIN -->
- [ ] #1 Reviewed
<!-- DOD:END -->
"""
    task = parse_task(text.encode())
    assert task.problems == ()
    assert (task.id, task.labels, task.dependencies) == ("BACK-12.3", ("verification",), ("BACK-11",))
    assert [(c.number, c.name, c.checked) for c in task.criteria] == [
        ("#1", "The page is served", True),
        ("#2", "The page is cached", False),
    ]
    assert task.updated == "2026-01-19 21:27"
    assert b"updated_date: '2026-11-20 14:30'" in open_sheet(text.encode()).edit((), "2026-11-20 14:30").data


@pytest.mark.parametrize(
    ("written", "read"),
    [("@sam", "@sam"), ("@sam b", "@sam b"), ("'@sam'", "@sam"), ('[@a, "b", @c]', ["@a", "b", "@c"]), ("[]", [])],
)
def test_backlogs_bare_at_names_are_read(written: str, read: object) -> None:
    task = parse_task(f"---\nassignee: {written}\n---\n## Acceptance Criteria\n- [ ] a\n".encode())
    assert (task.fatal, task.front["assignee"]) == ((), read)


def test_a_plain_file_with_bold_lines_is_read() -> None:
    text = """# TASK-004: Harden the ingress

**Priority**: High
**Labels**: security, networking
- **Status:** open
- **Dependencies**: TASK-002, TASK-003
- **Updated**: 2026-02-02

Priority: none of these words counts.

## Acceptance Criteria
1. [ ] **TLS only**
"""
    task = parse_task(text.encode())
    assert task.problems == ()
    assert (task.id, task.title, task.priority, task.rank) == ("TASK-004", "Harden the ingress", "High", 1)
    assert (task.labels, task.status) == (("security", "networking"), "open")
    assert (task.dependencies, task.updated) == (("TASK-002", "TASK-003"), "2026-02-02")


@pytest.mark.parametrize(
    ("text", "name", "task_id", "title"),
    [
        ("# TASK-1 - Build", "", "TASK-1", "Build"),
        ("# Task: TASK-1: Build", "", "TASK-1", "Build"),
        ("# Build", "TASK-9.md", "TASK-9", "Build"),
        ("# Build", "back-3.2 - Build it.md", "back-3.2", "Build"),
        ("", "cleanup.md", "cleanup", "cleanup"),
        ("---\nid: 17\ntitle: 'A: b'\n---\n# TASK-1: Build", "x.md", "17", "A: b"),
    ],
)
def test_an_id_is_in_the_front_matter_the_title_or_the_files_name(
    text: str, name: str, task_id: str, title: str
) -> None:
    task = parse_task(f"{text}\n\n## Acceptance Criteria\n- [ ] a\n".encode(), name)
    assert (task.id, task.title) == (task_id, title)


@pytest.mark.parametrize(
    ("line", "tasks", "programs", "understood"),
    [
        ("- TASK-2", ("TASK-2",), (), True),
        ("- [x] TASK-2: the registry, TASK-3", ("TASK-2", "TASK-3"), (), True),
        ("- docker", (), ("docker",), True),
        ("- Docker installed", (), ("docker",), True),
        ("- `Xvfb`", (), ("Xvfb",), True),
        ("- `kubectl` for the staging cluster", (), ("kubectl",), True),
        ("- helm >= 3.12", (), ("helm",), True),
        ("- `docker compose` (v2)", (), ("docker",), True),
        ("- **jq**: reads it", (), ("jq",), True),
        ("docker", (), ("docker",), True),
        ("- python3-12", (), ("python3-12",), True),
        ("None.", (), (), True),
        ("- none", (), (), True),
        ("- Access to the registry", (), (), False),
    ],
)
def test_dependencies_are_tasks_and_programs(
    line: str, tasks: tuple[str, ...], programs: tuple[str, ...], understood: bool
) -> None:
    task = parse_task(f"## Acceptance Criteria\n- [ ] a\n## Dependencies\n{line}\n".encode(), "TASK-1.md")
    assert (task.dependencies, task.programs, not task.problems) == (tasks, programs, understood)


def test_the_readmes_task_is_read_as_it_says() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    sample = re.search(r"````markdown\n(---\nid: TASK-001.*?)````", readme, re.S)
    assert sample
    task = parse_task(sample[1].encode())
    assert (task.problems, task.dependencies, task.programs) == ((), ("TASK-000",), ("docker",))
    assert [(len(c.commands), len(c.verify), c.after) for c in task.criteria] == [(1, 1, ()), (1, 0, (1,))]
    assert [step.command for step in task.verification] == ["make smoke"]


def test_the_page_on_tasks_names_every_key_of_the_front_matter() -> None:
    page = (Path(__file__).parents[2] / "docs/TASKS.md").read_text()
    table = "".join(line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `"))
    wanted = {*TASK_KEYS.values(), *(key for key in TASK_MORE_KEYS if " " not in key)} - {"branch", "context"}
    assert {key for key in wanted if f"`{key}`" not in table} == set()


def test_unknown_priorities_and_statuses_are_kept_and_said() -> None:
    text = "---\npriority: spicy\nstatus: simmering\n---\n## Acceptance Criteria\n- [ ] a\n"
    task = parse_task(text.encode())
    assert (task.priority, task.status, task.rank) == ("spicy", "simmering", 2)
    assert [p.line for p in task.problems if not p.fatal] == [2, 3]
    assert task.fatal == ()


def test_a_key_that_is_nearly_one_is_told_and_anybody_elses_is_not() -> None:
    front = (
        "id: T-1\ndependecies: [docker]\nbranchs: [x]\nupdated_date: 2026-11-20\nmilestone: m\nparent_task_id: T-0\n"
    )
    task = parse_task(f"---\n{front}---\n## Acceptance Criteria\n- [ ] a\n".encode())
    assert [(p.line, p.fatal, p.hint) for p in task.problems] == [
        (3, False, "did you mean dependencies?"),
        (4, False, "did you mean branches?"),
    ]


def test_a_file_that_cannot_be_read_has_the_id_of_its_name() -> None:
    task = parse_task(b"---\nid: T-1\ntitle: [bad\n---\n", "TASK-012 - Bad.md")
    assert (task.id, task.title) == ("TASK-012", "TASK-012")
    assert "in quotes" in task.fatal[0].hint


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"---\nid: [\n---\n## Acceptance Criteria\n- [ ] a\n", 3),
        (b"---\nid: x\n## Acceptance Criteria\n- [ ] a\n", 1),
        (b"---\nid: {a: b}\n---\n## Acceptance Criteria\n- [ ] a\n", 2),
        (b"---\nx: 1\nlabels: [[a]]\n---\n## Acceptance Criteria\n- [ ] a\n", 3),
        (b"## Acceptance Criteria\n- [ ] a\xff\n", 2),
        (b"## Acceptance Criteria\n- [ ] a\0\n", 2),
        (b"- [ ] a\n" * (MOST_LINES + 1), MOST_LINES),
        (b"## Acceptance Criteria\n- [ ] a\n  ```bash {timeout=soon}\n  make\n  ```\n", 3),
        (b"## Acceptance Criteria\n- [ ] a\n  ```bash\n  make\n", 3),
        ("## Acceptance Criteria\n- [ ] a\n  `make \u202e`\n".encode(), 3),
    ],
)
def test_what_cannot_be_read_is_fatal_with_its_line(data: bytes, line: int) -> None:
    assert [problem.line for problem in parse_task(data).fatal] == [line]


def test_two_readers_that_differ_stop_the_task() -> None:
    # mistune takes the heading behind a quoted list into the quotation
    assert (4, DISAGREE) in fatal("> - quoted\n## Acceptance Criteria\n\n- [ ] a\n")


def test_overrides_are_bound_to_what_consent_covers_without_them() -> None:
    text = "---\nid: T-1\n{}updated: {}\n---\n## Acceptance Criteria\n- [{}] a\n"
    override = "overrides: [{rule: x, until: 2026-12-01, sha256: " + "a" * 64 + "}]\n"
    bare = parse_task(text.format("", "2026-01-01", " ").encode())
    with_it = parse_task(text.format(override, "2026-02-01", "x").encode())
    assert bare.sha256_bare == bare.digest == with_it.sha256_bare != with_it.digest


def test_what_is_not_read_is_covered_whole() -> None:
    assert consent_digest(b"---\nid: [\n---\n- [ ] a") != consent_digest(b"---\nid: [\n---\n- [x] a")


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] x\n" * 5000,
        "  " * 50 + "- [ ] x",
        "".join("  " * n + "- [ ] x\n" for n in range(60)),
        "> " * 3000 + "- [ ] x\n",
        "- " * 3000 + "[ ] x\n",
        "[ ] " * 20_000,
        "`" * 30_000,
        "**Verification**:\n\n" * 5000,
        "### Verification\n" * 9000,
        "#" * 100_000,
        "(after: " + "1, " * 30_000,
        "- [ ] a (after: 1" + " 1" * 9000 + "\n",
        "- [ ] " + "#1" * 20_000 + "\n",
        "| [ ] " * 9000,
        "**" * 30_000,
        "- [ ] a\n  after: 1" + " " * 200_000 + "x",
        "- [ ] a" + " " * 200_000 + "x\n",
        "- [ ] a\n" + ("  " + "` `` ```` ``````` " * 50 + "\n") * 300,
    ],
    ids=lambda text: f"{text[:12]!r}x{len(text)}",
)
def test_hostile_text_is_read_in_no_time(text: str) -> None:
    for body in (text, f"## Acceptance Criteria\n{text}", f"## Commands\n{text}\n## Acceptance Criteria\n- [ ] a\n"):
        assert isinstance(parse_task(body.encode()), Task)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="-[] x\n\t`#1.*>:<!", max_size=60).map(str.encode)))
def test_no_bytes_make_a_reading_raise(data: bytes) -> None:
    for whole in (data, b"## Acceptance Criteria\n" + data, b"---\nupdated: " + data):
        task = parse_task(whole)
        assert task.digest == consent_digest(whole)
        assert task.criteria or task.fatal


@pytest.mark.parametrize(
    "text",
    ["---\nupdated: a{}b\n---\n", "**Status**: a{}b\n\n", "Status: a{}b\n\n", "**Status**{}x\n\n", "# TASK-1{}x\n\n"],
)
def test_blanks_without_end_are_not_read_and_many_cost_nothing(text: str) -> None:
    rest = "## Acceptance Criteria\n- [ ] a\n"
    task = parse_task((text.format(" " * 60_000) + rest).encode())
    assert task.fatal[0].message.startswith("more than 500 blanks in a row")
    task = parse_task((text.format((" " * 400 + "y") * 100) + rest).encode())
    assert (len(task.criteria), task.fatal) == (1, ())


def test_a_template_is_a_task_that_ticks_nothing_as_it_stands() -> None:
    task = parse_task(new_task("TASK-001", 'A: "quoted" # title', ["Builds"], "../service", "2026-11-20"))
    assert (task.problems, task.id, task.title) == ((), "TASK-001", 'A: "quoted" # title')
    assert (task.labels, task.project, task.updated) == (("builds",), "../service", "2026-11-20")
    assert [(c.checked, len(c.commands), len(c.verify)) for c in task.criteria] == [(False, 1, 1)]
