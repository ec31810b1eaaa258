"""The commands in a crontab (crontab(5))."""

from __future__ import annotations

from reifierd.shell import crontab


def test_the_command_follows_five_fields_or_a_nickname() -> None:
    text = "# a comment\nMAILTO=x\n\n*/5 0 1-3 * mon  a b\n@daily c\n 1 2 3 4 5 d%e\n"
    assert crontab.commands(text) == ["a b", "c", "d\ne"]


def test_a_system_crontab_names_the_user_before_the_command() -> None:
    assert crontab.system_commands("0 3 * * * root a b\n@reboot www-data c\n") == ["a b", "c"]
