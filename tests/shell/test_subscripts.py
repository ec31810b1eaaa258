"""Commands in an index, a number or a prompt are commands: bash itself runs them here, and the reading finds them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reifierd.shell import read

# Each makes the file `ran`, as bash 5 does it.
EVALUATED = [
    "test -v 'a[$(touch ran)]'",
    "[ -v 'a[$(touch ran)]' ]",
    "[[ -v 'a[$(touch ran)]' ]]",
    "[[ 'a[$(touch ran)]' -eq 1 ]]",
    "printf -v 'a[$(touch ran)]' x",
    "read 'a[$(touch ran)]' <<< x",
    "let 'a[$(touch ran)]'",
    "declare 'a[$(touch ran)]=1'",
    "declare -i x='a[$(touch ran)]'",
    "a=(1); unset 'a[$(touch ran)]'",
    "x='a[$(touch ran)]'; echo $((x))",
    "x='a[`touch ran`]'; ((x))",
    "x='a[$(touch ran)]'; [[ $x -gt 1 ]]",
    "x='a[$(touch ran)]'; echo ${b[x]}",
    "x='a[$(touch ran)]'; echo ${!x}",
    "for i in 'x[$(touch ran)]'; do ((i)); done",
    "set -- 'x[$(touch ran)]'; (($1))",
    "f() { (($1)); }; f 'x[$(touch ran)]'",
    "read i <<< 'x[$(touch ran)]'; ((i))",
    "a=('x[$(touch ran)]'); ((a))",
    "PS4='$(touch ran)'; set -x; :",
    "x='$(touch ran)'; echo \"${x@P}\"",
    "mapfile -C 'touch ran #' -c 1 a <<< x",
]


@pytest.mark.parametrize("source", EVALUATED)
def test_bash_runs_it_and_the_reading_finds_it(source: str, tmp_path: Path) -> None:
    subprocess.run(["bash", "--norc", "-c", source], cwd=tmp_path, capture_output=True, check=False, timeout=20)
    assert (tmp_path / "ran").exists(), "bash does not run it: the example is wrong"
    assert "touch" in {c.program for c in read(source).commands}


@pytest.mark.parametrize(
    "source",
    [
        "echo '$(touch ran)'",
        "x='$(touch ran)'",
        "grep 'a[$(touch ran)]' f",
        "test -v 'a[1]'",
        "[[ $x =~ \\$\\(touch\\) ]]",
        "echo '[$(touch ran)]'",
        '[[ "a[\\$(touch ran)]" -eq 1 ]]',
    ],
)
def test_other_text_is_no_command(source: str) -> None:
    assert "touch" not in {c.program for c in read(source).commands}
