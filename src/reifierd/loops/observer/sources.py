"""Where histories stand: $HISTFILE, each shell's default place, and what the configuration names."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from pathlib import Path

from reifierd.loops.observer.settings import ObserverSettings


def history_files(settings: ObserverSettings, env: Mapping[str, str], home: Path) -> list[Path]:
    """The files that are there now, each once even where several names lead to it."""
    found: dict[Path, Path] = {}
    for path in (*(_defaults(env, home) if settings.find_histories else ()), *_named(settings, home)):
        if path.is_file():
            found.setdefault(path.resolve(), path)
    return list(found.values())


def missing_files(settings: ObserverSettings, env: Mapping[str, str], home: Path) -> list[Path]:
    """The places where a shell may begin a history file one day: what stands there then is new in every line."""
    return [p for p in _defaults(env, home) if not p.exists()] if settings.find_histories else []


def _defaults(env: Mapping[str, str], home: Path) -> Iterator[Path]:
    """bash(1), zshparam(1) with what its new-user set-up and distributions choose, fish's history(1)."""
    if env.get("HISTFILE"):
        yield Path(env["HISTFILE"])
    yield home / ".bash_history"
    for folder in dict.fromkeys((Path(env.get("ZDOTDIR") or home), home)):
        yield from (folder / name for name in (".zsh_history", ".histfile", ".zhistory"))
    yield Path(env.get("XDG_DATA_HOME") or home / ".local/share") / "fish/fish_history"


def _named(settings: ObserverSettings, home: Path) -> Iterator[Path]:
    for pattern in settings.histories:
        whole = home / pattern[2:] if pattern.startswith("~/") else home / pattern
        yield from map(Path, sorted(glob.glob(str(whole))))  # noqa: PTH207 - the pattern may be absolute
