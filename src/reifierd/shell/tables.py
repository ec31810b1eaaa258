"""The packaged knowledge: TOML tables in `knowledge/`, read once. Lists of options may be written as one string."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """One packaged table by its file name without `.toml`."""
    return tomllib.loads(text_of(f"{name}.toml"))


def text_of(name: str) -> str:
    return (resources.files("reifierd.shell") / "knowledge" / name).read_text(encoding="utf-8")


@cache
def name_set(file: str, *keys: str) -> frozenset[str]:
    """A set of names by its place in a packaged table."""
    value: Any = table(file)
    for key in keys:
        value = value[key]
    return names(value)


def names(value: object) -> frozenset[str]:
    """A set of names from a TOML list, or from one string with spaces between them."""
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def files_in(folder: str) -> dict[str, str]:
    """All packaged tables of a sub-folder: name → text."""
    place = resources.files("reifierd.shell") / "knowledge" / folder
    return {f"{folder}/{f.name}": f.read_text(encoding="utf-8") for f in sorted(place.iterdir(), key=lambda f: f.name)}
