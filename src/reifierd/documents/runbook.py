"""A runbook from its bytes: front matter, sections, steps, parameters, questions, and everything that is wrong.

Executable is a fenced block tagged as a shell or console, and a list item whose whole content is one code span inside a
section of steps; nothing else, ever. What two independent readers do not see alike is a fatal problem, as is whatever
changes what a step means and cannot be read. Never raises, whatever the bytes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from reifierd.documents.front import Front, find_front, read_front, without_key
from reifierd.documents.model import Problem, Question, Runbook, SectionKind
from reifierd.documents.params import read_params, with_placeholders
from reifierd.documents.readers import Event, language_of, plain_text, read_first, read_second, same
from reifierd.documents.sections import Outline
from reifierd.documents.settings import check_front
from reifierd.documents.steps import Builder
from reifierd.documents.text import decode, unix
from reifierd.documents.words import CONSOLE, NEAR_MISSES, SHELL

DISAGREE = "the two Markdown readers disagree here"
_FIRST_SECTION = "put it below a heading of steps, such as `## Fix Sequence`"


class Placed(NamedTuple):
    """An event and the section that it stands in."""

    section: SectionKind | None
    event: Event


def parse_runbook(data: bytes) -> Runbook:
    """Read a runbook's bytes. All that is wrong is in `problems`, by line; with a fatal one nothing of it may run."""
    sha256 = hashlib.sha256(data).hexdigest()
    text, problem = decode(data)
    if problem:
        return Runbook("", (), problems=(problem,), sha256=sha256, sha256_bare=sha256)
    try:
        span = find_front(data)
    except ValueError as error:
        problem = Problem(1, str(error), "end it with a line `---`", fatal=True)
        return Runbook("", (), problems=(problem,), sha256=sha256, sha256_bare=sha256)
    front = read_front(unix(data[span.yaml_start : span.yaml_end].decode())) if span else Front()
    sound = not front.problems
    bare = hashlib.sha256(without_key(data, "overrides", front)).hexdigest() if sound else sha256
    body = unix(data[span.end :].decode()) if span else text
    return _assemble(text, body, front, (sha256, bare))


def _assemble(text: str, body: str, front: Front, hashes: tuple[str, str]) -> Runbook:
    problems = [*front.problems, *check_front(front)]
    try:
        events, others = read_first(text), read_second(body)
    except Exception as error:  # two foreign parsers on any input: whatever they raise means "not read"
        events, others = [], []
        problems.append(
            Problem(1, f"cannot be read as Markdown ({type(error).__name__})", "make it plainer", fatal=True)
        )
    placed, known = place([event for event in events if event.kind != "front"])
    theirs, _ = place(others)
    problems += [*_front_agreed(events, text, body), *disagreements(placed, theirs)]
    builder = Builder()
    for section, event in _steps(placed, known=known):
        builder.add(section, event)
    params, wrong = read_params(front)
    problems += [*builder.problems, *wrong, *_not_steps(placed, known=known)]
    return Runbook(
        title=_title(front, placed),
        steps=tuple(builder.steps),
        params=with_placeholders(params, builder.steps),
        questions=tuple(sorted([*builder.questions, *_questions(placed)], key=lambda question: question.line)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, not problem.fatal))),
        front=front.data,
        sha256=hashes[0],
        sha256_bare=hashes[1],
    )


def place(events: Iterable[Event]) -> tuple[list[Placed], bool]:
    """Each event with its section, and whether the document has any section of steps at all."""
    events = list(events)
    outline = Outline([(event.level, event.text) for event in events if event.kind == "heading"])
    placed = []
    for event in events:
        if event.kind == "heading":
            outline.enter(event.level, event.text)
        placed.append(Placed(outline.section, event))
    return placed, outline.known


def _executable(placed: Placed) -> bool:
    """What both readers must see alike: every block that is, or in another section would be, a step."""
    if placed.event.kind == "span":
        return placed.section is not None
    return placed.event.kind == "fence" and language_of(placed.event.info) in SHELL | CONSOLE


def disagreements(first: list[Placed], second: list[Placed]) -> list[Problem]:
    """The first place where the two readers do not see the same executable blocks in the same sections."""
    mine, other = ([p for p in side if _executable(p)] for side in (first, second))
    last = mine[-1].event.begins if mine else 1
    for ours, theirs in zip_longest(mine, other):
        if ours is None:
            return [_disagreement(last)]
        if theirs is None or ours.section is not theirs.section or not same(ours.event, theirs.event):
            return [_disagreement(ours.event.begins)]
    return []


def _disagreement(line: int) -> Problem:
    return Problem(
        line, DISAGREE, "write this part more plainly (blank lines around blocks, even indentation)", fatal=True
    )


def _front_agreed(events: list[Event], text: str, body: str) -> list[Problem]:
    ends = events[0].line if events and events[0].kind == "front" else 0
    ours = text.count("\n") - body.count("\n")
    closed_at_end = bool(ends) and not body and not text.endswith("\n")
    return [] if ends == ours + closed_at_end else [_disagreement(1)]


def _steps(placed: list[Placed], *, known: bool) -> Iterable[tuple[SectionKind, Event]]:
    """In a document without any section of steps every fenced shell block is a fix."""
    for section, event in placed:
        if event.kind == "fence" and language_of(event.info) in SHELL | CONSOLE:
            if section or not known:
                yield section or SectionKind.FIX, event
        elif event.kind == "span" and section:
            yield section, event


def _not_steps(placed: list[Placed], *, known: bool) -> Iterable[Problem]:
    """What an author may have taken for a step."""
    heading = ""
    for section, event in placed:
        heading = event.text if event.kind == "heading" else heading
        if event.kind == "indented" and section:
            yield Problem(event.begins, "an indented block is no step", "fence it: ```bash")
        if event.kind != "fence":
            continue
        language = language_of(event.info)
        if language in SHELL | CONSOLE and known and section is None:
            where = f"under “{plain_text(heading)}”" if heading else "before the first heading"
            yield Problem(
                event.begins, f"this block stands {where}, which is no section of steps: no step", _FIRST_SECTION
            )
        elif language in NEAR_MISSES and section:
            what = f"tagged {language}" if language else "without a language"
            yield Problem(event.begins, f"a block {what} is no step", "tag it ```bash if it shall run, ```text if not")


def _questions(placed: list[Placed]) -> Iterable[Question]:
    """Prose under Preconditions, save what only leads to a block or a list."""
    for n, (section, event) in enumerate(placed):
        if section is not SectionKind.PRECONDITIONS or event.kind != "prose":
            continue
        following = placed[n + 1].event if n + 1 < len(placed) else event
        leads = event.text.rstrip().endswith(":") or (following.kind == "fence" and not following.nested)
        text = plain_text(event.text)
        if text and (event.nested or not leads):
            yield Question(text, event.line)


def _title(front: Front, placed: list[Placed]) -> str:
    title = front.data.get("title")
    if isinstance(title, str) and title.strip():
        return " ".join(title.split())
    return next((plain_text(p.event.text) for p in placed if p.event.kind == "heading"), "")
