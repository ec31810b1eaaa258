"""The second reader tightens, abstains where it cannot read, and is spared where there is one way to read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.execution.syntax import SyntaxChecker
from reifierd.shell import ShellView, read
from reifierd.shell.second import compared, disagreement, plain, plain_names

CHECKER = SyntaxChecker()


def test_a_command_that_only_the_second_reader_sees_is_a_disagreement() -> None:
    source = "cd $(a) && zap x"
    view = read(source)
    assert disagreement(source, view, True) == ""
    blind = ShellView(source, tuple(replace(c, argv=()) for c in view.commands if c.program != "zap"))
    assert "“zap”" in disagreement(source, blind, True)


@pytest.mark.parametrize(
    "source", ["[[ -n $x ]]", "a=(1 2)", "for ((;;)); do a; done", "case $x in a) b;; esac", "time $x", "coproc $x"]
)
def test_it_abstains_where_it_is_known_not_to_read(source: str) -> None:
    assert disagreement(source, read(source), None) == ""


def test_bash_is_the_arbiter_of_what_the_second_reader_rejects() -> None:
    view = ShellView("a $x )", ())
    assert disagreement(view.source, view, None) != ""
    assert disagreement(view.source, view, True) == ""


@pytest.mark.parametrize(
    "source",
    [
        "ls -l /tmp", "a 'b c' | d && e; f", 'git commit -m "x y"', 'a $b "${c}" > d 2>&1', "a\n# b\n\n  c  # d\n",
        "a & b", "a <<< x", "a |\n b", "x=1 y=$z a", r"find . -exec a \;", "$ a b", "a &> b &", "echo 'a\nb'",
    ],
)  # fmt: skip
def test_plain_words_have_one_reading(source: str) -> None:
    assert plain(source)


@pytest.mark.parametrize(
    "source",
    [
        "if x", "a `b`", "x | done", "! a", "{ a", "time x", "a $(b)", "a & ; b", "a |& b", "a\n| b", "a <<E\nE", "(a)",
        "a;\nif b", "[ x ]", "a{b,c}", "", "# x", "a#b|", "a\\\nb", r"a\;#c `", "a >2>&1", "a;&>b", "a=(b)", "a <>b",
    ],
)  # fmt: skip
def test_anything_else_is_asked_about(source: str) -> None:
    assert not plain(source)


WORDS = ["a", "b ", "'x'", '"y$z"', "$v", "${w}", "$ ", r"\;", r"\\", "=", "1", "-", "*", "~", "if", "do", "time", "!"]
SIGNS = ["|", "||", "&&", "&", ";", "\n", " ", "#c", " # c", ">", "<", ">>", "2>&1", "&>", "<<<", "<<"]
OPENED = ["(", ")", "{", "}", "'", '"', "`", "$("]
PIECES = st.sampled_from(WORDS + SIGNS + OPENED)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=9).map("".join).filter(plain))
def test_what_is_plain_is_accepted_by_bash_and_read_as_strictly_as_by_bashlex(source: str) -> None:
    assert CHECKER.valid(source)
    view = read(source)
    assert disagreement(source, view, valid=True) or not compared(source, view, valid=True)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a b; c | d && e & f", ["a", "c", "d", "e", "f"]),
        ("# x\nA=1 a > b c # d e\n\n2>&1 f <g h", ["a", "f"]),
        ("a 'b\nc; d' \"e | f\"\n$g h", ["a", "$g"]),
        (r"a \; b", ["a"]),
    ],
)
def test_the_names_of_plain_commands(source: str, names: list[str]) -> None:
    assert plain(source)
    assert plain_names(source) == names


def test_what_the_first_reader_leaves_out_is_seen() -> None:
    source = "-\na="
    assert "that the first one does not" in disagreement(source, read(source), valid=True)


@pytest.mark.parametrize("text", ["a ", "'", "a>b", r"\a", "$", "a;", "# ", "\n", '"', "a\n"])
def test_no_text_makes_it_slow(text: str) -> None:
    code = "import sys; from reifierd.shell.second import plain; plain(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, text * 1_300 + "`"], check=True, timeout=60)


def test_it_is_loaded_only_when_a_source_asks_for_it() -> None:
    code = (
        "import sys; from reifierd.shell import judge, load_rules; rules = load_rules(); judge('ls -l', rules); "
        "assert 'bashlex' not in sys.modules; judge('echo $(x)', rules); assert 'bashlex' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
