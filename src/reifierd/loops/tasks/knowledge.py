"""The packaged table `knowledge.toml`: types, programs of clusters and databases, packages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _all() -> dict[str, Any]:
    return tomllib.loads(files("reifierd.loops.tasks").joinpath("knowledge.toml").read_text(encoding="utf-8"))


def table(name: str) -> dict[str, Any]:
    """One table by its dotted name (`clusters.kubectl`)."""
    found: dict[str, Any] = _all()
    for part in name.split("."):
        found = found[part]
    return found
