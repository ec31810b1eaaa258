"""What a daemon holds while nothing happens: little, and nobody looks through it again and again."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def keep_what_was_made() -> None:
    """After the start: what stands by now is for good, so the collector passes it over, and what the start needed only
    for a moment goes back to the system (malloc_trim(3); other C libraries than glibc have none)."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
