"""What statements do is read from their words, never from their strings and comments."""

from __future__ import annotations

import pytest

from reifierd.shell.model import EffectKind
from reifierd.shell.sql import connections, statements


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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("copy t to stdout", EffectKind.READ),
        ("copy t to '/tmp/x'", EffectKind.WRITE),
        (r"\copy t to program 'x'", EffectKind.CODE),
        (r"select 1 \g out", EffectKind.WRITE),
        (r"select 1 \g |cat", EffectKind.CODE),
        (r"select 'x' \gexec", EffectKind.CODE),
        (r"select 1 \gset", EffectKind.READ),
        (r"select 1 \gx", EffectKind.READ),
        (r"\set x `date`", EffectKind.CODE),
        (".tables", EffectKind.READ),
        (".once out", EffectKind.WRITE),
        (".sh x", EffectKind.DATABASE),
        ("pragma table_info(t)", EffectKind.READ),
        ("pragma journal_mode(wal)", EffectKind.DATABASE),
        ("select 1 into t", EffectKind.DATABASE),
        ("select writefile('a', 'b')", EffectKind.DATABASE),
    ],
)
def test_where_the_result_goes_counts(text: str, kind: EffectKind) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (r"\connect shop", ["shop"]),
        (r"\c shop me db1 5432", ["shop", "db1", "5432"]),
        (r'\c "host=db1 dbname=shop user=me"', ["db1", "shop"]),
        (r"\c - - db1", ["db1"]),
        ("select 1;\nuse `shop`;", ["shop"]),
        ("use a; use b", ["a", "b"]),
        ("db.getSiblingDB('shop').x.find()", ["shop"]),
        ("select * from dblink('host=db1 dbname=shop', 'select 1')", ["db1", "shop"]),
        ("select c from t where host = 'db1'", []),
        (r"\conninfo", []),
        (r"\copy t from x.csv", []),
    ],
)
def test_what_a_client_changes_to(text: str, names: list[str]) -> None:
    assert connections(text) == names
