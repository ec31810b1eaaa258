"""Output is kept within a fixed size, head and tail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reifierd.execution.capture import Capture


def test_everything_is_kept_below_the_cap() -> None:
    capture = Capture(100)
    for piece in (b"one\n", b"two\n"):
        capture.feed(piece)
    assert capture.text() == "one\ntwo\n"


@given(st.lists(st.binary(max_size=40)), st.integers(2, 60))
def test_head_and_tail_survive_and_the_gap_is_counted(pieces: list[bytes], cap: int) -> None:
    capture, whole, half = Capture(cap), b"".join(pieces), max(1, cap // 2)
    for piece in pieces:
        capture.feed(piece)
    if len(whole) <= 2 * half:
        assert capture.text() == whole.decode(errors="replace")
    else:
        gap = f"\n[… {len(whole) - 2 * half} bytes left out …]\n"
        expected = whole[:half].decode(errors="replace") + gap + whole[-half:].decode(errors="replace")
        assert capture.text() == expected
