"""Following real history files while real shells append to, truncate and rewrite them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.ledger.records import SourceMark
from reifierd.loops.observer.tail import News, follow

KEY = b"k" * 32
APPEND = 'set -o history; HISTFILE=$1; shift; history -c; for c; do history -s -- "$c"; done; history -a'
REWRITE = "set -o history; HISTFILE=$1; HISTSIZE=-1; HISTFILESIZE=$2; shift 2; history -c; history -r; "


class Follower:
    """What the observer does with one file, without the ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mark: SourceMark | None = None
        self.seen: list[str] = []
        self.last: News | None = None

    def look(self) -> list[str]:
        self.last = follow(self.path, self.mark, KEY)
        if self.last is None:
            return []
        self.mark = self.last.mark
        new = [e.command for e in self.last.entries]
        self.seen += new
        return new


def bash(script: str, *arguments: object, stamps: bool = False) -> None:
    script = ("HISTTIMEFORMAT=%s; " if stamps else "") + script
    argv = ["bash", "--norc", "--noprofile", "-c", script, "bash", *map(str, arguments)]
    subprocess.run(argv, check=True, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]})


def zsh(script: str, *arguments: object) -> None:
    subprocess.run(
        ["zsh", "-f", "-i", "-c", script, "zsh", *map(str, arguments)], check=True, env={"LC_ALL": "C.UTF-8"}
    )


def test_what_is_appended_is_seen_once(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    assert follower.look() == []
    bash(APPEND, follower.path, "one", "two")
    assert follower.look() == ["one", "two"]
    assert follower.look() == []
    bash(APPEND, follower.path, "two")
    assert follower.look() == ["two"]


def test_a_half_written_line_is_seen_when_it_is_whole(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    follower.path.write_text("one\nhal")
    assert follower.look() == ["one"]
    with follower.path.open("a") as file:
        file.write("f\n")
    assert follower.look() == ["half"]


def test_an_entry_that_was_half_written_grows(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    follower.path.write_text("#1\nls\n#2\nfor i in a\ndo\n")
    assert follower.look() == ["ls", "for i in a\ndo"]
    with follower.path.open("a") as file:
        file.write("  echo\ndone\n#3\npwd\n")
    assert follower.look() == ["pwd"]
    assert follower.last
    assert follower.last.grown
    assert follower.last.grown.command == "for i in a\ndo\n  echo\ndone"
    assert follower.look() == []


def test_several_shells_interleave_their_appends(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    for n in range(6):
        bash(APPEND, follower.path, f"first {n}", stamps=True)
        bash(APPEND, follower.path, f"second {n}", f"second\n{n}", stamps=True)
        if n % 2:
            follower.look()
    assert follower.seen == [c for n in range(6) for c in (f"first {n}", f"second {n}", f"second\n{n}")]


def test_bash_truncating_the_head_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """HISTFILESIZE cuts the file when a shell ends, with what it appended since we looked."""
    for stamps in (False, True):
        follower = Follower(tmp_path / f"{stamps}.bash_history")
        commands = [f"echo {n % 7}" for n in range(40)]
        bash(APPEND, follower.path, *commands, stamps=stamps)
        assert follower.look() == commands
        bash(
            REWRITE + 'for c; do history -s -- "$c"; done; history -a',
            follower.path,
            12,
            "new 1",
            "echo 6",
            stamps=stamps,
        )
        bash("set -o history; HISTFILE=$1; HISTFILESIZE=12; history -r", follower.path, stamps=stamps)
        assert follower.look() == ["new 1", "echo 6"]


def test_a_cleared_and_rewritten_history_begins_anew(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    bash(APPEND, follower.path, *(["ls", "cd x", "git status", "make", "vim a", "vim b"] * 5), stamps=False)
    follower.look()
    bash("set -o history; HISTFILE=$1; history -c; history -w", follower.path)
    assert follower.look() == []
    bash(APPEND, follower.path, "ls", "make")
    assert follower.look() == ["ls", "make"]


def test_a_rewrite_without_duplicates_repeats_nothing(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    bash(APPEND, follower.path, "a", "b", "a", "c", "b", "d")
    follower.look()
    bash(REWRITE + "HISTCONTROL=erasedups; history -s e; history -s a; history -w; unset HISTFILE", follower.path, 100)
    assert follower.look() in (["e", "a"], ["e"])  # the second `a` may be the first one, moved: no time tells
    assert follower.look() == []


def test_another_shells_view_written_over_ours_and_back_again(tmp_path: Path) -> None:
    """`history -w` from a shell that never saw what others appended; then they write theirs."""
    follower = Follower(tmp_path / ".bash_history")
    base = [f"base {n}" for n in range(20)]
    bash(APPEND, follower.path, *base, "b1", "b2", stamps=True)
    follower.look()
    whole = follower.path.read_text()
    mine = whole[: whole.index("b1")].rsplit("#", 1)[0]
    follower.path.write_text(mine + "#1900000000\na1\n")
    assert follower.look() == ["a1"]
    follower.path.write_text(whole + "#1900000001\nb3\n")
    assert follower.look() == ["b3"]


def test_a_rotated_file_is_read_to_its_end(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    bash(APPEND, follower.path, "one", "two")
    follower.look()
    bash(APPEND, follower.path, "three")
    follower.path.rename(tmp_path / ".bash_history.1")
    bash(APPEND, follower.path, "four")
    assert follower.look() == ["three", "four"]
    assert follower.look() == []


def test_copied_and_truncated_in_place(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    bash(APPEND, follower.path, *(f"echo {n}" for n in range(9)))
    follower.look()
    os.truncate(follower.path, 0)
    assert follower.look() == []
    bash(APPEND, follower.path, "after")
    assert follower.look() == ["after"]


def test_a_rewrite_caught_while_the_file_is_empty(tmp_path: Path) -> None:
    follower = Follower(tmp_path / ".bash_history")
    bash(APPEND, follower.path, *(f"echo {n}" for n in range(9)))
    follower.look()
    text = follower.path.read_text()
    os.truncate(follower.path, 0)
    follower.look()
    follower.path.write_text(text[7:] + "after\n")
    assert follower.look() == ["after"]


def test_zsh_renames_a_new_file_over_the_old_one(need: Callable[..., None], tmp_path: Path) -> None:
    need("zsh")
    follower = Follower(tmp_path / ".zsh_history")
    write = "setopt extendedhistory appendhistory; HISTFILE=$1; SAVEHIST=$2; HISTSIZE=500; fc -R; shift 2; "
    write += 'for c; do print -rs -- "$c"; done; fc -W'
    zsh(write, follower.path, 400, *(f"echo {n % 9}" for n in range(50)))
    assert len(follower.look()) == 50
    before = follower.path.stat().st_ino
    zsh(write, follower.path, 20, "new\none", "echo 8")
    assert follower.path.stat().st_ino != before
    assert follower.look() == ["new\none", "echo 8"]


def test_zsh_gives_times_to_a_history_that_had_none(need: Callable[..., None], tmp_path: Path) -> None:
    need("zsh")
    follower = Follower(tmp_path / ".zsh_history")
    follower.path.write_text("".join(f"echo {n}\n" for n in range(12)))
    follower.look()
    zsh("setopt extendedhistory; HISTFILE=$1; SAVEHIST=99 HISTSIZE=99; fc -R; print -s new; fc -W", follower.path)
    assert follower.look() == ["new"]


def test_fish_writes_its_history_anew_without_duplicates(tmp_path: Path) -> None:
    """What fish's vacuum leaves: each command once, at its latest time, others' commands merged by time."""
    follower = Follower(tmp_path / "fish_history")
    items = [(f"echo {n % 5}", 1700000000 + n) for n in range(20)]
    follower.path.write_text("".join(f"- cmd: {c}\n  when: {t}\n" for c, t in items))
    assert len(follower.look()) == 20
    kept = [*items[-5:-1], ("other", 1700000018), items[-1], ("new", 1700000020)]
    (tmp_path / "x").write_text("".join(f"- cmd: {c}\n  when: {t}\n" for c, t in kept))
    (tmp_path / "x").rename(follower.path)
    assert follower.look() == ["other", "new"]


def test_one_new_command_reads_only_what_is_new(tmp_path: Path) -> None:
    """Two checks of 4 KB and the new line, whatever the size of the file."""
    follower = Follower(tmp_path / ".bash_history")
    follower.path.write_text("".join(f"#{1700000000 + n}\necho {n}\n" for n in range(100_000)))
    follower.look()
    with follower.path.open("a") as file:
        file.write("#1800000000\nnew\n")
    before = int(Path("/proc/self/io").read_text().split()[1])
    assert follower.look() == ["new"]
    assert int(Path("/proc/self/io").read_text().split()[1]) - before < 64 * 1024


def test_no_text_is_in_a_mark_and_its_digests_are_keyed(tmp_path: Path) -> None:
    path = tmp_path / ".bash_history"
    path.write_text("mysql -phunter2\n")
    marks = [news.mark for key in (b"a" * 32, b"b" * 32) if (news := follow(path, None, key))]
    assert "hunter2" not in repr(marks)
    assert not set(marks[0].digests) & set(marks[1].digests) - {""}


def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert follow(tmp_path / "fifo", None, KEY) is None
    assert follow(tmp_path / "nothing", None, KEY) is None
    assert follow(Path("/dev/null"), None, KEY) is None


TEXT = st.lists(st.sampled_from(["ls", "make", "git status", "a", "b"]), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(st.tuples(TEXT, st.integers(0, 5), st.booleans()), min_size=1, max_size=8), stamps=st.booleans())
def test_appended_truncated_and_cut_anywhere_nothing_is_lost_or_repeated(
    tmp_path_factory: object, parts: list[tuple[list[str], int, bool]], stamps: bool
) -> None:
    """Each step appends; then the head is cut (a rename), or the last bytes arrive only later."""
    folder = tmp_path_factory.mktemp("tail")  # type: ignore[attr-defined] # pytest's own class is not public
    follower, written, n = Follower(folder / ".bash_history"), [], 0
    for commands, cut, torn in parts:
        texts = []
        for command in commands:
            n += 1
            written.append(f"{command} {n}")
            texts.append((f"#{1700000000 + n}\n" if stamps else "") + f"{command} {n}\n")
        text = "".join(texts)
        with follower.path.open("a") as file:
            file.write(text[:-2] if torn else text)
        if torn:
            follower.look()
            with follower.path.open("a") as file:
                file.write(text[-2:])
        follower.look()
        if cut:
            entries = follower.path.read_text().splitlines(keepends=True)
            (folder / "new").write_text("".join(entries[min(cut, len(entries) // 4) * (2 if stamps else 1) :]))
            (folder / "new").rename(follower.path)
            follower.look()
    assert follower.seen == written
