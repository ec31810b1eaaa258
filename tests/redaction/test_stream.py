"""Redaction of a text that is still being written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.redaction import Redactor, Stream
from reifierd.redaction.stream import MOST_LINES

KEY = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n".format("RSA PRIVATE KEY", "\n".join(["MIIEowIBAAKCAQEAx0Lk"] * 3))
TEXT = (
    "starting\n"
    + KEY
    + "mysql -uroot \\\n  -pS3cret9x \\\n  shop\n"
    + "cat > .env <<EOF\nDB_PASSWORD=Zx81_kilo\nEOF\n"
    + "- name: API_TOKEN\n  value: q8Wm2Xr7Tz\n"
    + "calling the scrapestack API\nwith key 7f3a9c1e5b8d2f604c1e9a7b3d5f8e20\n"
    + "done without a last newline"
)


def streamed(pieces: list[str]) -> list[str]:
    stream = Stream(Redactor())
    return [*(stream.feed(piece) for piece in pieces), stream.finish()]


def test_a_line_leaves_as_soon_as_it_is_complete() -> None:
    assert streamed(["one\ntw", "o\n", "three"]) == ["one\n", "two\n", "", "three"]


def test_a_key_is_hidden_though_it_comes_line_by_line() -> None:
    out = streamed(KEY.splitlines(keepends=True))
    assert out[:-2] == [""] * 4
    assert "MIIE" not in "".join(out)


@pytest.mark.parametrize("secret", ["S3cret9x", "Zx81_kilo", "q8Wm2Xr7Tz", "MIIE", "7f3a9c1e5b8d"])
def test_what_spans_lines_is_hidden_line_by_line_too(secret: str) -> None:
    assert secret not in "".join(streamed(TEXT.splitlines(keepends=True)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(TEXT)), max_size=6))
def test_where_the_pieces_are_cut_changes_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TEXT)]
    pieces = [TEXT[a:b] for a, b in pairwise(edges)]
    assert "".join(streamed(pieces)) == Redactor().text(TEXT)


def test_an_unclosed_heredoc_holds_nothing_back_for_long() -> None:
    out = streamed(["cat <<EOF\n", *(f"line {n}\n" for n in range(MOST_LINES + 5))])
    assert "line 3\n" in "".join(out[:-1])
