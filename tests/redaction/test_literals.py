"""Which of many literals stand in a text: exactly those that a search for each would find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.redaction.literals import Index, Literals

LETTERS = "ab:="


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=7), max_size=12),
    st.text(LETTERS, max_size=40),
    st.sampled_from([0, 3998, 3999, 4000, 4001]),
)
def test_an_index_finds_what_a_search_finds(literals: list[str], text: str, filling: int) -> None:
    for whole in ("-" * filling + text, text + "-" * filling):
        assert Literals(whole).among(Index(literals)) == {literal for literal in literals if literal in whole}


@pytest.mark.parametrize("size", [10, 4001])
def test_a_literal_that_came_later_is_found_too(size: int) -> None:
    index = Index(["first"])
    index.add("later")
    assert Literals("." * size + "later").among(index) == {"later"}
