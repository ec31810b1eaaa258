"""The lenient reader: the same words as bash where bash can read, and never an error where it cannot."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.redaction.lexer import lex
from reifierd.redaction.words import HOLE

QUOTED = st.text(alphabet="ab '\"\\$`{}()|;&<>#\n\t=~*?é!-", max_size=24)


@settings(max_examples=500, deadline=None)
@given(QUOTED)
def test_any_text_is_read_and_each_character_has_its_place(text: str) -> None:
    for command in lex(text).commands:
        for word in command.words:
            assert len(word.text) == len(word.at) == len(word.to)
            assert 0 <= word.start < word.end <= len(text)
            assert all(word.start <= a < b <= word.end for a, b in zip(word.at, word.to, strict=True))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(alphabet="ab '\"\\$`#;|\n!é", min_size=1, max_size=8), min_size=1, max_size=4))
def test_words_are_bash_words(words: list[str]) -> None:
    """What bash quotes itself is read back as the same words."""
    quoted = subprocess.run(
        ["bash", "-c", 'printf "%q " "$@"', "bash", *words],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    ).stdout
    assert [w.text for c in lex("cmd " + quoted).commands for w in c.words][1:] == words


@pytest.mark.parametrize(
    ("source", "commands"),
    [
        ("a 'b c' \"d $e\"", [["a", "b c", "d " + HOLE]]),
        ("a | b && c; d", [["a"], ["b"], ["c"], ["d"]]),
        ("a $(b c) `d`", [["b", "c"], ["d"], ["a", HOLE, HOLE]]),
        ("a $'x\\ty\\x41'", [["a", "x\tyA"]]),
        ("a \\\n b", [["a", "b"]]),
        ("a # b c", [["a"]]),
        ("a >out 2>&1 <in b", [["a", "b"]]),
        ("can't say", [["can't", "say"]]),
        ('a "p$$w"', [["a", "p$$w"]]),
    ],
)
def test_commands_and_words(source: str, commands: list[list[str]]) -> None:
    assert [[w.text for w in c.words] for c in lex(source).commands] == commands


def test_what_feeds_standard_input_is_known() -> None:
    piped, fed = lex("echo x | sudo -S id").commands
    assert piped.pipe_to is fed
    (here,) = lex("cat <<E\nbody $x\nE\n").commands
    assert here.heredoc is not None
    assert here.heredoc.text == "body $x\n"
    (string,) = lex("kinit a <<< 'x y'").commands
    assert string.herestring is not None
    assert string.herestring.text == "x y"


def test_very_deep_nesting_is_read_in_time() -> None:
    assert lex("$(" * 5_000 + "a" + ")" * 5_000).commands
    assert lex("`'\"" * 5_000).commands is not None
