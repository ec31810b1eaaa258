"""`reifierd draft --since`: what an old history tells, asked for by name."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from reifierd.cli.main import run
from reifierd.workspace.init import make_workspace

YEAR = 370 * 86400


@pytest.fixture
def history(private_places: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configured history file of more than a year ago, and a workspace that has seen nothing yet."""
    monkeypatch.setenv("REIFIERD_WORKSPACE", str(private_places / "w"))
    make_workspace(private_places / "w")
    path = private_places / "old_history"
    config = private_places / ".config/reifierd/config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f'[observer]\nhistories = ["{path}"]\n')
    start = int(time.time()) - YEAR
    lines = ["systemctl status app", "sed -i s/80/81/ /etc/app.conf", "systemctl restart app"]
    path.write_text("".join(f"#{start + 30 * n}\n{line}\n" for n, line in enumerate(lines)))
    return path


def test_a_session_older_than_the_retention_is_drafted_when_it_is_asked_for(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    since = time.strftime("%Y-%m-%d", time.gmtime(time.time() - YEAR - 86400))
    assert run(["run", "--once"]) == 0
    capsys.readouterr()
    assert run(["draft", "--since", since, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["state"] == "drafted"
    assert "systemctl restart app" in (history.parent / "w" / row["draft"]).read_text()
    assert run(["sessions", "--all", "--json"]) == 0
    assert [s["state"] for s in json.loads(capsys.readouterr().out)] == ["drafted"]


def test_a_day_is_enough_of_a_limit(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draft", "--since", "3d", "--json"]) == 0
    assert not [r for r in json.loads(capsys.readouterr().out) if r["draft"]]


@pytest.mark.parametrize("times", [True, False])
def test_now_means_the_latest_work_also_at_first_sight(
    history: Path, capsys: pytest.CaptureFixture[str], times: bool
) -> None:
    """What the first start would hold back (old, or without times) is drafted when a person asks for a draft now."""
    if not times:
        history.write_text("\n".join(line for line in history.read_text().splitlines() if line[0] != "#") + "\n")
    assert run(["draft", "--now", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["state"] == "drafted"
