"""`reifierd hook SHELL`: what is printed, and from which tables."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reifierd.cli.hook import env_names, print_hook

RUN = [sys.executable, "-m", "reifierd", "hook"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_hook(shell: str, tmp_path: Path) -> None:
    done = subprocess.run([*RUN, shell], capture_output=True, text=True, check=True)
    assert f"'{tmp_path}/runtime/spool'" in done.stdout
    assert done.stderr == ""


def test_an_unknown_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_hook("tcsh") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "'tcsh'" in said.err
    assert "reifierd hook bash" in said.err


def test_nothing_heavy_is_imported_on_the_way() -> None:
    script = (
        "import sys; from reifierd.cli.hook import print_hook; print_hook('bash'); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"click", "pathlib", "dataclasses", "typing", "pydantic"} & set(done.stderr.split())


def test_help_through_the_command_line() -> None:
    done = subprocess.run([*RUN, "--help"], capture_output=True, text=True, check=True)
    assert "reifierd hook fish | source" in done.stdout
    assert subprocess.run([*RUN, "bash", "--"], capture_output=True, text=True, check=True).stdout


def test_the_spool_folder_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "runtime").chmod(0o755)
    print_hook("bash")
    for folder in (tmp_path / "runtime", tmp_path / "runtime/spool"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_still_prints_the_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REIFIERD_RUNTIME_DIR", str(tmp_path / "file/run"))
    assert print_hook("bash") == 0
    assert "__reifierd_start" in capsys.readouterr().out


def test_a_place_with_quotes_in_its_name(tmp_path: Path) -> None:
    odd = tmp_path / "it's \\ $(touch x)"
    env = {**os.environ, "REIFIERD_RUNTIME_DIR": str(odd)}
    for shell in ("bash", "fish"):
        text = subprocess.run([*RUN, shell], capture_output=True, text=True, check=True, env=env).stdout
        line = next(x for x in text.splitlines() if "__reifierd_folder" in x and "spool'" in x)
        done = subprocess.run(
            [shell, "-c", f'{line}\necho "$__reifierd_folder"'], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{odd}/spool\n"


def test_names_are_added_by_configuration_and_environment(
    private_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = private_places / ".config/reifierd/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[observer]\nenv = ["SITE", "PATH", "not a name"]\n')
    monkeypatch.setenv("REIFIERD_ENV", "STAGE,REGION_A x-y")
    names = env_names()
    assert names[0] == "PATH"
    assert names[-3:] == ("SITE", "STAGE", "REGION_A")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("text", ["[observer]\nenv = 3\n", "observer = 3 # env", "env = [", "\xff env"])
def test_a_broken_configuration_does_not_stop_a_shell(private_places: Path, text: str) -> None:
    config = private_places / ".config/reifierd/config.toml"
    config.parent.mkdir(parents=True)
    config.write_bytes(text.encode("latin-1"))
    assert "PATH" in env_names()


@pytest.mark.parametrize(
    "name", ["PGPASSWORD", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "API_KEY", "MYSQL_PWD", "db_password", "HTTP_AUTH"]
)
def test_names_of_secrets_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REIFIERD_ENV", name)
    assert name not in env_names()
