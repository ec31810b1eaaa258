"""The second reader tightens, abstains where it cannot read, and is spared where there is one way to read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from reifierd.shell import ShellView, read
from reifierd.shell.second import disagreement, plain


def test_a_command_that_only_the_second_reader_sees_is_a_disagreement() -> None:
    source = "cd $HOME && zap x"
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


@pytest.mark.parametrize("source", ["ls -l /tmp", "a 'b c' | d && e; f", 'git commit -m "x y"'])
def test_plain_words_have_one_reading(source: str) -> None:
    assert plain(source)


@pytest.mark.parametrize(
    "source", ["if x", "a $b", "a `b`", "a\nb", "x | done", "! a", "{ a", "a > b", "time x", "'a\nb'", "a & b"]
)
def test_anything_else_is_asked_about(source: str) -> None:
    assert not plain(source)


def test_it_is_loaded_only_when_a_source_asks_for_it() -> None:
    code = (
        "import sys; from reifierd.shell import judge, load_rules; rules = load_rules(); judge('ls -l', rules); "
        "assert 'bashlex' not in sys.modules; judge('echo $x', rules); assert 'bashlex' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
