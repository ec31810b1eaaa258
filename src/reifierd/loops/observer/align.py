"""Finding the place again in a history file that was rewritten: which of its entries are new. Pure.

What is known are digests of the last entries that were seen, in the order they were seen; an entry's digest is 16
hexadecimal digits for its text and, where it has a time, 16 more. What a rewrite may have done: dropped old entries
from the head, dropped duplicates, restored another shell's view of the list, merged two shells' entries, added new
ones at the end or (fish, zsh) among the last. A known entry is spent once, so that a repeated command counts again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

WINDOW = 1000  # entries remembered of each file
_TEXT = 16  # hexadecimal digits of an entry's digest that stand for its text
_COMPARED = 4 * WINDOW  # of a longer file only the end is compared: the rest is older than all that is remembered


def new_entries(known: Sequence[str], found: Sequence[str]) -> list[int]:
    """The places in `found` (all entries of the rewritten file) that hold entries not seen before."""
    if not known or not found:
        return list(range(len(found)))
    timed = all(len(d) > _TEXT for d in (*known, *found))
    if not timed:
        known, found = [d[:_TEXT] for d in known], [d[:_TEXT] for d in found]
        if (place := _continued(known, found)) is not None:
            return list(range(place, len(found)))
    old = _by_time(known, found) if timed else _in_order(known, found)
    first = min(old, default=0) if len(known) >= WINDOW else 0  # before it stands what is older than the window
    return [i for i in range(first, len(found)) if i not in old]


def _by_time(known: Sequence[str], found: Sequence[str]) -> set[int]:
    """With times, the same text at the same second is the same entry, wherever it stands now."""
    left, old = Counter(known), set()
    for i, digest in enumerate(found):
        if left[digest] > 0:
            left[digest] -= 1
            old.add(i)
    return old


def _continued(known: Sequence[str], found: Sequence[str]) -> int | None:
    """Where the new entries begin if the file holds the end of what is known, then only new ones.

    That is so at a place before which as many entries as there are, or as are known, equal the last known ones. The
    longest such match counts. Found by the Z function of the two lists reversed, in linear time.
    """
    backwards = [*reversed(known), "", *reversed(found)]
    lengths = _z(backwards)
    for place in range(len(found), 0, -1):
        length = lengths[len(known) + 1 + len(found) - place]
        if length in (place, len(known)):
            return place
    return None


def _z(items: Sequence[str]) -> list[int]:
    """For each place, how many items from there equal those from the beginning."""
    z = [0] * len(items)
    left = right = 0
    for i in range(1, len(items)):
        same = min(right - i, z[i - left]) if i < right else 0
        while i + same < len(items) and items[same] == items[i + same]:
            same += 1
        z[i] = same
        if i + same > right:
            left, right = i, i + same
    return z


def _in_order(known: Sequence[str], found: Sequence[str]) -> set[int]:
    """Without times only the order tells which `ls` is which.

    Believed only where the file still holds most of the commands that are known: in a history that was cleared and
    begun anew a few common commands would match by chance, and be lost.
    """
    if 2 * len(set(known) & set(found)) <= len(set(known)):
        return set()
    skipped = max(0, len(found) - _COMPARED)
    matcher = SequenceMatcher(None, known, found[skipped:], autojunk=False)
    return {skipped + b.b + i for b in matcher.get_matching_blocks() for i in range(b.size)}
