"""A task file from its bytes: front matter, criteria with their commands, checks, dependencies, and all that is wrong.

What two independent readers do not see alike (a criterion, its mark, a command, whose it is, a check) is a
fatal problem; so are a file without any criterion, and whatever looks like a criterion and is none. Never raises,
whatever the bytes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from reifierd.documents.blocks import Block, blocks_first, blocks_second
from reifierd.documents.front import Front, find_front, without_key
from reifierd.documents.model import Problem
from reifierd.documents.params import read_params, with_placeholders
from reifierd.documents.runbook import DISAGREE
from reifierd.documents.settings import check_front
from reifierd.documents.task_commands import Checks, Commands
from reifierd.documents.task_criteria import Criteria
from reifierd.documents.task_front import id_of, read_meta, read_task_front
from reifierd.documents.task_model import Task
from reifierd.documents.task_outline import Part, Placed, place
from reifierd.documents.task_places import Places, covered, find_places
from reifierd.documents.task_reading import Reading, differ
from reifierd.documents.task_steps import Assembly
from reifierd.documents.text import decode, unix

_PLAINER = "write this part more plainly (blank lines around blocks, even indentation)"
_NO_CRITERION = "list them as `- [ ] …` below a heading `## Acceptance Criteria`"
_KEPT = 4  # readings: consent, turn, run and ticks ask for the same bytes one after the other


@dataclass(frozen=True)
class Source:
    """A task file as the first reader sees it: all that editing it needs. With `problems`, nothing of it is known."""

    data: bytes
    text: str = ""
    front: Front = field(default_factory=Front)
    body: str = ""
    placed: tuple[Placed, ...] = ()
    places: Places = field(default_factory=Places)
    problems: tuple[Problem, ...] = ()

    @property
    def consent(self) -> bytes:
        """What consent covers: all bytes of a file that is not read."""
        return self.data if self.problems else covered(self.data, self.places)


@lru_cache(_KEPT)
def read_source(data: bytes) -> Source:
    """Read a task file's bytes by the first reader. What it returns is shared: nobody changes it."""
    text, problem = decode(data)
    if problem:
        return Source(data, problems=(problem,))
    try:
        span = find_front(data)
    except ValueError as error:
        return Source(data, problems=(Problem(1, str(error), "end it with a line `---`", fatal=True),))
    front = read_task_front(unix(data[span.yaml_start : span.yaml_end].decode())) if span else Front()
    body = unix(data[span.end :].decode()) if span else text
    if front.problems:
        return Source(data, problems=front.problems)
    try:
        document = blocks_first(text)
        placed = tuple(place(document))
        return Source(data, text, front, body, placed, find_places(data, list(placed), front))
    except Exception as error:  # a foreign parser on any input: whatever it raises means "not read"
        return Source(data, problems=(_not_read(error),))


def _not_read(error: Exception) -> Problem:
    reason = str(error) if isinstance(error, ValueError) else type(error).__name__
    return Problem(1, f"cannot be read as Markdown ({reason})", "make it plainer", fatal=True)


@lru_cache(_KEPT)
def parse_task(data: bytes, name: str = "") -> Task:
    """Read a task file; `name` is the file's name, which gives the id where the file holds none.

    What it returns is shared: nobody changes it.

    All that is wrong is in `problems`, by line; with a fatal one nothing of it may run.
    """
    return task_of(read_source(data), name)


def task_of(source: Source, name: str = "") -> Task:
    """As `parse_task`, for a source that was read already."""
    sha256, digest = (hashlib.sha256(part).hexdigest() for part in (source.data, source.consent))
    if source.problems:
        named = id_of(name)
        return Task(named, named, problems=source.problems, sha256=sha256, digest=digest, sha256_bare=digest)
    front, placed = source.front, list(source.placed)
    reading = read(placed)
    meta, odd = read_meta(front, placed, reading.needs, name)
    assembly = Assembly(reading, source.places.boxes)
    params, wrong = read_params(front)
    problems = [*check_front(front), *reading.problems, *odd, *wrong, *assembly.problems]
    problems += [*_agreed(source, reading), *_empty(reading)]
    return Task(
        **vars(meta),
        criteria=assembly.criteria,
        verification=assembly.verification,
        log_lines=tuple(reading.log),
        params=with_placeholders(params, assembly.steps),
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, not problem.fatal))),
        front=front.data,
        sha256=sha256,
        digest=digest,
        sha256_bare=_bare(source, digest),
    )


def read(placed: list[Placed]) -> Reading:
    """Sort the blocks of a document into what they are; the same for either reader."""
    reading = Reading()
    criteria, commands, checks = Criteria(reading), Commands(reading), Checks(reading)
    for entry in placed:
        block = entry.block
        if entry.part is Part.CRITERIA:
            criteria.add(block, opens=entry.opens)
        elif entry.part is Part.COMMANDS:
            commands.add(entry)
        elif entry.part is Part.VERIFICATION and not entry.opens:
            checks.add(block)
        elif entry.part is Part.DEPENDENCIES and not entry.opens:
            reading.needs += _lines(block)
    reading.log += log_of(placed)
    return reading


def log_of(placed: Iterable[Placed]) -> list[str]:
    """The entries of the Progress Log, each on one line, as they are written."""
    return [" ".join(p.block.own_text.split()) for p in placed if p.part is Part.LOG and p.block.kind == "item"]


def _lines(block: Block) -> list[tuple[str, int]]:
    paragraphs = [b for b in (block, *block.walk()) if b.kind == "text"]
    return [(line.strip(), p.line + n) for p in paragraphs for n, line in enumerate(p.text.split("\n"))]


def _agreed(source: Source, reading: Reading) -> list[Problem]:
    """The first place where the second reader sees something else, the end of the front matter included."""
    ends = next((entry.block.end for entry in source.placed if entry.block.kind == "front"), 0)
    ours = source.text.count("\n") - source.body.count("\n")
    closed_at_end = bool(ends) and not source.body and not source.text.endswith("\n")
    if ends != ours + closed_at_end:
        return [Problem(1, DISAGREE, _PLAINER, fatal=True)]
    try:
        line = differ(reading, read(place(blocks_second(source.body))))
    except Exception as error:  # as above
        return [_not_read(error)]
    return [Problem(line, DISAGREE, _PLAINER, fatal=True)] if line else []


def _empty(reading: Reading) -> list[Problem]:
    if reading.criteria:
        return []
    return [Problem(1, "no acceptance criterion was found: nothing can be complete", _NO_CRITERION, fatal=True)]


def _bare(source: Source, digest: str) -> str:
    if "overrides" not in source.front.data:
        return digest
    consent = source.consent
    span = find_front(consent)
    front = read_task_front(unix(consent[span.yaml_start : span.yaml_end].decode())) if span else Front()
    return hashlib.sha256(without_key(consent, "overrides", front)).hexdigest()


def consent_bytes(data: bytes) -> bytes:
    """What consent for a task covers: its bytes without the marks in boxes, `updated` and the Progress Log."""
    return read_source(data).consent


def consent_digest(data: bytes) -> str:
    """The SHA-256 of `consent_bytes`, in hexadecimal."""
    return hashlib.sha256(consent_bytes(data)).hexdigest()
