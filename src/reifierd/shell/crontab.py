"""The commands in a crontab: the last field of each schedule; a `%` in it is a line end (crontab(5))."""

from __future__ import annotations

import re

_SCHEDULE = re.compile(r"(?m)^[ \t]*(?:@\w+|(?:[^\s#]+[ \t]+){5})[ \t]*(\S.*)$")


def commands(text: str) -> list[str]:
    """Of a user's crontab, as `crontab -` reads it."""
    return [found.group(1).replace("%", "\n") for found in _SCHEDULE.finditer(text)]


def system_commands(text: str) -> list[str]:
    """Of `/etc/crontab` or a file in `/etc/cron.d`, where a user's name stands before each."""
    return [command.partition(" ")[2] for command in commands(text)]
