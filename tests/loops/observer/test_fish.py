"""The truth is fish itself: files are written and read back by it, and compared with what we read."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reifierd.loops.observer.fish import Fish


@pytest.fixture
def data_home(need: Callable[..., None], tmp_path: Path) -> Path:
    need("fish")
    (tmp_path / "fish").mkdir()
    return tmp_path


def environment(data_home: Path) -> dict[str, str]:
    return {"HOME": str(data_home), "XDG_DATA_HOME": str(data_home), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}


def fish(data_home: Path) -> pexpect.spawn[str]:
    env = {**environment(data_home), "TERM": "dumb"}
    argv = ["-C", "function fish_prompt; echo -n 'ready> '; end; function fish_right_prompt; end"]
    return pexpect.spawn("fish", argv, env=env, encoding="utf-8", timeout=60)


def read_back(data_home: Path) -> list[str]:
    """fish's `$history`, oldest first: each command once, at its latest place."""
    argv = ["fish", "-c", "printf '%s\\0' $history"]
    out = subprocess.run(argv, check=True, capture_output=True, env=environment(data_home)).stdout
    return [h for h in reversed(out.decode().split("\0")) if h]


def ours(path: Path) -> list[str]:
    """The same view of what we read."""
    entries = Fish().parse(path.read_bytes(), final=True).entries.commands
    return [c for i, c in enumerate(entries) if c not in entries[i + 1 :]]


def test_what_fish_wrote_is_read_as_fish_reads_it(data_home: Path) -> None:
    typed = ["echo 'a\\\\nb'", "printf '%s\\n' x\\\\y", "echo '- cmd: fake'", "cd /tmp", "echo 'when: 5'", "echo ñ 你"]
    child = fish(data_home)
    child.expect("ready> ")
    for line in typed:
        child.sendline(line)
        child.expect("ready> ")
    child.sendline("history save; exit")
    child.expect(pexpect.EOF)
    child.close()
    assert ours(data_home / "fish/fish_history")[: len(typed)] == typed
    time.sleep(1.1)  # fish leaves out what is not older than itself
    assert ours(data_home / "fish/fish_history") == read_back(data_home)


LINES = st.lists(
    st.sampled_from(
        [
            "- cmd: one",
            "- cmd: two \\\\n\\n\\x\\",
            "- cmd:three",
            "- cmd: ",
            "- cmd: - cmd: - cmd: four",
            "- cmd:    when: 5",
            "  when: 1700000000",
            "   when: 7",
            "  when: 0x20",
            "when: 9",
            "  paths:",
            "    - /tmp",
            "    - a:b",
            "  other: x",
            "",
            "xx",
            "garbage here",
            "%TAG",
            "---",
            "...",
            "- cmd: é 你",
            "  - cmd: inside",
            "- cmd: tail\r",
            "- cmd\\\\: no",
        ]
    ),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, ended=st.booleans())
def test_any_file_is_read_as_fish_reads_it(data_home: Path, lines: list[str], ended: bool) -> None:
    path = data_home / "fish/fish_history"
    path.write_text("\n".join(lines) + ("\n" if ended else ""))
    assert ours(path) == read_back(data_home)


def test_times_are_read_with_their_base() -> None:
    data = (
        b"- cmd: a\n  when: 1700000000\n- cmd: b\n  paths:\n    - /x\n  when: 0x20\n- cmd: c\n  when: 9\r\n- cmd: d\n"
    )
    entries = Fish().parse(data, final=True).entries
    assert [(e.command, e.timestamp) for e in entries] == [("a", 1700000000), ("b", 32), ("c", 9), ("d", None)]


def test_an_item_waits_for_its_time() -> None:
    parsed = Fish().parse(b"- cmd: a\n  when: 5\n- cmd: b\n")
    assert (parsed.entries.commands, parsed.consumed) == (["a"], 19)
    assert Fish().parse(b"- cmd: b\n").consumed == 0


def test_escapes_are_decoded_in_one_pass() -> None:
    data = rb"- cmd: printf '%s\\n' \\\\ \n end" + b"\n  when: 5\n"
    assert Fish().parse(data).entries.commands == [r"printf '%s\n' \\ " + "\n end"]
