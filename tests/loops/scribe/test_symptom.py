"""Symptoms in logs of several services' own formats."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reifierd.loops.scribe.symptom import find_symptom, pattern_of

START = datetime(2027, 3, 4, 10, 30, tzinfo=UTC).timestamp()

FORMATS = {
    "iso": "2027-03-04T10:21:07Z ERROR cannot open ledger 7",
    "iso with comma": "2027-03-04 10:21:07,512 ERROR cannot open ledger 7",
    "slashes": "2027/03/04 10:21:07 ERROR cannot open ledger 7",
    "syslog": "Mar  4 10:21:07 ERROR cannot open ledger 7",
    "apache": "[Thu Mar 04 10:21:07.123 2027] ERROR cannot open ledger 7",
    "clf": "04/Mar/2027:10:21:07 +0000 ERROR cannot open ledger 7",
    "redis": "04 Mar 2027 10:21:07.001 ERROR cannot open ledger 7",
}


@pytest.mark.parametrize("line", FORMATS.values(), ids=FORMATS)
def test_times_are_read_in_the_formats_of_the_field(line: str) -> None:
    found = find_symptom([("/var/log/x.log", f"{line}\n{line}\n")], START, START + 600)
    assert found is not None
    assert (found.line, found.count) == ("ERROR cannot open ledger 7", 2)
    assert found.first == datetime(2027, 3, 4, 10, 21, 7, tzinfo=UTC).timestamp()


def test_a_time_without_a_zone_is_the_zone_of_the_host() -> None:
    zone = timezone(timedelta(hours=2))
    found = find_symptom([("x.log", "2027-03-04 12:21:07 ERROR broken\n")], START, START + 1, zone)
    assert found is not None
    assert found.first == datetime(2027, 3, 4, 10, 21, 7, tzinfo=UTC).timestamp()


def test_lines_of_another_hour_and_those_after_the_first_change_do_not_count() -> None:
    text = "2027-03-04 08:00:00 FATAL old\n2027-03-04 10:29:00 ERROR now\n2027-03-04 10:40:00 FATAL mine\n"
    found = find_symptom([("x.log", text)], START, START + 60)
    assert found is not None
    assert found.line == "ERROR now"


def test_the_worst_word_wins_then_the_most_frequent() -> None:
    text = "".join(f"2027-03-04 10:2{n}:00 WARN slow\n" for n in range(9))
    text += "2027-03-04 10:25:00 ERROR a\n2027-03-04 10:26:00 ERROR b 1\n2027-03-04 10:27:00 ERROR b 2\n"
    found = find_symptom([("x.log", text)], START, START)
    assert found is not None
    assert (found.line, found.count) == ("ERROR b 2", 2)


def test_below_a_stack_the_exception_is_the_symptom() -> None:
    text = "2027-03-04 10:25:00 x\nTraceback (most recent call last):\n  File \"a.py\", line 3\nKeyError: 'rate'\n"
    found = find_symptom([("x.log", text)], START, START)
    assert found is not None
    assert found.line == "KeyError: 'rate'"


def test_a_quiet_log_has_no_symptom() -> None:
    assert find_symptom([("x.log", "2027-03-04 10:25:00 INFO all is well\n")], START, START) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('lock on relation "orders" (pid 312)', 'lock on relation "users" (pid 9)'),
        ("open /srv/a/run/x.pid: denied [13]", "open /opt/b/run/x.pid: denied [2]"),
        ("request 550e8400-e29b-41d4-a716-446655440000 failed", "request 6ba7b810-9dad-11d1-80b4-00c04fd430c8 failed"),
    ],
)
def test_a_pattern_finds_the_same_error_with_other_numbers_names_and_places(one: str, other: str) -> None:
    pattern = pattern_of(one)
    assert re.search(pattern, one)
    assert re.search(pattern, other)
    assert not re.search(pattern, "something else")
