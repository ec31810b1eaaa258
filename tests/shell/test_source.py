"""A prepared text has the offsets of its source, and the tree is shown only what it understands."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.shell.scanner import MAX_DEPTH, Unreadable
from reifierd.shell.source import prepare

_PIECES = [
    "$(",
    ")",
    "`",
    "'",
    '"',
    "${",
    "${ ",
    "}",
    "<<E",
    "\nE\n",
    "((",
    "))",
    "\\\n",
    "\n\\",
    "<>",
    "time ",
    "a",
    " ",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=20).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_the_source_every_offset_holds_in_both(source: str) -> None:
    with contextlib.suppress(Unreadable):
        prepared = prepare(source)
        assert len(prepared.text) == len(source)
        assert all(start < end <= len(source) for start, end in prepared.ends.items())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("time a", "     a"),
        ("coproc N { a; }", "         { a; }"),
        ("a <> f", "a <  f"),
        ("a\\\nb c", "  ab c"),
        ("a ${ b; }", "a $( b; )"),
        ("a x\n\\b", "a x;\\b"),
        ("a <<E\nx\nE\nb", "a < E\n \n \nb"),
    ],
)
def test_what_the_tree_does_not_know_is_shown_otherwise(source: str, text: str) -> None:
    assert prepare(source).text == text


@pytest.mark.parametrize("opening", ["$(", "${a:-"])
def test_what_is_nested_too_deeply_is_unreadable(opening: str) -> None:
    with pytest.raises(Unreadable):
        prepare(opening * (MAX_DEPTH + 1))
