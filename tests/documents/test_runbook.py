"""Runbooks: Markdown in, steps and problems out; two readers; nothing crashes or hangs a reading."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.documents import Attributes, Runbook, SectionKind, parse_runbook, readers, runbook
from reifierd.documents.runbook import DISAGREE
from reifierd.documents.text import MOST_BYTES, MOST_LINES

DATA = Path(__file__).parent.parent / "data" / "runbooks"


def cases() -> list[tuple[str, str, str]]:
    """Fixture files: a title, `.`, Markdown, `.`, what is read, `.`"""
    found = []
    for file in sorted(DATA.glob("*.md")):
        parts = file.read_text(encoding="utf-8").split("\n.\n")
        titles, documents, expected = parts[0:-1:3], parts[1::3], parts[2::3]
        found += [
            (f"{file.stem}: {t.strip()}", d + "\n", e) for t, d, e in zip(titles, documents, expected, strict=True)
        ]
    return found


CASES = cases()


def told(book: Runbook) -> str:
    """A runbook as lines that a person can compare."""
    lines = [f"title {book.title}"] if book.title else []
    for step in book.steps:
        given_ones = [(f.name, getattr(step.attributes, f.name)) for f in fields(Attributes)]
        changed = sorted(f"{name}={value}" for name, value in given_ones if value != getattr(Attributes(), name))
        extra = " ".join([*changed, *(f"<{p}>" for p in step.placeholders)])
        parts = [f"step {step.line} {step.section} |", f"{step.title} |", step.command.replace("\n", "⏎"), f"| {extra}"]
        lines.append(" ".join(part.lstrip() for part in (parts if extra else parts[:-1])))
    lines += [f"param {p.name}" + (f"={p.value}" if p.value is not None else "") for p in book.params]
    lines += [f"question {q.line} {q.text}" for q in book.questions]
    lines += [f"problem {p.line}{'!' * p.fatal} {p.message}" for p in book.problems]
    return "\n".join(lines)


@pytest.mark.parametrize(("markdown", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_runbook_is_read_as_its_fixture_says(markdown: str, expected: str) -> None:
    assert told(parse_runbook(markdown.encode())) == expected


@pytest.mark.parametrize(("markdown", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_line_ends_and_a_byte_order_mark_change_nothing(markdown: str, expected: str) -> None:
    windows = b"\xef\xbb\xbf" + markdown.replace("\n", "\r\n").encode()
    assert told(parse_runbook(windows)) == expected


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"# X\n\n\xff\n", 3, "no valid UTF-8: byte 0xff at column 1"),
        (b"# X\nab\0\n", 2, "a NUL character at column 3"),
        (b"x" * (MOST_BYTES + 1), 1, "larger than"),
        (b"\n" * (MOST_LINES + 1), MOST_LINES, "more than 20000 lines"),
        (b"---\na: " + b"x" * 70_000 + b"\n---\n", 1, "the front matter is larger than 64 KiB"),
        (b"---\na: " + b"[" * 30_000 + b"\n---\n", 2, "the front matter cannot be read: nested too deep"),
    ],
)
def test_bytes_that_are_no_runbook_are_a_fatal_problem(data: bytes, line: int, message: str) -> None:
    book = parse_runbook(data)
    assert [(p.line, p.fatal) for p in book.problems] == [(line, True)]
    assert book.problems[0].message.startswith(message)


@pytest.mark.parametrize(
    ("command", "fatal", "name"),
    [
        ("echo \u202etxt", True, "RIGHT-TO-LEFT OVERRIDE"),
        ("echo \x1b[8m", True, "control"),
        ("echo\u00a0a", False, "NO-BREAK"),
    ],
)
def test_what_shows_something_else_than_what_runs_is_said(command: str, fatal: bool, name: str) -> None:
    (problem,) = parse_runbook(f"## Fix\n```sh\ntrue\n{command}\n```\n".encode()).problems
    assert (problem.line, problem.fatal) == (4, fatal)
    assert name in problem.message


def test_invariant_3_two_readers_that_disagree_stop_a_real_document() -> None:
    """Deeper nesting than either reads: one drops what the other still sees."""
    document = "## Fix\n\n" + "".join("  " * n + "- a\n" for n in range(25)) + "  " * 25 + "- `rm x`\n\n- `true`\n"
    seen = [
        [event.text for event in read(document) if event.kind == "span"]
        for read in (readers.read_first, readers.read_second)
    ]
    assert seen[0] != seen[1]
    assert [problem.message for problem in parse_runbook(document.encode()).fatal] == [DISAGREE]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("true", "rm x"),
        ("- `false`", "- false"),
        ("## Notes", "- `rm y`"),
        ("## Fix", "## Rollback"),
        ("```sh", "```sh {strict}"),
    ],
)
def test_invariant_3_two_readers_must_see_the_same_blocks(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """One block more or less, another text, section or attribute: nothing may run."""
    document = "## Fix\n\n```sh\ntrue\n```\n\n- `false`\n\n## Notes\n"
    assert parse_runbook(document.encode()).fatal == ()
    seen = readers.read_second(document.replace(old, new))
    monkeypatch.setattr(runbook, "read_second", lambda _: seen)
    assert [problem.message for problem in parse_runbook(document.encode()).fatal] == [DISAGREE]


def test_the_bare_hash_does_not_know_the_overrides() -> None:
    document = b"---\r\ntitle: x\r\n# why\r\nhosts: [a]\r\n---\r\n# X\r\n"
    bare = parse_runbook(document)
    assert bare.sha256_bare == bare.sha256 == hashlib.sha256(document).hexdigest()
    key = b"overrides:\r\n- {rule: a, until: '2026-11-21', sha256: '" + b"0" * 64 + b"'}\r\n"
    for place in (b"title", b"# why", b"hosts", b"---\r\n# X"):
        marked = document.replace(place, key + place)
        assert parse_runbook(marked).problems == ()
        assert parse_runbook(marked).sha256_bare == bare.sha256
        assert parse_runbook(marked).sha256 != bare.sha256


def test_a_front_matter_of_nothing_but_overrides_counts_as_none() -> None:
    document = b"# X\n"
    marked = b"---\noverrides: [\n]\n---\n" + document
    assert parse_runbook(marked).sha256_bare == parse_runbook(document).sha256


# --- honest documents: both readers agree ---------------------------------------------------------------------------

code = st.lists(
    st.sampled_from(
        ["systemctl restart app", "  indented", "", "$ uptime", "# comment", "a: b", "```", "\ttab", "EOF", "- x"]
    ),
    min_size=1,
    max_size=4,
)
titles = st.sampled_from(["Look at **this**:", "Then `that`", "Restart <pod>", "A line with words"])
headings = st.sampled_from(["Fix", "Diagnosis", "2. Verify:", "Notes", "Rollback"])


@st.composite
def blocks(draw: st.DrawFn, number: int) -> str:
    language = draw(st.sampled_from(["bash", "console", "text", "sh {gate}", ""]))
    marker = draw(st.sampled_from(["", f"{number}. ", "- ", "* "]))
    indent = " " * (len(marker) + draw(st.sampled_from([0, 0, 1])) if marker else 0)
    head = [marker + draw(titles)] if marker else []
    blank = [""] if draw(st.booleans()) else []
    return "\n".join([*head, *blank, *(indent + line for line in (f"````{language}", *draw(code), "````"))])


@st.composite
def honest(draw: st.DrawFn) -> str:
    parts = ["# Title"]
    for _ in range(draw(st.integers(1, 4))):
        parts.append("#" * draw(st.integers(2, 4)) + " " + draw(headings))
        parts += [draw(blocks(number)) for number in range(1, draw(st.integers(1, 4)))]
        if draw(st.booleans()):
            parts.append("1. `echo one`\n2. `echo two` {gate}\n3. prose")
    return "\n\n".join(parts) + "\n"


@settings(max_examples=150, deadline=None)
@given(honest())
def test_invariant_3_two_readers_agree_on_honest_documents(document: str) -> None:
    assert [p for p in parse_runbook(document.encode()).problems if p.message == DISAGREE] == []


# --- hostile documents: bounded, never raising ----------------------------------------------------------------------

BITS = (
    "---\n|## Fix\n|```bash\n|```\n|~~~sh\n|- |1. |> |    |\t|`|`x`|{|}|$ x\n|\\|<!--|<div>\n|-->|"
    "a: |&a |*a|[|]|: |\n|\r|<x>|'|\"|<<E\n|E\n|\ufeff|\x0c|\u2028|x|params:|!!set "
)
pieces = st.sampled_from(BITS.split("|"))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.lists(pieces, max_size=40).map(lambda found: "".join(found).encode())))
def test_no_bytes_make_a_reading_raise(data: bytes) -> None:
    book = parse_runbook(data)
    assert book.sha256 == hashlib.sha256(data).hexdigest()
    assert all(step.section in SectionKind for step in book.steps)


@pytest.mark.timeout(30)
def test_lists_a_thousand_deep_are_read_or_refused() -> None:
    document = "## Fix\n" + "".join("  " * n + "- a\n" for n in range(600)) + "\n```bash\ntrue\n```\n"
    assert parse_runbook(document.encode()[:MOST_BYTES]).title == "Fix"


@pytest.mark.parametrize(
    "env",
    ["{'A=B': x}", "{'': x}", "{1A: x}", '{A: "b\\0c"}', '{A: "\\e[1m"}', "[A]", "{A: [b]}", "x"],
)
def test_variables_that_no_program_can_be_given_are_a_fatal_problem(env: str) -> None:
    runbook = parse_runbook(f"---\ntitle: T\nenv: {env}\n---\n# T\n\n## Fix\n\n`true`\n".encode())
    assert [(p.line, "env" in p.message) for p in runbook.fatal] == [(3, True)]


def test_an_environment_of_several_lines_is_read() -> None:
    runbook = parse_runbook(b"---\nenv:\n  A: |\n    one\n    two\n  B: 5\n---\n# T\n\n## Fix\n\n1. `true`\n")
    assert runbook.fatal == ()
