"""Random tokens are told from the names, hashes and ids that operations are full of."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.redaction import Redactor
from reifierd.redaction.classifier import change_rate, looks_secret


def test_random_base62_is_almost_always_known() -> None:
    chance = random.Random(7)
    drawn = ["".join(chance.choices(string.ascii_letters + string.digits, k=24)) for _ in range(2_000)]
    assert sum(map(looks_secret, drawn)) > 0.98 * len(drawn)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789abcdef-", min_size=1, max_size=64))
def test_hexadecimal_is_never_a_secret_by_its_look(token: str) -> None:
    assert not looks_secret(token)


@pytest.mark.parametrize(
    "word",
    [
        "AWSServiceRoleForAutoScaling2",
        "release-20240610-1130",
        "v0.0.0-20220622213112-05595931fe9d",
        "web-5d4f8c7b9-x2x4q",
        "KubePodCrashLooping15m",
        "node_exporter_build_info_v1",
        "/usr/lib/python3.11/site-packages/X1",
        "i-0abcd1234ef567890",
        "UTF8EncodingWithoutBOM2024",
        "2024-06-11T22:10:00Z",
    ],
)
def test_names_and_ids_are_no_secrets(word: str) -> None:
    assert Redactor().text(f"see {word} there") == f"see {word} there"


def test_the_rate_of_changes() -> None:
    assert change_rate("aaaa") == 0
    assert change_rate("aA0a") == 1
