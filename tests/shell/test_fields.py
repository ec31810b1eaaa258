"""Word splitting (bash manual, Word Splitting)."""

from __future__ import annotations

from reifierd.shell.fields import Fields
from reifierd.shell.shapes import UNKNOWN


def fields(before: str, value: str, after: str, separators: str | None = None, *, split: bool = True) -> list[str]:
    built = Fields(split)
    built.current.append(before)
    built.bare(value, separators)
    built.current.append(after)
    return [shape for shape, _ in built.finish()]


def test_an_unquoted_value_joins_what_stands_around_it() -> None:
    assert fields("x", "a b", "y") == ["xa", "by"]
    assert fields("x", " a ", "y") == ["x", "a", "y"]


def test_a_value_is_split_at_what_ifs_holds() -> None:
    assert fields("", "a,b c", "", ",") == ["a", "b c"]
    assert fields("", "a b", "", "") == ["a b"]
    assert fields("", "a b", "", UNKNOWN) == ["a", "b"]


def test_an_empty_field_counts_where_something_quoted_stood() -> None:
    built = Fields(split=True)
    assert built.finish() == []
    built.exists = True
    assert built.finish() == [("", False)]


def test_a_word_that_is_not_split_is_one_field_in_any_case() -> None:
    assert Fields(split=False).finish() == [("", False)]


def test_elements_stay_apart_and_join_what_stands_around_them() -> None:
    built = Fields(split=True)
    built.current.append("x")
    built.apart(["a b", "", "c"])
    built.current.append("y")
    assert built.finish() == [("xa b", False), ("", False), ("cy", False)]


def test_a_glob_character_in_an_unquoted_value_is_active() -> None:
    built = Fields(split=True)
    built.bare("a* b", None)
    assert built.finish() == [("a*", True), ("b", False)]
