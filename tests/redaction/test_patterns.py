"""Tokens that their issuer made recognisable, and the notations around a secret."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from reifierd.redaction import Redactor

ALNUM = "aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xY"
HEX = "4f9c27d1b8e6035a4f9c27d1b8e6035a"
LOWER = "k3j9x0q7w2m5n8b1v4c6z3a9s7d0f2g5"

TOKENS = [
    "AK" + "IAQ7XW2MZ4KPLT5VNB",
    "gh" + "p_" + ALNUM + "1234",
    "github" + "_pat_" + ALNUM + ALNUM,
    "gl" + "pat-" + ALNUM[:20],
    "xo" + "xb-123456789012-123456789012-" + ALNUM[:24],
    "sk" + "_live_" + ALNUM,
    "AI" + "za" + ALNUM + "abc",
    "ya" + "29." + ALNUM + ALNUM,
    "sk-" + "proj-" + ALNUM + ALNUM,
    "sk-" + "ant-api03-" + ALNUM + ALNUM,
    "S" + "K" + HEX,
    "S" + "G." + ALNUM[:22] + "." + ALNUM,
    "np" + "m_" + ALNUM + "1234",
    "py" + "pi-AgEIcHlwaS5vcmc" + ALNUM + ALNUM,
    "h" + "f_" + "abcdefghijKLMNOPQRSTuvwxyzABCDefgh",
    "do" + "p_v1_" + HEX + HEX,
    "shp" + "at_" + HEX,
    "1234567890:A" + "A" + ALNUM + "x",
    "dap" + "i" + HEX,
    "dp." + "pt." + ALNUM + "12345678",
    "hv" + "s." + ALNUM,
    "lin_" + "api_" + ALNUM + "abcd",
    "ATA" + "TT3" + ALNUM + ALNUM,
    "key-" + HEX,
    HEX + "-us" + "12",
    "NR" + "AK-" + ALNUM[:27].upper(),
    "gls" + "a_" + ALNUM + "_4f9c27d1",
    "sntry" + "s_" + ALNUM + ALNUM,
    "psc" + "ale_tkn_" + ALNUM,
    "PM" + "AK-" + HEX[:24] + "-" + HEX + "12",
    "pu" + "l-" + HEX + HEX[:8],
    "rub" + "ygems_" + HEX + HEX[:16],
    ALNUM[:14] + ".atl" + "asv1." + ALNUM + ALNUM,
    "AGE-SE" + "CRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE",
    "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r",
    "gl" + "rt-" + ALNUM[:20],
    "ts" + "key-auth-" + ALNUM[:16] + "-" + ALNUM,
    "SWM" + "TKN-1-" + LOWER + LOWER[:18] + "-" + LOWER[:25],
    "sha2" + "56~" + ALNUM + "12345678901",
    "fig" + "d_" + ALNUM + "12345678",
]


@pytest.mark.parametrize(
    "around", ["{}", "x {} y", "x='{}'", '{{"a":"{}"}}', "<a>{}</a>", "https://h/?q={}&x=1", "# {}\n"]
)
def test_a_token_is_known_by_its_shape(around: str) -> None:
    assert [token for token in TOKENS if token in Redactor().text(around.format(token))] == []


NOTATIONS = [
    'apiToken = "{}"',
    "api_token: {}",
    '"apiToken": "{}"',
    "API_TOKEN={}",
    "'apiToken' => '{}'",
    'apiToken := "{}"',
    'var apiToken string = "{}"',
    'let apiToken: String = "{}"',
    "<apiToken>{}</apiToken>",
    "<apiToken>\n  {}\n</apiToken>",
    'API_TOKEN ?= "{}"',
    'setApiToken("{}")',
    '<add key="ApiToken" value="{}"/>',
    '{{\\"api_token\\": \\"{}\\"}}',
    "- name: API_TOKEN\n  value: {}",
    "Authorization: Bearer {}",
    "Server=h;User=u;Pwd={};",
    "https://u:{}@h/x",
    "https://h/x?access_token={}",
    "machine h login u password {}",
    "ALTER USER u WITH PASSWORD '{}'",
    "CREATE USER u IDENTIFIED BY '{}'",
    "h:5432:db:u:{}",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=x",
    "requirepass {}",
]


@pytest.mark.parametrize("value", [HEX, LOWER, "k9I05IRSMLLGY", "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_a_notation_announces_its_value(value: str) -> None:
    assert [n for n in NOTATIONS if value in Redactor().text(n.format(value))] == []


def test_there_are_many_kinds_and_each_row_has_a_door() -> None:
    rows = tomllib.loads(files("reifierd.redaction").joinpath("shapes.toml").read_text("utf-8"))["shape"]
    assert len({row["kind"] for row in rows}) > 120
    assert all(row["near"] and all(row["near"]) for row in rows)
