"""Which source of a parameter wins, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.documents.model import Param
from reifierd.errors import UsageError
from reifierd.runs.params import from_environment, from_file, resolve


def test_the_first_source_that_has_a_value_wins() -> None:
    params = (Param("A", value="front"), Param("B", value="front"), Param("C", value="front"))
    values = resolve(params, {"A": "word"}, {"A": "file", "B": "file"})
    assert values.plain == {"A": "word", "B": "file", "C": "front"}


def test_a_secret_never_comes_from_the_front_matter() -> None:
    values = resolve((Param("PW", secret=True, value="front"),))
    assert [p.name for p in values.missing] == ["PW"]
    assert resolve((Param("PW", secret=True),), {"PW": "given"}).secret == {"PW": "given"}


def test_an_empty_value_is_a_value() -> None:
    assert resolve((Param("A"),), {"A": ""}).missing == ()


def test_the_environment_is_asked_by_its_prefix() -> None:
    assert from_environment({"REIFIERD_PARAM_X": "1", "X": "2"}) == {"X": "1"}


def test_the_file_is_plain_toml_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "params.toml"
    assert from_file(tmp_path) == {}
    path.write_text('A = "x"\nB = 5\n')
    path.chmod(0o600)
    assert from_file(tmp_path) == {"A": "x", "B": "5"}
    path.chmod(0o640)
    with pytest.raises(UsageError, match="others can read"):
        from_file(tmp_path)


@pytest.mark.parametrize("content", ["A = ", "A = [1]", "\udcff"])
def test_a_broken_file_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "params.toml"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(UsageError, match=str(path)):
        from_file(tmp_path)


def test_a_value_that_no_program_can_be_given_is_refused() -> None:
    with pytest.raises(UsageError, match="NUL"):
        resolve((Param("A"),), {"A": "b\0c"})
