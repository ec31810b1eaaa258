"""Which shell a file is of, and entries as columns."""

from __future__ import annotations

import pytest

from reifierd.loops.observer.formats import SHELLS, Entries, Entry, detect
from reifierd.loops.observer.shells import FORMATS


@pytest.mark.parametrize(
    ("data", "name", "shell"),
    [
        (b"#1700000000\nls\n", "history.txt", "bash"),
        (b": 1700000000:0;ls\n", "history.txt", "zsh"),
        (b"- cmd: ls\n  when: 1700000000\n", "history.txt", "fish"),
        (b"ls\n", "/home/x/.zsh_history", "zsh"),
        (b"ls\n", "/home/x/.histfile", "zsh"),
        (b"ls\n", "/home/x/.bash_history", "bash"),
        (b"", "/home/x/.local/share/fish/fish_history", "fish"),
        (b"ls\n: 1700000000:0;ls\n: 1700000001:0;pwd\n", "old", "zsh"),
        (b"ls\necho '- cmd: fake'\n", "old", "bash"),
        ("echo 你\n".encode(), "old", "bash"),
        (b"echo \xe4\xbd\x83\x80\n", "old", "zsh"),
        (b"\xff\xfe\n", "old", "bash"),
        (b"", "", "bash"),
    ],
)
def test_the_shell_is_found_out_from_content_then_name(data: bytes, name: str, shell: str) -> None:
    assert detect(data, name) == shell


def test_entries_are_made_when_asked_for() -> None:
    entries = Entries(["a", "b"], ["5", "6"], lambda mark: (int(mark), None))
    assert list(entries) == [Entry("a", 5), Entry("b", 6)]
    assert entries[1] == Entry("b", 6)
    assert list(entries[1:]) == [Entry("b", 6)]
    assert list(Entries(["a"])) == [Entry("a")] == [Entries(["a"])[0]]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_figure_too_long_for_a_time_is_none(shell: str) -> None:
    digits = b"9" * 5000
    data = {
        "bash": b"#" + digits + b"\nls\n",
        "zsh": b": " + digits + b":" + digits + b";ls\n",
        "fish": b"- cmd: ls\n  when: " + digits + b"\n",
    }[shell]
    assert list(FORMATS[shell].parse(data, final=True).entries) == [Entry("ls")]
