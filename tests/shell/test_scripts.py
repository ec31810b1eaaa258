"""The files that sed's and awk's own programs write, and whether they run something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reifierd.shell.scripts import awk, sed
from reifierd.shell.shapes import UNKNOWN


@pytest.mark.parametrize(
    ("script", "writes"),
    [
        ("w out", ["out"]),
        ("$w out", ["out"]),
        ("1,5w out", ["out"]),
        ("/a\\/b/I,+3w out", ["out"]),
        ("\\,a,w out", ["out"]),
        ("/[/]/w out", ["out"]),
        ("s/a/b/w out", ["out"]),
        ("s|a|b|gpw out", ["out"]),
        ("p;w out", ["out"]),
        ("1{p;w out\n}", ["out"]),
        ("w one\nW two", ["one", "two"]),
        (":a;w out", ["out"]),
        ("a\\\nw text\nw out", ["text", "out"]),  # read as a command in doubt
        ("w /dev/stdout", []),
        ("s/w x/y/", []),
        ("s/a/w out/", []),
        ("y/abc/wef/", []),
        ("s/new file/x/;p", []),
        ("/w out/p", []),
        (":a;N;$!ba;s/\\n/ /g", []),
        ("1r file", []),
    ],
)
def test_the_files_that_sed_writes(script: str, writes: list[str]) -> None:
    assert sed(script).writes == writes


@pytest.mark.parametrize("script", ["e", "1e date", "e touch x", "s/a/b/e", "s/a/b/ge", "$e", "/x/{e\n}"])
def test_sed_runs_something(script: str) -> None:
    assert sed(script).runs


@pytest.mark.parametrize("script", ["p", "s/e/f/", "s/x/the end/", "/e/d", "y/e/f/", "$p", "=", "n;d", "s/a/e x/p"])
def test_sed_runs_nothing(script: str) -> None:
    assert not sed(script).runs


@pytest.mark.parametrize(
    ("code", "writes"),
    [
        ('{print > "out"}', ["out"]),
        ('{print $1, $2 >> "out"}', ["out"]),
        ('{printf("%s", $1) > "out"}', ["out"]),
        ("{print > $1}", [UNKNOWN]),
        ("{print $1 > name}", [UNKNOWN]),
        ('{print > "out" NR}', ["out" + UNKNOWN]),
        ('{print > ("out" NR)}', [UNKNOWN]),
        ('{print > "/dev/stderr"}', []),
        ("$1 > 5", []),
        ("{ if ($1 > 5) print $2 }", []),
        ("{ print ($1 > 5) ? 1 : 0 }", []),
        ('{ print "a > b" }', []),
        ("/a > b/ { print }", []),
        ("{ print; if (x > 1) y = 2 }", []),
        ("# print > out", []),
    ],
)
def test_the_files_that_awk_writes(code: str, writes: list[str]) -> None:
    assert awk(code).writes == writes


@pytest.mark.parametrize(
    "code", ['BEGIN{system("x")}', '{print | "x"}', '"x" | getline', "{c | getline}", '@load "x"', '{print |& "x"}']
)
def test_awk_runs_something(code: str) -> None:
    assert awk(code).runs


@pytest.mark.parametrize("code", ["/a|b/", '$1 == "a" || $2', '{print "a|b"}', '{print "system(x)"}', "{x = y / z}"])
def test_awk_runs_nothing(code: str) -> None:
    assert not awk(code).runs


@given(st.text(alphabet="sweWp/\\[]{};\n$1,a |>\"'#()", max_size=40))
def test_any_text_is_read_to_its_end(text: str) -> None:
    sed(text)
    awk(text)


@given(st.text(alphabet="abc/.*", max_size=12), st.text(alphabet="abw e", max_size=12))
def test_what_sed_replaces_is_no_command(old: str, new: str) -> None:
    found = sed(f"s|{old}|{new}|g")
    assert (found.writes, found.runs) == ([], False)
