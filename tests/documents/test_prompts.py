"""Prompts: what was typed comes back, and no line of output ever does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.documents.prompts import commands, only_comments

typed = st.sampled_from(
    [
        "uptime",
        "echo 'a\nb'",
        "cat <<EOF\n$ text\n> quote\nEOF",
        "oc create \\\n  -n x \\\n  -o yaml",
        "ps |\n  grep x",
        "for i in 1 2; do\n  echo $i\ndone",
        "if true; then\n  echo a\nfi",
        "f() {\n  echo f\n}",
        'echo "$(date\n)"',
    ]
)
output = st.sampled_from(
    ["", "NAME   READY", "> rm -rf /", "# rm -rf /", "don't", "a | b |", "(1", "```", " $ indented", "$HOME", "done"]
)


def printed(command: str, mark: bool) -> list[str]:
    first, *rest = command.split("\n")
    return [f"$ {first}", *(f"> {line}" if mark else line for line in rest)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(typed, st.booleans(), st.lists(output, max_size=3)), min_size=1, max_size=5),
    st.sampled_from(["", "  ", "\t"]),
)
def test_a_session_gives_its_commands_back(session: list[tuple[str, bool, list[str]]], margin: str) -> None:
    lines = [line for command, mark, out in session for line in (*printed(command, mark), *out)]
    expected = "\n".join(command for command, _, _ in session)
    assert commands("\n".join(f"{margin}{line}" for line in lines), console=True) == expected


def test_a_script_that_is_indented_comes_back_as_it_is() -> None:
    script = "  for i in 1 2; do\n    echo $i\n  done"
    assert commands(script, console=False) == script


def test_a_session_in_a_block_of_bash_may_be_indented_and_explained() -> None:
    assert commands("  # Look first\n  $ oc get pods\n\n  # Then\n  $ df -h", console=False) == "oc get pods\ndf -h"


@settings(max_examples=150, deadline=None)
@given(st.text("$#> ab'\"\\\n<EF|", max_size=60), st.booleans())
def test_every_line_that_runs_stands_in_the_block(source: str, console: bool) -> None:
    found = commands(source, console=console)
    for line in (found or "").split("\n"):
        assert any(given_line.endswith(line) for given_line in source.split("\n"))


def test_comments_are_nothing_to_run() -> None:
    assert only_comments("# a\n\n  # b")
    assert not only_comments("# a\ntrue")
