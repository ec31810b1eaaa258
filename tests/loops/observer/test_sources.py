"""Where histories are looked for."""

from __future__ import annotations

from pathlib import Path

from reifierd.loops.observer.settings import ObserverSettings
from reifierd.loops.observer.sources import history_files


def make(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_each_shells_default_place_is_found(tmp_path: Path) -> None:
    names = (".bash_history", ".zsh_history", ".histfile", ".local/share/fish/fish_history")
    files = [make(tmp_path / name) for name in names]
    assert history_files(ObserverSettings(), {}, tmp_path) == files


def test_variables_say_where_else(tmp_path: Path) -> None:
    env = {"HISTFILE": f"{tmp_path}/h", "ZDOTDIR": f"{tmp_path}/z", "XDG_DATA_HOME": f"{tmp_path}/d"}
    files = [make(tmp_path / name) for name in ("h", "z/.zsh_history", "d/fish/fish_history")]
    assert history_files(ObserverSettings(), env, tmp_path / "home") == files


def test_named_ones_are_globs_and_each_file_counts_once(tmp_path: Path) -> None:
    bash, other = make(tmp_path / ".bash_history"), make(tmp_path / "x/one.history")
    (tmp_path / "x/link.history").symlink_to(bash)
    settings = ObserverSettings(histories=("~/x/*.history", str(other)))
    assert history_files(settings, {}, tmp_path) == [bash, other]
    alone = ObserverSettings(histories=("~/x/one.history",), find_histories=False)
    assert history_files(alone, {}, tmp_path) == [other]
