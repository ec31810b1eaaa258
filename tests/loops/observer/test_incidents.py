"""What happened to users of other tools must not happen here; each test has the name of the report it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.loops.observer.conftest import Watch


def test_incident_atuin_3147_a_history_that_is_rewritten_loses_nothing(watch: Callable[..., Watch]) -> None:
    """History that had been read was lost. A shell that ends rewrites its file, shorter where it keeps only so many
    lines: what was read stays, what is new is added, nothing is there twice."""
    w = watch()
    w.tick()
    path = w.write(".bash_history", "".join(f"deploy {n}\n" for n in range(40)))
    w.tick()
    for text in ("deploy 38\ndeploy 39\nrollback 1\n", "", "deploy 39\nrollback 1\nrollback 2\n"):
        w.now += 10
        rewritten = path.with_name("rewritten")
        rewritten.write_text(text)
        rewritten.rename(path)
        w.touch(path)
        w.tick()
    assert sorted(c.command for c in w.commands()) == sorted(
        [f"deploy {n}" for n in range(40)] + ["rollback 1", "rollback 2"]
    )


def test_incident_atuin_2593_the_history_is_read_from_the_file_that_is_written(
    watch: Callable[..., Watch], private_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong file was imported: HISTFILE said another one. What the environment names is read, and only appended to
    by its shell: our reading changes no byte and no time of it."""
    monkeypatch.setenv("HISTFILE", str(private_places / "elsewhere/history"))
    w = watch()
    w.tick()
    path = w.write("elsewhere/history", "systemctl restart nginx\n")
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    w.tick()
    assert [c.command for c in w.commands()] == ["systemctl restart nginx"]
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
