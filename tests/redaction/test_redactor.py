"""Invariant 6, redact before persist: what the one door lets through, and that it never fails or changes its mind."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reifierd.redaction import Redactor, Span

# Pieces that are likely to meet badly: quotes, operators, names, secrets, markers and rubbish.
PIECES = st.sampled_from(
    [
        "mysql -p",
        "S3cret9x",
        "'",
        '"',
        "\\",
        "$(",
        ")",
        "`",
        "${",
        "}",
        "<<E\n",
        "\nE\n",
        "password",
        "=",
        ": ",
        "https://u:",
        "@h ",
        "[REDACTED:password]",
        "[REDACTED:",
        "]",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----END PRIVATE KEY-----",
        "Authorization: Bearer ",
        "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.",
        " ",
        "\n",
        "|",
        "sudo -S",
        "echo ",
        "curl -u a:",
        "token",
        "x" * 30,
        "kX9vT2mQ7bLw4ZpR1nYcA",
        "İ",
        "\ufffc",
        "\x00",
        "é",
        "$'\\x41'",
        "-H ",
        "--password ",
        ";",
        "&",
        "#",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=80))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("password='[REDACTED:password]x'")
def test_redacting_twice_changes_nothing(text: str) -> None:
    redactor = Redactor()
    once = redactor.text(text)
    assert redactor.text(once) == once


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_spans_are_the_text(text: str) -> None:
    """Putting the markers where the spans are gives what `.text` gives; spans are sorted, apart and not empty."""
    spans = Redactor().spans(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    shown, position = "", 0
    for span in spans:
        shown += text[position : span.start] + f"[REDACTED:{span.kind}]"
        position = span.end
    assert shown + text[position:] == Redactor().text(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_command_of_any_make_is_told_without_a_crash(text: str) -> None:
    redactor = Redactor()
    told = redactor.command(text)
    assert isinstance(told.text, str)
    assert len({name for name, _ in told.params}) == len(told.params)


@settings(max_examples=60, deadline=None)
@given(st.permutations(["export DB_PASSWORD=S3cret9x", "connected with S3cret9x", "GET /?p=S3cret9x", "ok"]))
def test_once_a_value_is_known_no_chunk_shows_it(chunks: list[str]) -> None:
    """Whatever the order of chunks: from the one that gives the value away on, it is nowhere."""
    redactor = Redactor()
    shown = [redactor.text(c) for c in chunks]
    first = chunks.index("export DB_PASSWORD=S3cret9x")
    assert not any("S3cret9x" in s for s in shown[first:])
    assert not any("S3cret9x" in redactor.text(c) for c in chunks)


@pytest.mark.parametrize(
    "form",
    [
        lambda v: v,
        lambda v: base64.b64encode(v.encode()).decode(),
        lambda v: base64.b64encode(b"ops:" + v.encode()).decode(),
        lambda v: base64.b64encode(b"user1:" + v.encode()).decode(),
        lambda v: quote(v, safe=""),
        lambda v: json.dumps(v)[1:-1],
        lambda v: v.replace("'", "'\\''"),
    ],
)
def test_a_learnt_value_is_hidden_in_every_spelling(form: object) -> None:
    assert callable(form)
    value = "pa/s\"s w'ö&rd=9"
    redactor = Redactor()
    redactor.learn(value)
    written = form(value)
    hidden = redactor.text(f"log line {written} end")
    assert hidden.startswith("log line ")
    assert hidden.endswith(" end")
    assert written[6:-6] not in hidden


@pytest.mark.parametrize(
    "word", ["root", "true", "localhost", "password", "admin", "abc", "no", "aaaa", "postgres", "1234"]
)
def test_everyday_words_poison_nothing(word: str) -> None:
    """A weak password hides in its place, and the word stays readable everywhere else."""
    redactor = Redactor()
    redactor.text(f"mysql -uroot -p{word} shop")
    redactor.learn(word)
    line = f"the {word} of {word} is {word}"
    assert redactor.text(line) == line


def test_a_short_value_is_no_part_of_longer_words() -> None:
    redactor = Redactor()
    redactor.learn("k7Qx")
    assert redactor.text("ab k7Qx ok7Qxy") == "ab [REDACTED:known] ok7Qxy"


PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join(["MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MaI7v2n0bY1kVhQp"] * 4)
    + "\nq8Zt\n-----END RSA PRIVATE KEY-----\n"
)


def test_a_private_key_is_hidden_whole() -> None:
    shown = Redactor().text(f"before\n{PEM}after")
    assert shown == "before\n-----BEGIN RSA PRIVATE KEY-----[REDACTED:private-key]-----END RSA PRIVATE KEY-----\nafter"


def test_a_private_key_in_chunks_is_hidden_too() -> None:
    redactor = Redactor()
    shown = "".join(redactor.text(PEM[i : i + 150]) for i in range(0, len(PEM), 150))
    assert "MIIEow" not in shown
    assert "VS5JJ" not in shown


def test_a_certificate_is_no_secret() -> None:
    text = PEM.replace("RSA PRIVATE KEY", "CERTIFICATE")
    assert Redactor().text(text) == text


def test_each_line_names_the_kind_it_hid() -> None:
    assert Redactor().spans("mysql -pS3cret9x") == [Span(8, 16, "password")]


def test_hidden_whatever_hides_around_it() -> None:
    """A value that a later place gives away is hidden in the earlier place of the same text."""
    assert "S3cret9x" not in Redactor().text("login with S3cret9x\nexport DB_PASSWORD=S3cret9x\n")


@pytest.mark.parametrize("odd", ["\udc8b", "\ud800", "\x00", "\ufffc"])
def test_a_secret_with_undecodable_bytes_is_hidden_like_any_other(odd: str) -> None:
    secret = f"Monk{odd}yW45"
    assert secret not in Redactor().text(f"mysql -uroot -p'{secret}' shop")


def test_a_marker_repeats_no_part_of_the_secret() -> None:
    token = "github_" + "pat_" + "11ABCDE0" * 9
    assert Redactor().text(f"export X={token}") == "export X=[REDACTED:secret]"


def test_a_name_without_a_value_is_no_command() -> None:
    assert Redactor().text("nmcli con modify vpn vpn.secrets") == "nmcli con modify vpn vpn.secrets"


def test_a_secret_beyond_ascii_that_is_encoded_is_hidden() -> None:
    assert "Grün-Käse-81" not in Redactor().text("echo 'Grün-Käse-81' | base64")


def test_a_command_in_the_middle_of_long_output_is_read_like_one_alone() -> None:
    line = "./reindex -u admin -p correcthorse --all"
    log = "nothing to see here\n" * 400
    assert Redactor().text(log + line + "\n" + log) == f"{log}./reindex -u admin -p [REDACTED:password] --all\n{log}"


@pytest.mark.parametrize("number", range(6))
def test_what_a_secret_replaces_in_a_command_is_the_secret_alone(number: int) -> None:
    """The runbook runs with the value that a person gives, so nothing around it may be swallowed."""
    typed, kept = (
        ("sed -i 's/^token=.*/token=q8Wm2Xr7Tz/' a.ini", "sed -i 's/^token=.*/token='\"$TOKEN\"'/' a.ini"),
        ('sed -i "s|secret: .*|secret: q8Wm2Xr7Tz|" a', 'sed -i "s|secret: .*|secret: $SECRET|" a'),
        ('curl -d \'{"password": "q8Wm2Xr7Tz"}\' h', 'curl -d \'{"password": "\'"$PASSWORD"\'"}\' h'),
        ("migrate --dsn 'a:q8Wm2Xr7Tz@tcp(db:3306)/s'", "migrate --dsn 'a:'\"$A_PASSWORD\"'@tcp(db:3306)/s'"),
        ("echo q8Wm2Xr7Tz | vault-ish login --password-stdin", 'echo "$PASSWORD" | vault-ish login --password-stdin'),
        ("sftp bob:q8Wm2Xr7Tz@host", 'sftp bob:"$PASSWORD"@host'),
    )[number]
    assert Redactor().command(typed).text == kept


def test_a_text_that_held_nothing_is_looked_at_again_when_more_is_known() -> None:
    redactor = Redactor()
    assert redactor.text("the shard is blue-Otter-71") == "the shard is blue-Otter-71"
    redactor.learn("blue-Otter-71")
    assert "blue-Otter-71" not in redactor.text("the shard is blue-Otter-71")
