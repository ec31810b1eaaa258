"""The criteria that a person asks for: `1,3`, `#2`, `2-4`, or a part of their text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reifierd.documents.task_model import Criterion, Task
from reifierd.documents.task_names import same_words
from reifierd.errors import UsageError

_RANGE = re.compile(r"#?([0-9]+)\s*(?:-|\.\.)\s*#?([0-9]+)\Z")


def select(task: Task, words: str) -> tuple[int, ...]:
    """The `n` of the criteria that `words` name, in the file's order. Raises UsageError for what names none, or many.

    A number is the one that the author wrote, where any criterion bears it, else the place in the file. A text with a
    comma in it is tried whole first.
    """
    whole = _by_text(task, words)
    if len(whole) == 1:
        return (whole[0].n,)
    found = {n for part in words.split(",") if part.strip() for n in _part(task, part.strip())}
    if not found:
        raise UsageError("no criterion is named", hint="--criteria 1,3")
    return tuple(sorted(found))


def _part(task: Task, word: str) -> Sequence[int]:
    if bounds := _RANGE.fullmatch(word):
        if int(bounds[1]) > int(bounds[2]):
            raise UsageError(f"{word} is no range", hint=f"--criteria {bounds[2]}-{bounds[1]}")
        numbers = range(int(bounds[1]), min(int(bounds[2]), len(task.criteria)) + 1)
        return [_number(task, str(n)) for n in numbers] or [_number(task, bounds[1])]
    if re.fullmatch(r"#?[0-9]+(?:\.[0-9]+)*\.?", word):
        return [_number(task, word.strip("#."))]
    found = _by_text(task, word)
    if len(found) != 1:
        what = "no criterion has" if not found else f"{len(found)} criteria have"
        raise UsageError(f"{what} the text {word!r}", hint=f"reifierd task show {task.id}")
    return [found[0].n]


def _number(task: Task, digits: str) -> int:
    written = [c.n for c in task.criteria if digits in re.findall(r"\d+(?:\.\d+)*", c.number)[:1]]
    if len(written) > 1:
        hint = "name it by its text"
        raise UsageError(f"{len(written)} criteria have the number {digits}", hint=hint)
    place = int(digits) if digits.isdigit() else 0
    if not written and not 1 <= place <= len(task.criteria):
        raise UsageError(f"there is no criterion {digits}", hint=f"reifierd task show {task.id}")
    return written[0] if written else place


def _by_text(task: Task, words: str) -> list[Criterion]:
    """The criterion of exactly that text, else those that have it in theirs."""
    wanted = same_words(words)
    if not wanted or re.fullmatch(r"[\d\s,.#-]+", words):
        return []
    exact = [c for c in task.criteria if wanted in (same_words(c.name), same_words(c.text))]
    return exact if len(exact) == 1 else [c for c in task.criteria if wanted in same_words(c.text)]
