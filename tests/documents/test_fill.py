"""Filling in: a parameter's value reaches the program as one word, whatever is in it, in a real bash."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reifierd.documents import Step, parse_runbook
from reifierd.documents.fill import fill
from reifierd.errors import Refused

HOSTILE = "a b'\"; touch pwned; $(touch pwned) `touch pwned` \\ * \n<x>"


def step_of(command: str) -> Step:
    (step,) = parse_runbook(f"## Fix\n````bash\n{command}\n````\n".encode()).steps
    return step


@pytest.mark.parametrize(
    ("command", "filled"),
    [
        ("oc get pod <pod-name>", 'oc get pod "$POD_NAME"'),
        ('oc get pod "x-<pod-name>"', 'oc get pod "x-${POD_NAME}"'),
        ("NODE=<node name>", 'NODE="$NODE_NAME"'),
        ("aws s3 rm s3://<BUCKET>/<id>/", 'aws s3 rm s3://"$BUCKET"/"$ID"/'),
        ('echo "$(oc get <x>)"', 'echo "$(oc get "$X")"'),
        ('echo "${A:-<x>}"', 'echo "${A:-${X}}"'),
        ("cat <<EOF\nname: <x>\nEOF", "cat <<EOF\nname: ${X}\nEOF"),
        ("ls <path>", 'ls "$PARAM_PATH"'),
        ("true # <x>", "true # <x>"),
        ("sort <in.txt >out.txt", "sort <in.txt >out.txt"),
    ],
)
def test_a_placeholder_becomes_a_quoted_expansion(command: str, filled: str) -> None:
    assert fill(step_of(command)) == filled


@pytest.mark.parametrize(
    "command",
    [
        "printf %s <x>",
        'printf %s "<x>"',
        'V=<x>; printf %s "$V"',
        'printf %s "$(printf %s <x>)"',
        'printf %s "${NOTHING:-<x>}"',
        "printf %s `printf %s '' <x>`",
        "cat <<EOF\n<x>\nEOF",
        "cat <<-EOF | tr -d '\\t'\n\t<x>\n\tEOF",
    ],
)
def test_no_value_is_ever_more_than_a_word(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "X": HOSTILE}
    bash = ["bash", "--norc", "-c", fill(step_of(command))]
    done = subprocess.run(bash, cwd=folder, env=environment, capture_output=True, text=True, timeout=10, check=True)
    shown = done.stdout.removesuffix("\n")
    assert shown == HOSTILE or "`" in command  # an unquoted `…` is split into words by its author, not by the value
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "command", ["echo '<x>'", "echo $'<x>'", "cat <<'EOF'\n<x>\nEOF", 'cat <<"EOF"\n<x>\nEOF', "cat <<\\EOF\n<x>\nEOF"]
)
def test_where_nothing_expands_a_placeholder_is_refused(command: str) -> None:
    step = step_of(command)
    assert step.placeholders == ("x",)
    with pytest.raises(Refused, match="<x> stands in"):
        fill(step)
    (problem,) = parse_runbook(f"## Fix\n````bash\n{command}\n````\n".encode()).fatal
    assert problem.line == 3 + command[: command.index("<x>")].count("\n")


def test_a_name_can_be_given() -> None:
    assert fill(step_of("echo <x>"), {"x": "OTHER"}) == 'echo "$OTHER"'
