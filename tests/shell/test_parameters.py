"""`${name…}` as bash expands it, where everything is known; compared with bash itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from reifierd.shell.parameters import applied, operator_at
from reifierd.shell.shapes import FILLED, UNKNOWN

OPERATIONS = [":-d", "-d", ":=d", "=d", ":+d", "+d", ":?d", "#ab", "##ab", "%yz", "%%yz", "/b/Q", "//b/Q", "^", "^^"]
OPERATIONS += [",", ",,", ":1", ":1:2", ": 2"]


@pytest.mark.parametrize("value", ["abbyz", "Abyz", "x"])
def test_a_known_value_becomes_what_bash_makes_of_it(need: Callable[[str], None], value: str) -> None:
    script = "\n".join(f'v={value}; printf "%s\\n" "${{v{operation}}}"' for operation in OPERATIONS)
    need("bash")
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    found = [(operator_at(operation, 0), operation) for operation in OPERATIONS]
    assert [applied(operator, value, operation[len(operator) :]) for operator, operation in found] == said


def test_what_is_not_set_is_a_default_or_unknown() -> None:
    assert applied(":-", None, "d") == "d"
    assert applied(":+", None, "d") == UNKNOWN
    assert applied("#", None, "d") == UNKNOWN


def test_what_must_be_set_is_surely_not_empty() -> None:
    assert applied(":?", None, "") == FILLED
    assert applied("?", f"a{UNKNOWN}", "") == f"a{FILLED}"


@pytest.mark.parametrize(
    ("operator", "value", "argument"), [("#", f"a{UNKNOWN}", "a"), ("%", "ab", UNKNOWN), ("#", "ab", "*")]
)
def test_an_edit_of_or_by_the_unknown_is_unknown(operator: str, value: str, argument: str) -> None:
    assert applied(operator, value, argument) == UNKNOWN
