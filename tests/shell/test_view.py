"""`read` on anything at all: it never raises, never hangs, and offsets and lines stand where the command stands."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.shell import Context, judge, load_rules, read

PIECES = st.sampled_from(
    [
        "rm",
        "-rf",
        "/",
        "$x",
        "${x:-",
        "}",
        "$(",
        ")",
        "`",
        "'",
        '"',
        "\\",
        "\n",
        " ",
        ";",
        "|",
        "&&",
        "&",
        ">",
        "<",
        "<<E",
        "E",
        "<<<",
        "{",
        "a,b",
        "if",
        "then",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "case",
        "esac",
        ";;",
        "f()",
        "[[",
        "]]",
        "((",
        "))",
        "$((",
        "eval",
        "sudo",
        "xargs",
        "sh -c",
        "#",
        "=",
        "A=1",
        "$'\\x72'",
        "<(",
        "é",
        "\x00",
        "\t",
        "*",
        "~",
        "find . -exec",
        "${ ",
        "!",
    ]
)
RULES = load_rules()


@given(st.lists(PIECES, max_size=25).map("".join))
@settings(max_examples=150, deadline=None)
def test_bits_of_shell_in_any_order_are_judged_without_an_error(source: str) -> None:
    judge(source, RULES, Context(cwd="/srv/app"))


@given(st.text(max_size=120))
@settings(max_examples=100, deadline=None)
def test_any_text_is_judged_without_an_error(source: str) -> None:
    judge(source, RULES)


def test_deep_nesting_is_said_and_not_followed() -> None:
    assert "deep" in (read("echo " + "$(echo " * 300 + "x" + ")" * 300).unread or "")


def test_a_source_that_is_too_large_is_said() -> None:
    assert "longer" in (read("true\n" * 20_000).unread or "")


def test_offsets_and_lines_point_into_the_source() -> None:
    source = "echo é\n\nsudo rm -f x"
    view = read(source)
    assert [(c.program, c.line) for c in view.commands] == [("echo", 1), ("sudo", 3), ("rm", 3)]
    assert source[view.commands[1].start : view.commands[1].end] == "sudo rm -f x"


def test_reading_only_is_known_of_reading_only() -> None:
    assert read("cd /srv && grep -c x log | sort -rn | head; test -f y; export A=1").read_only
    assert not read("ls; touch x").read_only
    assert not read("ls; some-unknown-tool").read_only


def test_a_backslash_at_the_very_end_continues_nothing() -> None:
    assert read("kubectl get pods \\\n").unread is None
