"""Quotes: what surrounds a character, and what a shell would still wait for, checked against a real bash."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.documents.quoting import Context, Quoting

AT = "@"


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("a @", Context.CODE),
        ("'@'", Context.SINGLE),
        ("\\'@'", Context.CODE),
        ('"@"', Context.DOUBLE),
        ('"\\"@"', Context.DOUBLE),
        ('"$(a @)"', Context.CODE),
        ("\"$(a '@')\"", Context.SINGLE),
        ('"`a @`"', Context.CODE),
        ('"a" @ "b"', Context.CODE),
        ("$'\\'@'", Context.ANSI),
        ('"$\'@"', Context.DOUBLE),
        ("${a:-@}", Context.BRACES),
        ('"${a:-\'@}"', Context.BRACES),
        ("${a:-'@'}", Context.SINGLE),
        ("# '@", Context.COMMENT),
        ("a#'@'", Context.SINGLE),
        ("# it's\n@", Context.CODE),
        ("cat <<E\n@\nE\n", Context.HEREDOC),
        ("cat <<'E'\n@\nE\n", Context.QUOTED_HEREDOC),
        ("cat <<E\n'\nE\n@", Context.CODE),
        ("cat <<A <<'B'\nx\nA\n@\nB\n", Context.QUOTED_HEREDOC),
        ("cat <<-E\n\tx\n\tE\n@", Context.CODE),
        ("echo $((1<<2))\n@", Context.CODE),
        ("cat <<<'@'", Context.SINGLE),
    ],
)
def test_what_surrounds_a_character(text: str, context: Context) -> None:
    assert Quoting(text).at(text.index(AT)) is context


@pytest.mark.parametrize(
    "text",
    [
        "echo 'a",
        'echo "a',
        "echo $'a\\'",
        "echo $(a",
        "echo `a",
        "echo ${a",
        "(a",
        "{ a;",
        "a \\",
        "a |",
        "a &&",
        "a ||",
        "cat <<E",
        "cat <<E\nx",
        "for i in 1; do",
        "while true\ndo a",
        "if a; then b",
        "case x in",
        "a | while read b; do",
        "f() {",
        "echo $((1 +",
    ],
)
def test_what_is_not_complete(text: str) -> None:
    assert Quoting(text + "\n").waiting


@pytest.mark.parametrize(
    "text",
    [
        "echo 'a'",
        "echo a \\\\",
        "a & b",
        "echo \\'",
        "for i in 1; do a; done",
        "if a; then b; fi",
        "echo for",
        "echo do",
        "case x in x) a;; esac",
        "{ a; }",
        "f() { a; }",
        "cat <<E\nx\nE",
        "echo a # |",
        "echo '|'",
        "a |& b",
        "echo $((1 + 2))",
        "echo if; echo fi",
        "ls /for",
    ],
)
def test_what_is_complete(text: str) -> None:
    assert Quoting(text + "\n").waiting == ""


word = st.sampled_from(["a", "'b c'", '"d $e"', "$(f 'g')", "\\'", "$'h\\''", '"$(i "j")"', "${k:-l}", "`m`", "# '"])


@settings(max_examples=60, deadline=None)
@given(st.lists(word, min_size=1, max_size=5), st.integers(0, 40))
def test_what_bash_cannot_read_to_its_end_is_waited_for(words: list[str], cut: int) -> None:
    """A piece that bash calls unfinished is never taken for a whole command."""
    text = "echo " + " ".join(words)
    piece = text[: max(5, len(text) - cut)]
    done = subprocess.run(["bash", "-n"], input=piece + "\n", capture_output=True, text=True, timeout=10, check=False)
    unfinished = "unexpected EOF" in done.stderr or "end of file" in done.stderr
    assert bool(Quoting(piece + "\n").waiting) or not unfinished


@settings(max_examples=200, deadline=None)
@given(st.text("'\"`$(){}<>E\n\\#-a |&;", max_size=60))
def test_any_text_is_read(text: str) -> None:
    around = Quoting(text)
    assert all(around.at(n) in Context for n in range(len(text)))
