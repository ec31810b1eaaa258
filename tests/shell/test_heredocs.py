"""Heredocs as bash announces and ends them (bash manual, Here Documents)."""

from __future__ import annotations

import pytest

from reifierd.shell.heredocs import Heredoc, announced, lifted


@pytest.mark.parametrize(
    ("line", "delimiter", "literal", "dashed"),
    [
        ("cat <<E", "E", False, False),
        ("cat << E > f", "E", False, False),
        ("cat <<'a b'", "a b", True, False),
        ('cat <<"E"x', "Ex", True, False),
        ("cat <<\\E", "E", True, False),
        ("cat <<-E;", "E", False, True),
    ],
)
def test_a_delimiter_is_read_without_its_quotes(line: str, delimiter: str, literal: bool, dashed: bool) -> None:
    found = announced(line, 4)
    assert found is not None
    assert (found.delimiter, found.literal, found.dashed) == (delimiter, literal, dashed)


def test_nothing_is_announced_without_a_delimiter() -> None:
    assert announced("cat << ; a", 4) is None


def test_bodies_follow_one_another_in_the_order_of_their_announcements() -> None:
    source = "a <<E <<-'F'\none\nE\n\ttwo\n\tF\nb\n"
    first, second = announced(source, 2), announced(source, 6)
    assert first is not None
    assert second is not None
    body, after, closed = lifted(source, source.index("one"), first)
    assert (body, closed) == (Heredoc("one\n", False, 13), True)
    body, after, closed = lifted(source, after, second)
    assert (body.body, body.literal, closed) == ("two\n", True, True)
    assert source[after:] == "b\n"


def test_a_body_that_is_never_closed_takes_all_the_rest() -> None:
    source = "a <<E\nx\n E"
    coming = announced(source, 2)
    assert coming is not None
    assert lifted(source, 6, coming) == (Heredoc("x\n E\n", False, 6), len(source), False)
