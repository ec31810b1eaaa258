"""The truth is bash itself: files are written and read back by it, and compared with what we read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.loops.observer.bash import Bash

READ_BACK = "set -o history; HISTSIZE=-1; HISTTIMEFORMAT=$'\\1%s\\2'; history -c; history -r \"$1\"; history"
WRITE = (
    'set -o history; HISTSIZE=-1; file=$1; shift; history -c; for c; do history -s -- "$c"; done; history -w "$file"'
)


def bash(script: str, *arguments: str) -> bytes:
    argv = ["bash", "--norc", "--noprofile", "-c", script, "bash", *arguments]
    return subprocess.run(argv, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"}).stdout


def read_back(path: Path) -> list[str]:
    """bash's own view; only a file that begins with a timestamp is read with HISTTIMEFORMAT's joining of lines."""
    text = bash(READ_BACK, str(path)).decode("utf-8", "replace")
    return [e.removesuffix("\n") for e in re.split(r"(?m)^ *\d+[ *] \x01\d+\x02", text)[1:]]


def ours(path: Path) -> list[str]:
    return Bash().parse(path.read_bytes(), final=True).entries.commands


COMMANDS = (
    "ls -la",
    "for i in a b\ndo\n  echo $i\ndone",
    "cat <<EOF\none\n\n#1672918999\n two\nEOF",
    "printf '%s\\n' \"a\\\\b\"",
    "echo 你好 🙂 ñ",
    "   leading and trailing   ",
    ": 1613322469:0;like zsh",
    "- cmd: like fish",
    "echo back\\",
    "tab\there",
    "# a comment",
    "echo done",
)


@pytest.mark.parametrize("stamped", [True, False])
def test_what_bash_wrote_is_read_as_bash_reads_it(tmp_path: Path, stamped: bool) -> None:
    path = tmp_path / "history"
    bash(("HISTTIMEFORMAT=%s; " if stamped else "") + WRITE, str(path), *COMMANDS)
    assert ours(path) == read_back(path)
    first = Bash().parse(path.read_bytes(), final=True).entries[0]
    assert (first.timestamp is not None) == stamped


LINES = st.lists(
    st.sampled_from(
        [
            b"#1700000000",
            b"#17x",
            b"#",
            b"#a",
            b"#9 ",
            b"",
            b" ",
            b"\r",
            b"a\r",
            b"b\r\r",
            b"c\x00d",
            b"\x00",
            b"echo",
            b"#5\r",
            b"\xff\xfe",
            "é 你".encode(),
            b"x \\",
            b": 5:0;z",
            b"#0000001",
        ]
    ),
    max_size=12,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, ended=st.booleans())
def test_any_file_is_read_as_bash_reads_it(tmp_path: Path, lines: list[bytes], ended: bool) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
    assert ours(path) == read_back(path)


def test_the_last_timestamp_before_a_command_counts() -> None:
    entries = Bash().parse(b"#5\n#7\n#9\nls\n").entries
    assert [tuple(e) for e in entries] == [("ls", 9, None)]


def test_an_unfinished_line_is_left_for_later() -> None:
    parsed = Bash().parse(b"ls\npw")
    assert (parsed.entries.commands, parsed.consumed) == (["ls"], 3)


def test_a_timestamp_waits_for_its_command() -> None:
    parsed = Bash().parse(b"ls\n#1700000000\n", head=b"ls")
    assert (parsed.entries.commands, parsed.consumed) == (["ls"], 3)


def test_the_last_entry_with_a_timestamp_may_grow() -> None:
    data = b"#1\nls\n#2\nfor i in a\ndo\n"
    parsed = Bash().parse(data)
    assert (parsed.consumed, data[parsed.last :]) == (len(data), b"#2\nfor i in a\ndo\n")


@settings(max_examples=200, deadline=None)
@given(lines=LINES, cut=st.integers(0, 60))
def test_reading_in_two_parts_gives_what_reading_at_once_gives(lines: list[bytes], cut: int) -> None:
    """Where nothing says where an entry ends, the second part begins at the entry that may grow."""
    data = b"".join(line + b"\n" for line in lines)
    first = Bash().parse(data[:cut])
    entries = list(first.entries)
    if first.last < first.consumed:
        entries.pop()
    entries += Bash().parse(data[first.last :], head=data[:16]).entries
    if cut >= 2:
        assert entries == list(Bash().parse(data).entries)
