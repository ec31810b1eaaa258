"""What is noise, and what only looks like it."""

from __future__ import annotations

import pytest

from reifierd.loops.observer.noise import is_noise


@pytest.mark.parametrize(
    "command",
    [
        "ls",
        "ls -la /etc",
        "cd /srv/app",
        "cd ..",
        "pwd",
        "whoami",
        "clear",
        "history | grep ssh",
        "man 5 fstab",
        "date",
        "date +%s",
        "uptime",
        "echo $HOME",
        "echo 'a > b' done",
        "cd /x && ls",
        "ls; pwd",
        "which -a psql",
        "exit",
        "# a note",
        "ls | sort | head -3",
        "command -v psql",
        "ls  # look",
        "echo $?",
        "history",
    ],
)
def test_noise(command: str) -> None:
    assert is_noise(command)


@pytest.mark.parametrize(
    "command",
    [
        "ls > files",
        "echo 1 > /proc/sys/vm/drop_caches",
        "echo x | sudo tee /etc/y",
        "cd /x && make",
        "date -s 12:00",
        "history -c",
        "ls $(rm x)",
        "ls `rm x`",
        "echo 'open",
        "ls | xargs rm",
        "ls & rm x",
        "systemctl status x",
        "cat f",
        "command rm x",
        "echo a\nrm x",
        "sudo ls",
        "X=1 ls",
        "lsof -i",
        "echo a >> b",
        "true || rm x",
        "tail -f log",
    ],
)
def test_no_noise(command: str) -> None:
    assert not is_noise(command)


def test_programs_can_be_added() -> None:
    assert not is_noise("kubectx prod")
    assert is_noise("kubectx prod", ["kubectx"])
