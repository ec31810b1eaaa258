"""Mistakes of typing are told in one shape, and help imports next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reifierd.cli.main import COMMANDS, run

READS = ("forget",)  # it looks for its session in Markdown
HEAVY = ("pydantic", "structlog", "rich", "markdown_it", "mistune", "tree_sitter", "apscheduler", "bashlex")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["statsu"], "reifierd: there is no command statsu\n  → reifierd status\n"),
        (["qqqqqq"], "reifierd: there is no command qqqqqq\n  → reifierd --help\n"),
        (["--nope"], "reifierd: no such option '--nope'\n  → reifierd --help\n"),
        (["status", "--nope"], "reifierd: no such option '--nope'\n  → reifierd status --help\n"),
        (["approve"], "reifierd: missing argument 'NAME'\n  → reifierd approve --help\n"),
    ],
)
def test_a_mistake_of_typing_names_the_next_command(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err == told


def test_help_imports_nothing_heavy() -> None:
    script = f"""
import sys
from reifierd.cli.main import run
for name in {["", *(name for name in COMMANDS if name not in READS)]!r}:
    assert run([*name.split(), "--help"]) == 0
    heavy = [m for m in {HEAVY!r} if m in sys.modules]
    assert not heavy, (name, heavy)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-600:]
