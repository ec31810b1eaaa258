"""Options are read by their table: clusters, values, `--`, single dashes, signals."""

from __future__ import annotations

import pytest

from reifierd.shell import read
from reifierd.shell.model import Word
from reifierd.shell.options import Options, parse_options


def parsed(
    command: str, *values: str, leading: bool = False, single: bool = False
) -> tuple[list[tuple[str, str | None]], list[str]]:
    argv: tuple[Word, ...] = read(command).commands[0].argv
    found: Options = parse_options(argv, values, leading=leading, single=single)
    return [(n, v.text if v else None) for n, v in found.given], [str(w.text) for w in found.operands]


@pytest.mark.parametrize(
    ("command", "values", "given", "operands"),
    [
        ("rm -rf x", (), [("-r", None), ("-f", None)], ["x"]),
        ("rm x -f", (), [("-f", None)], ["x"]),
        ("rm -- -f", (), [], ["-f"]),
        ("cut -d: -f 1 x", ("-d", "-f"), [("-d", ":"), ("-f", "1")], ["x"]),
        ("tar --file=a.tar x", ("--file",), [("--file", "a.tar")], ["x"]),
        ("tar --file a.tar x", ("--file",), [("--file", "a.tar")], ["x"]),
        ("pkill -HUP nginx", (), [("-HUP", None)], ["nginx"]),
        ("cat -", (), [], ["-"]),
    ],
)
def test_the_habits_of_posix_and_gnu(
    command: str, values: tuple[str, ...], given: list[tuple[str, str | None]], operands: list[str]
) -> None:
    assert parsed(command, *values) == (given, operands)


def test_long_options_with_one_dash() -> None:
    assert parsed("terraform apply -auto-approve", single=True) == ([("-auto-approve", None)], ["apply"])


def test_what_follows_the_first_operand_is_another_commands() -> None:
    assert parsed("timeout 5 rm -f x", leading=True) == ([], ["5", "rm", "-f", "x"])


def test_an_option_that_no_table_lists_ends_the_reading() -> None:
    argv = read("sudo -Z rm x").commands[0].argv
    assert parse_options(argv, (), {"-n"}).unknown == "-Z"
