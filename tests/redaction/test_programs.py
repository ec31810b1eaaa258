"""Invariant 6 on the command line: what a person types with a secret in it, and what they type without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.redaction import Redactor
from reifierd.redaction.families import PROGRAMS, read_families

DATA = Path(__file__).parent / "data"
WITH_SECRET = (DATA / "secrets.txt").read_text("utf-8").splitlines()
WITHOUT = (DATA / "clean.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("value", ["k9I05IRSMLLGY", "Winter_77x", "fTsCx9s8ut8fbluGQXbaXiU0drX"])
def test_a_typed_secret_is_hidden(value: str) -> None:
    typed = [line.replace("SECRET", value) for line in WITH_SECRET]
    assert [line for line in typed if value in Redactor().text(line)] == []


def test_an_ordinary_line_stays_as_it_is() -> None:
    assert [line for line in WITHOUT if Redactor().text(line) != line] == []
    assert [line for line in WITHOUT if Redactor().command(line).text != line] == []


def test_the_table_names_no_family_without_a_secret() -> None:
    for families in PROGRAMS.values():
        for family in families:
            assert family.options or family.args or family.stdin or family.stdin_pair, family.programs


def test_a_key_without_meaning_is_an_error() -> None:
    with pytest.raises(TypeError):
        read_families('[[family]]\nprograms = "x"\nvalues = ["-p"]\n')


@pytest.mark.parametrize(
    "script",
    [
        "bash -c '{}'",
        'ssh db1 "{}"',
        "sudo -u app sh -c '{}'",
        "alias x='{}'",
        "docker exec db sh -c '{}'",
        "x=$({})",
        "cat <({})",
        "bash <<E\n{}\nE",
        "`{}`",
    ],
)
def test_a_command_inside_of_another_is_seen(script: str) -> None:
    assert "S3cret9x" not in Redactor().text(script.format("mysql -uroot -pS3cret9x shop"))
