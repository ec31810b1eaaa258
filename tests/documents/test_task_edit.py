"""Byte-exact edits of task files: only the bytes they must change, and consent stays as it was."""

from __future__ import annotations

import difflib
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reifierd.documents.model import Attributes, Step
from reifierd.documents.task import consent_digest, parse_task
from reifierd.documents.task_edit import edit_task, one_line, open_sheet
from reifierd.documents.task_model import Task
from reifierd.errors import UsageError

FILE = """---
id: TASK-7
updated: 2026-11-19   # by hand
labels: [builds]
---
# Build it

## Acceptance Criteria
- [ ] The image is built
  ```bash
  make image
  ```
- [ ] It is pushed

## Progress Log
- 2026-11-19 09:00: begun

## Notes
Nothing.
"""
NOW = "2026-11-20 14:30"
LINE = f"- {NOW}: built"


def changed(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    """What was replaced by what."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [(before[a:b], after[c:d]) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_an_edit_touches_the_mark_the_value_and_the_log_only(newline: str, bom: bytes) -> None:
    before = bom + FILE.replace("\n", newline).encode()
    after = edit_task(before, (2,), NOW, [LINE])
    expected = (
        FILE.replace("[ ] It is", "[x] It is")
        .replace("2026-11-19   #", "2026-11-20   #")
        .replace("begun\n", f"begun\n{LINE}\n")
    )
    assert after == bom + expected.replace("\n", newline).encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("updated: 2026-11-19", "updated: 2026-11-20"),
        ("updated: '2026-11-19'", "updated: '2026-11-20'"),
        ('updated: "2026-11-19 08:00"', 'updated: "2026-11-20 14:30"'),
        ("updated_date: '2026-11-19 08:00'", "updated_date: '2026-11-20 14:30'"),
        ("updated:", "updated: 2026-11-20"),
        ("updated:   # soon", "updated: 2026-11-20   # soon"),
        ("'updated': never", "'updated': 2026-11-20"),
        ("updated: 2026-11-19 # a: b", "updated: 2026-11-20 # a: b"),
        ("updated_date: 2026-11-19\nupdated: 2026-11-19", "updated_date: 2026-11-19\nupdated: 2026-11-20"),
        ("title: a\nother: |\n  text", "title: a\nother: |\n  text\nupdated: 2026-11-20"),
        ("# nothing yet", "# nothing yet\nupdated: 2026-11-20"),
        ("  title: indented", "  title: indented"),  # no key can be added there byte-exactly: left alone
        ("{title: a}", "{title: a}"),
        ("updated:\n  2026-11-19", "updated:\n  2026-11-19"),  # not one value on its line
        ("updated: [2026]", "updated: [2026]"),
    ],
)
def test_updated_keeps_its_spelling_and_its_precision(old: str, new: str) -> None:
    text = "---\n{}\n---\n## Acceptance Criteria\n- [ ] a\n"
    before = text.format(old).encode()
    after = edit_task(before, updated=NOW)
    assert after == text.format(new).encode()
    assert consent_digest(after) == consent_digest(before)
    assert edit_task(after, updated=NOW) == after


def test_updated_in_a_bold_line_is_the_value_that_is_set() -> None:
    meta = "**Status**: open | **Last Updated**: {} | **Priority**: low"
    text = f"# TASK-7: Build\n\n{meta}\n\n## Acceptance Criteria\n- [ ] a\n"
    before = text.format("2026-11-19").encode()
    after = edit_task(before, updated=NOW)
    assert after == text.format("2026-11-20").encode()
    assert consent_digest(after) == consent_digest(before)


def test_a_file_without_front_matter_gets_none() -> None:
    before = b"## Acceptance Criteria\n- [ ] a\n"
    assert edit_task(before, updated=NOW) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Progress Log\n- a\n", "## Progress Log\n- a\n- new\n"),
        ("## Progress Log\n- a", "## Progress Log\n- a\n- new"),
        ("## Progress Log\n", "## Progress Log\n\n- new\n"),
        ("## Progress Log", "## Progress Log\n\n- new"),
        ("## Progress Log\n\n", "## Progress Log\n\n- new\n"),
        ("## Progress Log\n\n## Notes\n", "## Progress Log\n\n- new\n\n## Notes\n"),
        ("## Progress Log\n## Notes\n", "## Progress Log\n\n- new\n\n## Notes\n"),
        ("## Progress Log\n\n\n\n## Notes\n", "## Progress Log\n\n- new\n\n\n## Notes\n"),
        ("## Progress Log\nNothing yet.\n\n## Notes\n", "## Progress Log\nNothing yet.\n\n- new\n\n## Notes\n"),
        ("## Progress Log\n- a\n\n  more\n\n\n# Notes\n", "## Progress Log\n- a\n\n  more\n- new\n\n\n# Notes\n"),
        ("### progress log ###\n* a\n  - b\n### X\n", "### progress log ###\n* a\n  - b\n- new\n### X\n"),
        ("\n**Progress Log**\n\n- a\n", "\n**Progress Log**\n\n- a\n- new\n"),
        ("## Progress Log\n- a\n### Monday\n- b\n## X\n", "## Progress Log\n- a\n### Monday\n- b\n- new\n## X\n"),
        ("\nProgress Log\n---\n- a\n", "\nProgress Log\n---\n- a\n- new\n"),
        ("## Progress Log\n<!-- newest last -->\n", "## Progress Log\n<!-- newest last -->\n\n- new\n"),
        ("## Progress Log\n```text\n## Notes\n```\n", "## Progress Log\n```text\n## Notes\n```\n\n- new\n"),
        ("", "\n## Progress Log\n\n- new\n"),
        ("text", "text\n\n## Progress Log\n\n- new"),
        ("text\n\n", "text\n\n## Progress Log\n\n- new\n"),
        ("> quoted\n", "> quoted\n\n## Progress Log\n\n- new\n"),
    ],
)
def test_a_log_line_goes_to_the_end_of_its_section(old: str, new: str) -> None:
    text = "## Acceptance Criteria\n- [ ] a\n{}"
    before = text.format(old).encode()
    after = edit_task(before, log=["- new"])
    assert after.decode() == text.format(new)
    assert consent_digest(after) == consent_digest(before)
    assert parse_task(after).log_lines[-1] == "new"


@pytest.mark.parametrize("open_block", ["```text\nnever closed", "<!-- never closed", "~~~\n", "<pre>\n"])
def test_a_log_that_something_would_swallow_is_refused(open_block: str) -> None:
    with pytest.raises(UsageError, match="never closed"):
        edit_task(f"## Acceptance Criteria\n- [ ] a\n\n{open_block}".encode(), log=["- new"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- 2026-11-20 14:30: built", "- 2026-11-20 14:30: built"),
        ("two\nlines\r\n## Acceptance Criteria", "- two lines ## Acceptance Criteria"),
        ("```bash", "- \\```bash"),
        ("<!-- x", "- \\<!-- x"),
        ("# x", "- \\# x"),
        ("1. x", "- 1\\. x"),
        ("(x) `y` 5) z", "- (x) `y` 5) z"),
        ("- - x", "- \\- x"),
        ("_x_", "- _x_"),
        ("- [ ] x", "- \\[ ] x"),
        ("\x1b[31mred", "- \\x1b[31mred"),
    ],
)
def test_a_log_line_is_one_plain_item(text: str, expected: str) -> None:
    assert one_line(text) == expected == one_line(expected)
    assert parse_task(edit_task(FILE.encode(), log=[text])).log_lines[1:] == (expected.removeprefix("- "),)


def test_a_number_that_no_criterion_has_is_an_error() -> None:
    with pytest.raises(UsageError, match="no criterion 3"):
        edit_task(FILE.encode(), (3,))


def test_a_sheet_is_edited_again_and_again_as_if_it_were_read_anew() -> None:
    sheet = open_sheet(FILE.encode())
    for n, minute in enumerate(range(30, 50), 1):
        again = open_sheet(sheet.data).edit((1 + n % 2,), f"2026-11-{n:02} 14:{minute}", [f"event {n}"])
        sheet = sheet.edit((1 + n % 2,), f"2026-11-{n:02} 14:{minute}", [f"event {n}"])
        assert (sheet.data, sheet.places, sheet.log) == (again.data, again.places, again.log)


# --- for any file -----------------------------------------------------------------------------------------------------

WORD = st.sampled_from(
    ["build", "naïve ✓", "`code`", "**bold**", "a [link](x)", "<b>", "[ ] no", "&amp;", "\\[ ] esc", "日本"]
)
TEXT = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
BULLET = st.sampled_from(["-", "*", "+", "1.", "2)", "-   ", "-\t"])
MARK = st.sampled_from(["[ ]", "[x]", "[X]"])
NUMBER = st.sampled_from(["", "#1 ", "**1.** ", "AC2: ", "3) "])


@st.composite
def item(draw: st.DrawFn, depth: int = 0) -> str:
    """A list item, with or without a box, with blocks and items below it."""
    bullet = draw(BULLET)
    box = draw(st.sampled_from(["", "**"])) + draw(MARK) + " " if draw(st.booleans()) else ""
    lines = [f"{box}{draw(NUMBER)}{draw(TEXT)}".replace("**[ ] ", "[ ] ").replace("**[x] ", "[x] ")]
    indent = " " * (len(bullet) + 1) if "\t" not in bullet else "\t"
    for kind in draw(
        st.lists(st.sampled_from(["fence", "tilde", "span", "after", "quote", "comment", "more"]), max_size=3)
    ):
        lines += {
            "fence": ["```bash", "make all", "", "- [ ] not one", "```"],
            "tilde": ["", "~~~sh {verify}", "test -e x", "~~~"],
            "span": ["`echo done`"],
            "after": ["", "after: none"],
            "quote": ["> - [ ] quoted"],
            "comment": ["<!-- - [ ] hidden -->"],
            "more": ["", draw(TEXT)],
        }[kind]
    if depth < 3 and draw(st.booleans()):
        lines += draw(item(depth + 1)).split("\n")
    return f"{bullet} {lines[0]}\n" + "\n".join((indent + line) if line else "" for line in lines[1:])


BLOCK = st.one_of(
    item(),
    TEXT,
    st.sampled_from(
        [
            "```text\n- [ ] in a block\n```",
            "<!--\n- [ ] in a comment\n-->",
            "<!-- AC:BEGIN -->",
            "<!-- AC:END -->",
            "> - [ ] in a quotation",
            "    - [ ] indented",
            "***",
            "```bash\nmake apart\n```",
            "\ttabbed",
            "",
        ]
    ),
)
HEADING = st.sampled_from(
    [
        "## Acceptance Criteria",
        "### ACCEPTANCE criteria ###",
        "**Acceptance Criteria**:",
        "## Progress Log",
        "# progress log",
        "## Commands",
        "### 1. build",
        "## Verification",
        "## Dependencies",
        "## Notes",
        "Setext\n------",
    ]
)
FRONT = st.sampled_from(
    [
        "",
        "---\nid: TASK-1\nupdated: 2026-01-01\n---\n",
        "---\nupdated: '2026-01-01 10:00'\nid: T\n---\n",
        "---\nid: BACK-1\nupdated_date: '2026-01-01 10:00'\nlabels: []\n---\n\n",
        "---\nid: TASK-1\n---\n",
        "---\n{id: T}\n---\n",
        "---\n---\n",
        "**Updated**: 2026-01-01\n\n",
        "# TASK-1: Title\n\n- **Updated:** never\n- **Labels**: a\n\n",
    ]
)


@st.composite
def task_files(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.one_of(HEADING, BLOCK), max_size=9))
    parts.insert(draw(st.integers(0, len(parts))), "## Acceptance Criteria\n\n- [ ] one at least")
    gaps = draw(st.lists(st.sampled_from(["\n", "\n\n", "\n\n\n", "\n  \n"]), min_size=len(parts), max_size=len(parts)))
    text = draw(FRONT) + "".join(part + gap for part, gap in zip(parts, gaps, strict=True))
    text = text.rstrip("\n") + draw(st.sampled_from(["", "\n", "\n\n"]))
    bom = draw(st.sampled_from(["", "\ufeff"]))
    return (bom + text).replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"]))).encode()


@settings(max_examples=150, deadline=None)
@given(
    task_files(),
    st.sets(st.integers(1, 4)),
    st.lists(st.sampled_from(["built", "- x: y", "```", "1) z", "", "- [ ] q", "===", "---"]), max_size=2),
)
def test_any_file_keeps_every_byte_that_an_edit_need_not_change(data: bytes, check: set[int], log: list[str]) -> None:
    before = parse_task(data)
    assume(before.criteria)
    sheet = open_sheet(data)
    check = {n for n in check if n <= len(before.criteria)}
    try:
        after = sheet.edit(check, NOW, log)
    except UsageError:
        return  # something is never closed: nothing was changed
    parsed = parse_task(after.data)
    assert [c.checked or c.n in check for c in before.criteria] == [c.checked for c in parsed.criteria]
    assert [[s.command for s in c.commands] for c in before.criteria] == [
        [s.command for s in c.commands] for c in parsed.criteria
    ]
    assert len(parsed.log_lines) == len(before.log_lines) + len(log)
    assert (parsed.digest, parsed.sha256_bare) == (before.digest, before.sha256_bare)
    assert only_adds(data, after.data, check)
    assert [p.message for p in parsed.problems] == [p.message for p in before.problems]


def only_adds(before: bytes, after: bytes, check: set[int]) -> bool:
    """Every byte of the old file is there in order, save the marks and the value of `updated`."""
    hidden = [re.sub(rb"20\d\d-\d\d-\d\d(?: \d\d:\d\d)?|(?<=\*\* )never", b"", d) for d in (before, after)]
    hidden = [re.sub(rb"\[[ xX]\]", b"[ ]", d) for d in hidden]
    rest = iter(hidden[1])
    return all(byte in rest for byte in hidden[0])


@settings(max_examples=100, deadline=None)
@given(task_files(), st.data())
def test_any_other_edit_changes_what_consent_covers(data: bytes, draw: st.DataObject) -> None:
    task = parse_task(data)
    assume(not task.fatal and task.criteria)
    places = open_sheet(data).places
    at = draw.draw(st.integers(0, len(data)))
    log = (places.log_start, places.log[1]) if places.log else (0, 0)
    line = places.updated_line or places.updated or (0, 0)
    assume(not log[0] <= at <= log[1] and not line[0] <= at <= line[1] and at < len(data.rstrip()))
    edited = data[:at] + b"Q" + data[at:]
    assume(edited.decode("utf-8", "replace").count("\ufffd") == 0)
    assert consent_digest(edited) != task.digest


WEIRD = st.sampled_from(
    [
        "## Commands\n### 1\n```bash\nevil\n```",
        "### Commands\n#### 1\n`evil`",
        "**Commands**:\n\n1. `evil`",
        "# One more title",
        "### Acceptance Criteria\n- [ ] evil\n  `evil`",
        "**Acceptance Criteria**:",
        "```",
        "~~~bash",
        "<!--",
        "-->",
        "<pre>",
        "- [ ] evil",
        "  ```bash\n  evil\n  ```",
        "\t`evil`",
        "===",
        "---",
        "> quoted",
        "[x]: evil",
        "Verification\n---\n- `evil`",
        "updated: x",
        "**Updated**: 2026",
        "text",
        "",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    task_files(),
    st.sampled_from(
        ["## Progress Log", "# Progress Log", "**Progress Log**", "Progress Log\n---", "#### progress log"]
    ),
    st.lists(WEIRD, min_size=1, max_size=4),
    st.sampled_from(["", "## Verification\n- `true`\n", "### Commands\n1. `true`\n", "```\nx\n```\n", "-->\n"]),
)
def test_what_consent_does_not_cover_can_change_nothing_that_runs(
    data: bytes, heading: str, edits: list[str], rest: str
) -> None:
    start = data + f"\n\n{heading}\n\n- begun\n".encode()
    before, after = (parse_task(start + text.encode() + rest.encode()) for text in ("", "\n".join(edits) + "\n"))
    if after.digest == before.digest and not after.fatal:
        assert meaning(after) == meaning(before)


def meaning(task: Task) -> object:
    """All that decides what runs, without the lines where it stands."""
    criteria = [(c.name, c.number, c.after, c.parent, texts(c.commands), texts(c.verify)) for c in task.criteria]
    front = {key: value for key, value in task.front.items() if not key.startswith("updated")}
    needs = (task.dependencies, task.programs, task.project, task.labels, task.id, front)
    return criteria, texts(task.verification), needs


def texts(steps: tuple[Step, ...]) -> list[tuple[str, Attributes]]:
    return [(step.command, step.attributes) for step in steps]
