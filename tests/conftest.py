"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def need() -> Callable[..., None]:
    """`need("zsh")`: skip with the reason where a program is missing, but fail in CI, which installs them all."""

    def check(*programs: str) -> None:
        missing = [p for p in programs if shutil.which(p) is None]
        if missing and os.environ.get("CI") == "true":
            pytest.fail(f"CI must install {', '.join(missing)}")
        if missing:
            pytest.skip(f"needs {', '.join(missing)} (apt-get install it to run this test)")

    return check


@pytest.fixture(autouse=True)
def private_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own home, state, configuration, runtime and current folders; none touches the user's."""
    home = tmp_path / "home"
    for name, folder in (
        ("HOME", home),
        ("XDG_STATE_HOME", home / ".local/state"),
        ("XDG_CONFIG_HOME", home / ".config"),
        ("REIFIERD_RUNTIME_DIR", tmp_path / "runtime"),
    ):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        monkeypatch.setenv(name, str(folder))
    for name in ("REIFIERD_WORKSPACE", "HISTFILE", "XDG_RUNTIME_DIR", "REIFIERD_OFF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(home)  # what a test's shell writes by a relative name stays out of the source tree
    return home
