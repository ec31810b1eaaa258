"""The truth is zsh itself: files are written and read back by it, and compared with what we read."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.loops.observer.zsh import Zsh

# $history does not show the newest entry, so one is added
READ_BACK = "{ fc -R $1 2>/dev/null } always { TRY_BLOCK_ERROR=0 }; print -s x; "
READ_BACK += 'for k in ${(onk)history}; do print -rn -- "$history[$k]"; print -n "\\0"; done'
WRITE = 'file=$1; shift; for c in "$@"; do print -rs -- "$c"; done; fc -W $file'


@pytest.fixture(autouse=True)
def _zsh(need: Callable[..., None]) -> None:
    need("zsh")


def zsh(script: str, *arguments: str) -> bytes:
    """Only an interactive zsh writes a history."""
    argv = ["zsh", "-f", "-i", "-c", f"HISTSIZE=9999 SAVEHIST=9999; {script}", "zsh", *arguments]
    return subprocess.run(argv, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"}).stdout


def read_back(path: Path) -> list[str]:
    """zsh's own view; a NUL within an entry would split it here, so tests that have one look themselves."""
    return zsh(READ_BACK, str(path)).decode("utf-8", "replace").split("\0")[:-1]


def ours(path: Path) -> list[str]:
    return Zsh().parse(path.read_bytes(), final=True).entries.commands


COMMANDS = (
    "ls -la",
    "for i in a b\ndo\n  echo $i\ndone",
    "cat <<EOF\none\n\n#1672918999\n two\nEOF",
    "docker run \\\n  --rm alpine",
    "echo back\\",
    "echo back\\  ",
    "echo 你好 佃 🙂 ñ ー",
    ": 1613322469:0;like extended",
    "\\: escaped",
    "   leading and trailing   ",
    "a;b : c",
    "cr\rhere\r",
)


@pytest.mark.parametrize("extended", [True, False])
def test_what_zsh_wrote_is_read_as_zsh_reads_it(tmp_path: Path, extended: bool) -> None:
    path = tmp_path / "history"
    zsh(("setopt extendedhistory; " if extended else "") + WRITE, str(path), *COMMANDS)
    assert ours(path) == read_back(path)
    assert not extended or ours(path) == list(COMMANDS)  # plain, zsh itself takes `\\:` for an escaped colon
    for entry in Zsh().parse(path.read_bytes()).entries:
        assert (entry.timestamp is not None, entry.duration) == ((True, 0) if extended else (False, None))


LINES = st.lists(
    st.sampled_from(
        [
            b"ls",
            b"",
            b" ",
            b": 1700000000:5;make",
            b": 1700000000:1700000009;old",
            b": 0:0;zero",
            b":x",
            b":",
            b"::",
            b": 0x10:3;hex",
            b":12:3;near",
            b": 5",
            b": a; b: c; d",
            b"\\: esc",
            b"a\\",
            b"b\\\\",
            b"c\\ ",
            b"d\\  ",
            "佃ー你".encode(),
            b"\xe4\xbd\x83\x80",
            b"\x83\xa3",
            b"\x83*",
            b"\x83|",
            b"\x83",
            b"\xff",
            b"e\r",
            b": 010:07;o",
        ]
    ),
    max_size=8,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, ended=st.booleans())
def test_any_file_is_read_as_zsh_reads_it(tmp_path: Path, lines: list[bytes], ended: bool) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
    assert ours(path) == read_back(path)


def test_times_and_durations_are_those_that_zsh_lists(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b": 1700000000:5;a\n: 1700000000:1700000009;b\n:123:4;c\n: 0x10:3;d\n: 010:07;e\n")
    listed = zsh("fc -R $1; fc -lDnt %s 1", str(path)).decode().split("\n")[:-1]
    want = [(int(t), int(m) * 60 + int(s)) for t, d, _ in map(str.split, listed) for m, s in [d.split(":")]]
    assert [(e.timestamp, e.duration) for e in Zsh().parse(path.read_bytes()).entries] == want


def test_zsh_stops_at_a_nul_and_we_can_go_on_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"one\ntwo\0\0\nthree\n")
    assert ours(path) == read_back(path) == ["one"]
    data = path.read_bytes()
    assert Zsh().parse(data[Zsh().parse(data).consumed :]).entries.commands == ["three"]


def test_a_command_with_a_nul_is_metafied(tmp_path: Path) -> None:
    path = tmp_path / "history"
    zsh("print -rs -- $'a\\0b'; fc -W $1", str(path))
    assert ours(path)[-1] == "a\0b"


def test_a_continued_line_waits_for_the_rest() -> None:
    parsed = Zsh().parse(b": 1700000000:0;ls\n: 1700000001:0;for i\\\ndo\\\n")
    assert (parsed.entries.commands, parsed.consumed) == (["ls"], 18)


@settings(max_examples=200, deadline=None)
@given(lines=LINES, cut=st.integers(0, 80))
def test_reading_in_two_parts_gives_what_reading_at_once_gives(lines: list[bytes], cut: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    first = Zsh().parse(data[:cut])
    rest = Zsh().parse(data[first.consumed :])
    assert [*first.entries, *rest.entries] == list(Zsh().parse(data).entries)
