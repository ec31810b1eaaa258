"""Two diffs of one file, the second taken after the first, as one.

Only the diffs are known, not the file: where hunks of both meet, what stood there in between is in one of them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

CONTEXT = 3  # lines around a change, as diff and git give them
_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class _Hunk:
    """`old` and `new` are lines with their line ends; the starts count from 1, as if no side were empty."""

    old_start: int
    old: tuple[str, ...]
    new_start: int
    new: tuple[str, ...]
    ends: bool  # the file ends with it: it has less context behind than before


def joined(first: str, second: str) -> str | None:
    """The unified diff from before `first` to after `second`; "" where they cancel out, None if it cannot be told."""
    one, other = _hunks(first), _hunks(second)
    heads = re.match(r"(--- .*\n\+\+\+ .*\n)", first)
    if not one or not other or heads is None:
        return None
    body, grown = "", 0
    for begin, end in _regions(one, other):
        middle: dict[int, str] = {}
        for start, lines in [(h.new_start, h.new) for h in one] + [(h.old_start, h.old) for h in other]:
            for n, line in enumerate(lines, start):
                if begin <= n < end and middle.setdefault(n, line) != line:
                    return None
        if sorted(middle) != list(range(begin, end)):
            return None
        mine = [h for h in one if begin <= h.new_start <= end and h.new_start + len(h.new) <= end]
        theirs = [h for h in other if begin <= h.old_start <= end and h.old_start + len(h.old) <= end]
        before = _replaced(middle, begin, end, [(h.new_start, len(h.new), h.old) for h in mine])
        after = _replaced(middle, begin, end, [(h.old_start, len(h.old), h.new) for h in theirs])
        old_start = begin - sum(len(h.new) - len(h.old) for h in one if h.new_start < begin)
        ends = any(h.ends and h.new_start + len(h.new) == end for h in one)
        ends |= any(h.ends and h.old_start + len(h.old) == end for h in other)
        body += _hunk_text(before, after, old_start, grown, ends)
        grown += len(after) - len(before)
    return heads[1] + body if body else ""


def _hunks(diff: str) -> list[_Hunk]:
    found: list[_Hunk] = []
    lines = diff.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        head = _HEAD.match(lines[at])
        at += 1
        if head is None:
            continue
        old: list[str] = []
        new: list[str] = []
        begin = at
        while at < len(lines) and lines[at][:1] in (" ", "+", "-"):
            if lines[at][0] in " -":
                old.append(lines[at][1:])
            if lines[at][0] in " +":
                new.append(lines[at][1:])
            at += 1
        if at < len(lines) and lines[at].startswith("\\"):
            return []  # a file without a last line end
        marks = [line[0] for line in lines[begin:at]]
        behind = next((n for n, mark in enumerate(reversed(marks)) if mark != " "), len(marks))
        starts = int(head[1]) + (head[2] == "0"), int(head[3]) + (head[4] == "0")
        found.append(_Hunk(starts[0], tuple(old), starts[1], tuple(new), behind < CONTEXT))
    return found


def _regions(one: list[_Hunk], other: list[_Hunk]) -> list[tuple[int, int]]:
    """Where hunks of either diff lie in the file as it was in between, those that meet as one region."""
    spans = sorted(
        [(h.new_start, h.new_start + len(h.new)) for h in one]
        + [(h.old_start, h.old_start + len(h.old)) for h in other]
    )
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def _replaced(
    middle: dict[int, str], begin: int, end: int, changes: list[tuple[int, int, tuple[str, ...]]]
) -> list[str]:
    """The region's lines with each (start, how many, by what) of `changes` made."""
    out: list[str] = []
    at = begin
    for start, count, lines in sorted(changes):
        out += [middle[n] for n in range(at, start)] + list(lines)
        at = start + count
    return out + [middle[n] for n in range(at, end)]


def _hunk_text(before: list[str], after: list[str], old_start: int, grown: int, ends: bool) -> str:
    """The region as hunks, counted from where it stands in the whole file; `ends`: the file ends with it."""
    out = ""
    groups = list(difflib.SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT))
    for group in groups:
        (_, a, _, b, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        lead = group[0][2] - a if group[0][0] == "equal" else 0
        trail = old_end - group[-1][1] if group[-1][0] == "equal" else 0
        # patch takes a shorter context on one side for the edge of the file
        last = ends and group is groups[-1]
        cut = max(0, lead - trail) if not last else 0
        drop = max(0, trail - lead) if old_start + a > 1 else 0
        lines = [" " + line for line in before[a + cut : group[0][2]]] if lead else []
        for tag, i1, i2, j1, j2 in group[bool(lead) : len(group) - bool(trail)]:
            lines += [" " + line for line in before[i1:i2]] if tag == "equal" else []
            lines += [] if tag == "equal" else ["-" + line for line in before[i1:i2]]
            lines += [] if tag == "equal" else ["+" + line for line in after[j1:j2]]
        lines += [" " + line for line in before[group[-1][1] : old_end - drop]] if trail else []
        old, new = old_end - drop - a - cut, new_end - drop - b - cut
        at = old_start + a + cut
        out += f"@@ -{at - (old == 0)},{old} +{at + grown + b - a - (new == 0)},{new} @@\n" + "".join(lines)
    return out
