"""What statements do is read from their words, never from their strings and comments."""

from __future__ import annotations

import pytest

from reifierd.shell.model import EffectKind
from reifierd.shell.sql import statements


def kinds(text: str) -> list[EffectKind]:
    return [kind for kind, _ in statements(text)]


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "SELECT 'drop table x'",
        "-- drop table x\nselect 1",
        "/* delete from x */ show tables",
        "explain select 1",
        r"\d users",
    ],
)
def test_looking_is_reading(text: str) -> None:
    assert set(kinds(text)) == {EffectKind.READ}


@pytest.mark.parametrize(
    "text",
    ["drop table x", "DELETE FROM x", "with d as (delete from x returning 1) select * from d", "truncate x",
     "select pg_terminate_backend(1)", "update x set a = 1", "select * into y from x"],
)  # fmt: skip
def test_changing_is_the_databases_effect(text: str) -> None:
    assert EffectKind.DATABASE in kinds(text)


def test_every_statement_is_told_with_its_strings_emptied() -> None:
    assert statements("select 'a;b'; delete from x where n = 'secret'") == [
        (EffectKind.READ, "select ''"),
        (EffectKind.DATABASE, "delete from x where n = ''"),
    ]
