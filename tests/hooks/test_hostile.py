"""The hook where things go wrong: strict shells, full or vanished folders, huge and odd commands, nested shells."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reifierd.loops.observer.spool import read_spool

Start = Callable[..., Any]  # a Shell of conftest.py, which tests cannot import


@pytest.mark.parametrize(
    "before",
    [
        "set -uo pipefail; set -o noclobber; set -o posix",
        "readonly HISTTIMEFORMAT='%F %T ' HISTCONTROL=ignoreboth",
        "readonly HISTTIMEFORMAT='%d.%m. (%H:%M) '",
        "unset HOME HOSTNAME USER LOGNAME",
        "PROMPT_COMMAND=('x=1' 'history -a; history -c; history -r')",
        "HISTSIZE=1",
        "shopt -s histverify checkwinsize failglob; shopt -u sourcepath",
        "trap 'true' DEBUG; trap 'true' ERR RETURN",
    ],
)
def test_bash_strict_and_odd(start: Start, before: str) -> None:
    shell = start(before=before, after="HISTCONTROL=${HISTCONTROL-}" if "readonly" not in before else "")
    for line, exit_code in (("true", 0), ("(exit 3)", 3), ("echo $?", 0), ("printf ''", 0)):
        shell.run(line)
        assert shell.exit == exit_code
    assert shell.commands() == ["true", "(exit 3)", "echo $?", "printf ''"]


def test_errexit_ends_the_shell_at_the_users_command_and_nowhere_else(start: Start) -> None:
    shell = start()
    shell.run("set -euo pipefail")
    shell.run("true")
    shell.run("echo x | cat")
    shell.child.sendline("false")
    shell.child.expect(["exit", "\\Z"])
    assert shell.commands()[:3] == ["set -euo pipefail", "true", "echo x | cat"]


@pytest.mark.parametrize("shell_name", ["bash", "zsh"])
def test_a_huge_and_a_binary_command(start: Start, shell_name: str, tmp_path: Path) -> None:
    """Typed lines of that length do not fit a terminal in canonical mode: they come by `bind`less history expansion."""
    shell = start(shell_name)
    (tmp_path / "work/big").write_text(": " + "x" * 1_000_000 + "\n")
    shell.run("source ./big")
    shell.run("echo $'\\001\\377' >/dev/null; : '\\x1b[31m'")
    shell.run("true")
    assert shell.commands()[-1] == "true"


@pytest.mark.parametrize("shell_name", ["bash", "zsh"])
def test_two_hundred_commands_in_a_row(start: Start, shell_name: str) -> None:
    shell = start(shell_name)
    for n in range(0, 200, 50):
        shell.run("\n".join(f": {i}" for i in range(n, n + 50)), prompts=50)
    records = shell.records()
    assert [r.command for r in records] == [f": {i}" for i in range(200)]
    assert [r.seq for r in records] == list(range(1, 201))


def test_a_shell_within_a_shell_records_its_own(start: Start, tmp_path: Path) -> None:
    shell = start()
    shell.run("echo outer")
    shell.run(f"bash --noprofile --rcfile {tmp_path}/bashrc")
    shell.run("echo inner")
    shell.run("exit")
    shell.run(f"exec bash --noprofile --rcfile {tmp_path}/bashrc")
    shell.run("echo again")
    found = {r.command: r.shell_session for r in shell.records()}
    assert {"echo outer", "echo inner", "echo again"} <= set(found)
    assert len({found["echo outer"], found["echo inner"], found["echo again"]}) == 3


def test_two_shells_with_one_history(start: Start) -> None:
    both = "shopt -s histappend; PROMPT_COMMAND='history -a; history -n'"
    one, two = start(before=both), start(before=both)
    for n in range(5):
        one.run(f"echo one {n}")
        two.run(f"echo two {n}")
    commands = one.commands()
    assert sorted(commands) == sorted(f"echo {who} {n}" for who in ("one", "two") for n in range(5))


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_a_working_directory_that_is_gone(start: Start, shell_name: str, tmp_path: Path) -> None:
    shell = start(shell_name)
    shell.run("mkdir gone; cd gone; rmdir ../gone")
    assert "reifierd" not in shell.run("echo here >/dev/null")
    shell.run("cd ..; true")
    shell.run("true")
    records = {r.command: r.cwd for r in shell.records()}
    assert records["echo here >/dev/null"] == str(tmp_path / "work/gone")


@pytest.fixture
def tiny() -> Iterator[Path]:
    """A memory file system of 64 KB, as a full /dev/shm is."""
    place = Path("/dev/shm") / f"reifierd-test-{os.getpid()}"
    place.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("needs to mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_a_full_runtime_folder_is_borne_in_silence(
    start: Start, shell_name: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REIFIERD_RUNTIME_DIR", str(tiny / "run"))
    shell = start(shell_name, after="trap 'user=1' DEBUG" if shell_name == "bash" else "")
    shell.run("true")
    fill = tiny / "fill"
    with fill.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    for line in ("echo a", "echo b >/dev/null", "false"):
        assert "No space" not in (said := shell.run(line))
        assert "reifierd" not in said
    assert shell.exit == 1
    if shell_name == "bash":
        assert "user=1" in shell.run("trap -p DEBUG")
    fill.unlink()
    shell.run("true")
    shell.run("echo back")
    shell.run("true")
    found = [r.command for f in read_spool([tiny / "run"]) for r in f.records]
    assert "echo back" in found


def test_a_clock_that_goes_back_makes_no_negative_duration(start: Start) -> None:
    """EPOCHREALTIME loses its meaning when it is unset: it then holds what was assigned, an earlier time here."""
    shell = start()
    shell.run("unset EPOCHREALTIME; EPOCHREALTIME=1000000000.000000")
    shell.run("echo late")
    assert all(r.duration >= 0 for r in shell.records())


def test_zsh_a_line_that_zshaddhistory_refuses_is_not_recorded(start: Start) -> None:
    """Whatever status says so, a function of that name or one of the list; the user's functions go on as they were."""
    mine = "zshaddhistory() { [[ $1 != *secret* ]]; }; quiet() { [[ $1 != *hush* ]] || return 2; }"
    shell = start("zsh", before=f"{mine}; zshaddhistory_functions=(quiet)")
    for line in ("echo a", "echo secret", "echo hush", "echo b"):
        shell.run(line)
    assert shell.commands() == ["echo a", "echo b"]
    assert "secret" not in shell.run("fc -l 1 | grep -v fc")


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_a_disk_image_is_not_read(start: Start, shell_name: str, tmp_path: Path) -> None:
    """Three gigabytes of nothing: reading them through would take minutes."""
    shell = start(shell_name)
    shell.run("true")
    with (tmp_path / "work/disk.img").open("wb") as file:
        file.truncate(3 << 30)
    shell.run("tee -a disk.img </dev/null; true")
    shell.run("true")
    assert [r.copies for r in shell.records() if "disk.img" in r.command] == [()]
