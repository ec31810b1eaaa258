"""Which entries of a history belong to a mark that the hook left instead of the text."""

from __future__ import annotations

from reifierd.ledger.records import Command, Silence
from reifierd.loops.observer.formats import Entry
from reifierd.loops.observer.silence import earlier, silent, sizes_of


def mark(at: float, *sizes: int, id_: int = 1, typed: float = 0.0) -> Silence:
    return Silence("bash", "bash-1-1", at - typed, at, sizes, id_)


def test_sizes_are_bytes_and_blank_lines_have_none() -> None:
    assert sizes_of("a\n\nécho\n  ") == (1, 5)


def test_with_times_the_seconds_of_the_mark_are_left_out() -> None:
    entries = [Entry("a", 98), Entry("b", 100), Entry("c", 101), Entry("d", 103)]
    assert silent(entries, 200.0, [mark(100.9, 1)]) == ({1, 2}, set())


def test_a_line_that_was_long_in_typing_was_begun_at_any_time_since_the_prompt() -> None:
    assert silent([Entry("for x\ndo", 60)], 200.0, [mark(100.0, 5, 2, typed=50.0)]) == ({0}, set())
    assert silent([Entry("make", 60)], 200.0, [mark(100.0, 4)]) == (set(), set())


def test_without_times_all_of_the_size_is_left_out() -> None:
    """Which of them it was cannot be told, and none may slip through."""
    entries = [Entry("make"), Entry("take"), Entry("lake!")]
    assert silent(entries, 200.0, [mark(100.0, 4), mark(101.0, 9, id_=2)]) == ({0, 1}, {1})


def test_without_times_each_line_may_be_an_entry() -> None:
    lines = [Entry("ab"), Entry("for x"), Entry("do"), Entry("done"), Entry("cd")]
    assert silent(lines, 200.0, [mark(100.0, 5, 2, 4)]) == ({1, 2, 3}, {1})
    assert silent([Entry("x"), Entry("for x\ndo\ndone"), Entry("y")], 200.0, [mark(100.0, 5, 2, 4)]) == ({1}, {1})


def test_what_the_file_held_before_the_mark_stays() -> None:
    assert silent([Entry("make")], 90.0, [mark(100.0, 4)]) == (set(), set())


def test_what_was_told_before_the_mark_came_is_found() -> None:
    timed = [
        Command("a", "zsh", "history:h", id=1, started=99.0),
        Command("bb", "zsh", "history:h", id=2, started=103.0),
    ]
    assert [c.id for c in earlier(mark(99.5, 7), timed)] == [1]
    bare = [Command("a", "zsh", "history:h", id=1), Command("bb", "zsh", "history:h", id=2)]
    assert [c.id for c in earlier(mark(99.5, 2), bare)] == [2]
    assert earlier(mark(99.5, 3), bare) == []
