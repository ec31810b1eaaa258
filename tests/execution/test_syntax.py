"""`bash -n`, asked of one long-lived bash: its answers are bash's own, and nothing is ever run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reifierd.execution.syntax import SyntaxChecker


@pytest.fixture
def checker() -> Iterator[SyntaxChecker]:
    one = SyntaxChecker()
    yield one
    one.close()


@pytest.mark.parametrize(
    "source",
    [
        "ls",
        "if a; then b; fi",
        "if a",
        "echo 'x",
        "a )",
        "case x in a) ;; esac",
        "[[ a =~ (b|c) ]]",
        "for ((;;)); do a; done",
        "a=(1 2)",
        "}",
        "echo $(",
        "cat <<E\nx\nE",
        "f() { a; }",
        "done",
        "ls" + " x" * 900,
        "é ü",
    ],
)
def test_it_answers_as_bash_does(checker: SyntaxChecker, source: str) -> None:
    truth = subprocess.run(["bash", "-n"], input=source.encode(), capture_output=True, check=False).returncode == 0
    assert checker.valid(source) is truth


def test_nothing_is_run(checker: SyntaxChecker, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for source in (
        f"touch {mark}",
        f"$(touch {mark})",
        f"set +n; touch {mark}",
        f"}}\ntouch {mark}",
        f"'\ntouch {mark}",
        f"\n\ntouch {mark}",
    ):
        checker.valid(source)
    assert not mark.exists()


def test_a_nul_is_never_valid(checker: SyntaxChecker) -> None:
    assert checker.valid("ls\x00rm") is False


def test_answers_keep_their_order_when_asked_ahead(checker: SyntaxChecker) -> None:
    sources = ["ls", "if", "ls" + " x" * 900, "fi", "a"]
    for source in sources:
        checker.ask(source)
    assert [checker.answer() for _ in sources] == [True, False, True, False, True]


def test_a_killed_helper_is_no_permission_and_is_replaced(checker: SyntaxChecker) -> None:
    assert checker.valid("ls")
    assert checker._helper is not None
    checker._helper.kill()
    checker._helper.wait()
    assert checker.valid("ls")
