"""Reading is told from changing by what commands do, both ways; nothing passes for looking by its name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from reifierd.shell import read
from reifierd.shell.looking import known_changes, looks_only

TABLES = Path(__file__).parent / "looking"


def lines(name: str) -> list[str]:
    found = (TABLES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in found if line and not line.startswith("## ")]


def looks(source: str, *, by_name: bool = False) -> bool:
    view = read(source)
    return view.unread is None and all(looks_only(c, by_name=by_name) for c in view.commands)


def test_what_only_looks_passes() -> None:
    assert [s for s in lines("reads.txt") if not looks(s)] == []


def test_what_changes_or_runs_something_does_not_pass() -> None:
    assert [s for s in lines("changes.txt") if looks(s)] == []


@pytest.mark.parametrize(
    "wrapped", ["sudo {}", "timeout 5 {}", "nice -n 5 {}", "env A=b {}", "bash -c '{}'", "x=$({})"]
)
@pytest.mark.parametrize(
    "source",
    ["git log --output=F", "sort -o F f", "find . -delete", "curl -o F x", "ls > F", "kubectl edit x", "./check.sh"],
)
def test_a_wrapper_hides_nothing(wrapped: str, source: str) -> None:
    assert not looks(wrapped.format(source))


@pytest.mark.parametrize("source", ["ls", "git log --oneline", "kubectl get pods", "curl -fsS localhost/health"])
def test_a_wrapper_adds_nothing(source: str) -> None:
    assert all(looks(f"{wrapper} {source}") for wrapper in ("sudo", "timeout 5", "nice", "env A=b", "ssh h"))


@pytest.mark.parametrize("source", ["./check.sh", "/opt/x/status.py", "disk-health", "sudo ./bin/verify", "x -t"])
def test_a_name_counts_only_where_a_person_looks_again(source: str) -> None:
    assert looks(source, by_name=True)
    assert not looks(source)


@pytest.mark.parametrize("source", ["shopctl status", "./manage.py check", "queuectl list --json"])
def test_a_verb_counts_in_any_case(source: str) -> None:
    assert looks(source)


@pytest.mark.parametrize("source", ["source env.sh", ". ./env.sh", 'eval "$x"', "PATH=. ls", "LD_PRELOAD=x.so ls"])
def test_what_is_loaded_unread_is_no_looking(source: str) -> None:
    assert not looks(source)


@pytest.mark.parametrize(
    "source", ["source <(echo x=1)", "PATH=/opt/x/bin:$PATH ls", "export KUBECONFIG=x", "PAGER=cat git log"]
)
def test_what_is_read_or_known_may_be_loaded(source: str) -> None:
    assert looks(source)


def test_the_kinds_of_change_are_told() -> None:
    [command] = read("git diff --output=/srv/x").commands
    assert known_changes(command) == ("overwrite",)
    assert command.effects[0].targets == ("/srv/x",)
    [command] = read("git diff --ext-diff").commands
    assert known_changes(command) == ("unread code",)
