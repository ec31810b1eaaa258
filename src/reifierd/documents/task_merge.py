"""Our edits of a task file carried over to what a person made of it meanwhile: both survive.

What we did is told by our bytes: boxes checked, log lines added, `updated` set. A box is found again by its criterion's
text (the second of two equal ones is the second one there too), so a criterion may have moved or been numbered anew;
one whose text was changed is not ticked, since what was proved is no longer what it says. Merging again changes
nothing: a log line of ours that stands there already (the person's editor had read our file) is not added twice.
"""

from __future__ import annotations

from collections import Counter

from reifierd.documents.task import read, read_source
from reifierd.documents.task_edit import TaskSheet, sheet_of
from reifierd.documents.task_names import name_of, same_words


def merge_edits(base: bytes, mine: bytes, theirs: bytes) -> bytes:
    """`theirs` with the edits that lead from `base` to `mine`. Raises UsageError where one of them cannot be read."""
    if base == theirs:
        return mine
    (_, old), (keys, new), (their_keys, sheet) = (_opened(data) for data in (base, mine, theirs))
    places = {key: n for n, key in enumerate(their_keys, 1)}
    ticked = [places[keys[n - 1]] for n in sorted(new.checked - old.checked) if keys[n - 1] in places]
    updated = new.updated if new.updated != old.updated else ""
    return sheet.edit(ticked, updated, [f"- {line}" for line in _missing(old, new, sheet)]).data


def _missing(old: TaskSheet, new: TaskSheet, theirs: TaskSheet) -> list[str]:
    """The log lines that we added and that theirs does not have."""
    ours = Counter(new.log) - Counter(old.log)
    wanting = ours - (Counter(theirs.log) - Counter(old.log))
    missing = []
    for line in reversed(new.log):  # of equal lines the last ones are ours
        if wanting[line] > 0:
            wanting[line] -= 1
            missing.append(line)
    return missing[::-1]


def _opened(data: bytes) -> tuple[list[tuple[str, int]], TaskSheet]:
    """What tells each criterion from the others, and the sheet."""
    source = read_source(data)
    sheet = sheet_of(source)
    seen: dict[str, int] = {}
    keys = []
    for found in read(list(source.placed)).criteria:
        text = same_words(name_of(found.content).name)
        seen[text] = seen.get(text, 0) + 1
        keys.append((text, seen[text]))
    return keys, sheet
