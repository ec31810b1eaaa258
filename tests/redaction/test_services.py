"""Keys that only the name of a hosted service next to them betrays."""

from __future__ import annotations

import random
import string
import uuid

import pytest

from reifierd.redaction import Redactor
from reifierd.redaction.names import SERVICES

CHANCE = random.Random(7)
NEAR = [
    "{0} key {1}",
    "{0}_API_KEY={1}",
    "{0}-token: {1}",
    '{{"{0}Secret": "{1}"}}',
    "log in to {0} with token {1}",
    "{0}SECRET {1}",
    "calling {0}\nUsing Key={1}",
]
VALUES = {
    "hexadecimal": "".join(CHANCE.choices("0123456789abcdef", k=32)),
    "letters and digits": "".join(CHANCE.choices(string.ascii_lowercase + string.digits, k=36)),
    "capitals": "".join(CHANCE.choices(string.ascii_uppercase + string.digits, k=24)),
    "a UUID": str(uuid.UUID(int=CHANCE.getrandbits(128))),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("near", NEAR)
def test_behind_a_service_and_a_word_for_key_stands_its_secret(near: str, value: str) -> None:
    services = CHANCE.sample(SERVICES["rare"], 20) + CHANCE.sample(SERVICES["known"], 20)
    texts = [near.format(service, value) for service in services]
    assert [t for t in texts if value in Redactor().text(t)] == []


def test_a_rare_service_needs_no_other_sign() -> None:
    value = VALUES["hexadecimal"]
    assert [s for s in SERVICES["rare"] if value in Redactor().text(f"{s} {value}")] == []


@pytest.mark.parametrize(
    "line",
    [
        "deployed to heroku: 4f9c27d1b8e6035a4f9c27d1b8e6035a4f9c27d1",
        "stripe webhook request id 0f8fad5b-d9cb-469f-a165-70867728950e",
        "datadog token secret datadog-agent-7f9c6d5b4-x2x9z",
        "grafana api key rotation planned for 2026-11-20T10:00:00Z",
        "the sentry token file is /etc/sentry/token-2026.conf",
        "pagerduty key rotation-policy-v2-2026",
        "vercel access log at https://logs.example.com/vercel/2026/11/20",
        "npm token docs: https://docs.npmjs.com/about-access-tokens",
        "github access for build-agent-0123456789",
        "docker secret create app_key_v20261120 ./key.txt",
        "circle key shape: 1234567890 wide",
        "org.neo4j:neo4j-graphdb-api:jar:3.5.12:test",
        "twilio auth sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "export STRIPE_API_KEY=$STRIPE_KEY_FROM_VAULT_2026",
    ],
)
def test_what_says_something_is_no_key(line: str) -> None:
    assert Redactor().text(line) == line


def test_no_service_stands_in_two_lists() -> None:
    names = [name for names in SERVICES.values() for name in names]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)
