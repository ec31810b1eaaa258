"""A configuration is read whole, and its mistakes are told at once, in the words of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.config import Config, load_config
from reifierd.errors import UsageError
from reifierd.loops.tasks.extensions import load_extensions

README = Path(__file__).parents[1] / "README.md"


def complaint(tmp_path: Path, text: str) -> str:
    place = tmp_path / "c.toml"
    place.write_text(text)
    with pytest.raises(UsageError) as raised:
        load_config(place)
    return raised.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[observer]\nnoises = ["x"]', "[observer] unknown key 'noises'; did you mean 'noise'?"),
        ("[observer]\ntimeout = 3", "[observer] unknown key 'timeout'; it belongs below [operator]"),
        ("[observer]\nzzz = 3", "[observer] unknown key 'zzz'"),
        ('[observer]\ngap = "five"', "[observer] gap must be a number"),
        ('[observer]\nhistories = "x"', '[observer] histories must be a list: ["…"]'),
        ("[operator]\nmany = 0", "[operator] many must be greater than or equal to 1"),
        ('[scribe]\ndraft = "none"', "[scribe] draft must be 'changes' or 'all'"),
        ("[operater]", "unknown section 'operater'; did you mean [operator]?"),
        ("gap = 3", "unknown key 'gap'; it belongs below [observer]"),
        ("observer = 3", "observer must be a section: [observer]"),
        ('[tasks.types.docs]\nlabel = ["x"]', "[tasks.types.docs] unknown key 'label'"),
        ('[[tasks.handlers]]\npattern = "x"', "[[tasks.handlers]], number 1: commands is missing"),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_file(tmp_path: Path, text: str, told: str) -> None:
    assert complaint(tmp_path, text) == told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = complaint(tmp_path, "[observer]\ngap = 0\n[operator]\nmany = 1.5\n[what]\n")
    assert text.startswith("3 problems:")
    assert text.count("\n") == 3


def written(default: object) -> str:
    """A value as TOML writes it."""
    match default:
        case bool():
            return str(default).lower()
        case tuple():
            return str(list(default))
        case str():
            return f'"{default}"'
        case _:
            return str(default)


def test_the_readme_names_every_key_with_its_default() -> None:
    rows = [line.split(" | ")[:2] for line in README.read_text().splitlines() if line.startswith("| `[")]
    wanted = [
        [f"| `[{section}] {key}`", f"`{written(info.default)}`"]
        for section in Config.model_fields
        for key, info in type(getattr(Config(), section)).model_fields.items()
    ]
    assert rows == wanted


def test_the_settings_that_the_page_on_tasks_shows_are_read(tmp_path: Path) -> None:
    page = README.parent.joinpath("docs", "TASKS.md").read_text()
    place = tmp_path / "c.toml"
    place.write_text(page.partition("```toml\n")[2].partition("```")[0])
    tasks = load_config(place).tasks
    assert (len(load_extensions(tasks).handlers), len(tasks.checks), list(tasks.types)) == (1, 1, ["docs"])
