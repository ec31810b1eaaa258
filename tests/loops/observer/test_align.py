"""Finding the new entries of a rewritten file, from digests alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.loops.observer.align import WINDOW, new_entries


def text(name: str) -> str:
    return name.encode().hex().rjust(16, "0")[-16:]


def timed(name: str, at: int) -> str:
    return f"{text(name)}{at:016x}"


def plain(names: str) -> list[str]:
    return [text(n) for n in names]


def test_the_end_of_what_is_known_then_new_ones() -> None:
    assert new_entries(plain("abcab"), plain("cabx")) == [3]
    assert new_entries(plain("abcab"), plain("ab")) == []
    assert new_entries(plain("aab"), plain("abab")) == [2, 3]


def test_a_repeated_command_is_new_again() -> None:
    assert new_entries(plain("xls"), plain("xlsls")) == [3, 4]
    assert new_entries([timed("ls", 1)], [timed("ls", 1), timed("ls", 1), timed("ls", 2)]) == [1, 2]


def test_a_full_window_hides_what_is_older_than_it() -> None:
    old = [text(f"c{n}") for n in range(WINDOW + 50)]
    assert new_entries(old[-WINDOW:], [*old, text("new")]) == [WINDOW + 50]
    stamped = [timed("c", n) for n in range(WINDOW + 50)]
    assert new_entries(stamped[-WINDOW:], [*stamped, timed("c", 10**9)]) == [WINDOW + 50]


def test_a_history_begun_anew_is_new_even_where_it_uses_the_same_commands() -> None:
    assert new_entries(plain("abcdefabcdef"), plain("adb")) == [0, 1, 2]


def test_texts_decide_where_only_one_side_has_times() -> None:
    assert new_entries(plain("abc"), [timed("a", 5), timed("b", 5), timed("c", 5), timed("d", 6)]) == [3]


@settings(max_examples=200, deadline=None)
@given(
    known=st.lists(st.sampled_from("abcd"), min_size=1, max_size=30),
    cut=st.integers(0, 29),
    new=st.lists(st.sampled_from("wxyz"), max_size=6),
)
def test_any_truncation_of_the_head_is_seen_through(known: list[str], cut: int, new: list[str]) -> None:
    kept = known[min(cut, len(known) - 1) :]
    assert new_entries([text(c) for c in known], [text(c) for c in kept + new]) == [
        len(kept) + i for i in range(len(new))
    ]
