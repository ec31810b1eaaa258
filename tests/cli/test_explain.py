"""`reifierd explain`: a tree for people, JSON for programs; nothing is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def explain(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reifierd", "explain", *words], capture_output=True, text=True, check=False
    )


def test_the_tree_shows_commands_effects_and_the_verdict() -> None:
    done = explain("sudo bash -c 'cd /srv && rm -rf data' | tee log")
    for part in ("override", "in sudo", "in bash", "delete", "/srv/data", "delete-system", "tee", "overwrite"):
        assert part in done.stdout


def test_json() -> None:
    answer = json.loads(explain("--json", "--cwd", "/srv", "touch x; grep -q a b").stdout)
    assert (answer["verdict"], answer["read_only"]) == ("allow", False)
    assert answer["commands"][0]["effects"] == [{"kind": "write", "targets": ["/srv/x"], "open": False, "detail": ""}]


def test_nothing_is_run(tmp_path: Path) -> None:
    explain(f"touch {tmp_path}/x; $(touch {tmp_path}/y)")
    assert list(tmp_path.glob("?")) == []


def test_brackets_in_a_command_are_no_markup() -> None:
    assert "[bold]" in explain("echo '[bold]'").stdout
