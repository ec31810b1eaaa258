"""What a task file says about itself: in its front matter, in bold lines before its first section, in its title.

`**Priority**: high`, `- **Labels:** builds, registry` and a paragraph of nothing but `Key: value` lines are read as the
front matter's keys of the same name, which win. Unknown values of `status` and `priority` are kept and reported.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reifierd.documents.blocks import Block
from reifierd.documents.front import Front, read_front
from reifierd.documents.model import Problem
from reifierd.documents.readers import plain_text
from reifierd.documents.task_outline import Part, Placed
from reifierd.documents.words import NOTHING, PRIORITIES, STATUSES, TASK_KEYS, TASK_MORE_KEYS

_NEAR = 0.85  # of difflib; `updated_date`, `parent_task` and the like are nobody's mistake
ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\d+(?:\.\d+)*")
_BOLD = re.compile(r"\A\s*(?:\*\*|__)([A-Za-z][\w -]{0,30}?)\s*(?::(?:\*\*|__)|(?:\*\*|__)\s*:)(.*)\Z")
_PLAIN = re.compile(r"\A\s*([A-Za-z][\w -]{0,30}?)\s*:\s+(.*)\Z")
_AT = re.compile(r"^([ \t]*(?:assignee|reporter):[ \t]+)([@\[][^\n]*)$", re.M)
_AT_NAME = re.compile(r"(?<![\w'\"])@[^\s,\]'\"]+(?![\w'\"])")
_BETWEEN = re.compile(r"(?<!\s)\s+[|·•]\s+")
_TITLE = re.compile(rf"\A(?:task\s*[:#-]?\s*)?\[?({ID.pattern})\]?\s*(?:[:\u2013\u2014-]\s*|\s|\Z)", re.I)
_NAME = re.compile(rf"\A({ID.pattern})(?=\W|_|\Z)")
_PROGRAM = re.compile(r"[A-Za-z0-9][\w.+-]*\Z", re.ASCII)
_VERSION = re.compile(
    r"\s*(?:[(\[:\u2013\u2014,]|[-<>=~^]|v?\d|(?:is )?(?:installed|available)\b|or (?:newer|later)\b|\Z)"
)


def read_task_front(text: str) -> Front:
    """The front matter's YAML; `assignee: @name`, which is none, is read as Backlog.md reads its own files."""
    return read_front(_AT.sub(lambda found: found[1] + _quoted(found[2]), text))


def _quoted(value: str) -> str:
    if value.startswith("["):
        return _AT_NAME.sub(r'"\g<0>"', value)
    return '"' + value.rstrip().replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class Meta:
    """`rank` orders by priority, 0 first; `words` are the keys as texts and lists, whoever said them."""

    id: str
    title: str
    priority: str
    rank: int
    status: str
    project: str
    updated: str
    labels: tuple[str, ...]
    dependencies: tuple[str, ...]
    programs: tuple[str, ...]


def read_meta(
    front: Front, placed: list[Placed], needs: list[tuple[str, int]], name: str
) -> tuple[Meta, list[Problem]]:
    """`needs` are the lines of a Dependencies section, `name` the file's name, which may hold the id."""
    given = {TASK_KEYS.get(_known(key)): value for key, value in reversed(list(front.data.items()))}
    lines = {TASK_KEYS.get(_known(key)): line for key, line in front.lines.items()}
    for key, value, line in _bold_lines(placed):
        if key not in given:
            given[key], lines[key] = value, line
    heading = next((plain_text(p.block.text) for p in placed if p.block.kind == "heading" and not p.opens), "")
    title_id = _TITLE.match(heading)
    found_id = _text(given.get("id")) or (title_id[1] if title_id else id_of(name))
    bare = heading[title_id.end() :].strip() if title_id else heading
    problems: list[Problem] = []
    tasks, programs = _needed(given, needs, found_id, lines, problems)
    priority, status = _text(given.get("priority")), _text(given.get("status"))
    meta = Meta(
        id=found_id,
        title=_text(given.get("title")) or bare or found_id,
        priority=priority,
        rank=PRIORITIES.get(_known(priority), PRIORITIES[""]),
        status=status,
        project=_text(given.get("project")),
        updated=_text(given.get("updated")),
        labels=tuple(dict.fromkeys(label.lower() for label in _list(given.get("labels")))),
        dependencies=tasks,
        programs=programs,
    )
    odd = [*_unknown(priority, status, lines), *_shapes(given, lines), *_mistyped(front)]
    return meta, [*problems, *odd]


def id_of(name: str) -> str:
    """The id that a file's name holds, else the name itself."""
    found = _NAME.match(name)
    return found[1] if found else name.partition(".")[0]


def _known(value: str) -> str:
    """A key or a value as it is looked up."""
    return re.sub(r"[\s_-]+", " ", value).strip().lower()


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else " ".join(str(value).split())


def _list(value: Any) -> list[str]:
    """A list, or words between commas; `none` is nothing."""
    items = value if isinstance(value, list) else _text(value).strip("[]").split(",")
    texts = (_text(item).strip("`'\"* ") for item in items)
    return [text for text in texts if text.lower() not in NOTHING and text]


def _bold_lines(placed: list[Placed]) -> Iterator[tuple[str, str, int]]:
    for entry in placed:
        if entry.part is not Part.PREAMBLE:
            continue
        blocks = [entry.block, *entry.block.walk()] if entry.block.kind == "item" else [entry.block]
        for block in blocks:
            if block.kind == "text":
                yield from _keys_in(block)


def _keys_in(block: Block) -> Iterator[tuple[str, str, int]]:
    lines = block.text.split("\n")
    plain = all((found := _PLAIN.match(line)) and _known(found[1]) in TASK_KEYS for line in lines)
    for n, line in enumerate(lines):
        for piece in _BETWEEN.split(line.removesuffix("\\")):
            found = _BOLD.match(piece) or (_PLAIN.match(piece) if plain else None)
            key = TASK_KEYS.get(_known(found[1])) if found else None
            if key and found:
                yield key, plain_text(found[2]), block.line + n


# --- dependencies ---------------------------------------------------------------------------------------------------


def _needed(
    given: Mapping[str | None, Any],
    needs: list[tuple[str, int]],
    own: str,
    lines: Mapping[str | None, int],
    problems: list[Problem],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of tasks and names of programs, from the front matter and the Dependencies section."""
    tasks: dict[str, None] = {}
    programs: dict[str, None] = dict.fromkeys(_list(given.get("requires")))
    words = [(item, lines.get("dependencies", 1)) for item in _list(given.get("dependencies"))]
    for text, line in [*words, *needs]:
        if _known(text.strip("-*+ .")) in NOTHING or not text:
            continue
        found_tasks = [task for task in ID.findall(text) if _is_task(task, own)]
        program = "" if found_tasks else _program(text)
        tasks.update(dict.fromkeys(found_tasks))
        if program:
            programs[program] = None
        elif not found_tasks:
            hint = "name it alone, in backticks if it is a program"
            problems.append(Problem(line, f"neither a task nor a program: {text[:80]}", hint))
    return tuple(tasks), tuple(programs)


def _is_task(task: str, own: str) -> bool:
    prefix = task.partition("-")[0]
    return prefix.isupper() or prefix.lower() in ("task", own.partition("-")[0].lower())


def _program(text: str) -> str:
    """The program that a line names: in backticks, or as its first word with at most a version or a remark after it."""
    line = re.sub(r"\A\[[ xX]\]\s+", "", text)
    span = re.match(r"\A`([^`\s]+)(?:\s[^`]*)?`", line)
    if span:
        return span[1] if _PROGRAM.match(span[1]) else ""
    word = re.match(r"\A\**([A-Za-z0-9][\w.+-]*)\**", line, re.ASCII)
    name = word[1].rstrip(".") if word and _VERSION.match(line, word.end()) else ""
    return name.lower() if name.istitle() else name  # "Docker" in a sentence is the program docker


# --- what is odd ----------------------------------------------------------------------------------------------------


def _unknown(priority: str, status: str, lines: Mapping[str | None, int]) -> Iterator[Problem]:
    if _known(priority) not in PRIORITIES:
        yield Problem(lines.get("priority", 1), f"unknown priority {priority}: taken as normal")
    if status and _known(status) not in STATUSES:
        yield Problem(lines.get("status", 1), f"unknown status {status}: it changes nothing")


def _mistyped(front: Front) -> Iterator[Problem]:
    """A key that means nothing, and nearly is one that does; any other is somebody else's."""
    known = {*TASK_KEYS, *TASK_MORE_KEYS}
    for key, line in front.lines.items():
        near = [] if _known(key) in known else difflib.get_close_matches(_known(key), known, 1, _NEAR)
        if near:
            meant = TASK_KEYS.get(near[0], near[0])
            yield Problem(line, f"the key {key} changes nothing", f"did you mean {meant}?")


def _shapes(given: Mapping[str | None, Any], lines: Mapping[str | None, int]) -> Iterator[Problem]:
    """A mapping where a text or a list is needed is not guessed at."""
    for key in ("id", "title", "priority", "status", "project", "updated"):
        if isinstance(given.get(key), dict | list):
            yield Problem(lines.get(key, 1), f"{key} is a single value", f"{key}: …", fatal=True)
    for key in ("labels", "dependencies", "requires"):
        value = given.get(key)
        if isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(item, dict | list) for item in value)
        ):
            yield Problem(lines.get(key, 1), f"{key} is a list of words", f"{key}: [a, b]", fatal=True)
