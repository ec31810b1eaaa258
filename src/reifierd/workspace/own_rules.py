"""The guard's rules with a user's own: `rules/*.toml` and `programs/*.toml` in the configuration folder.

One place for the daemon and the command line. It stands apart from the configuration, so that a check loads no more
than it needs.
"""

from __future__ import annotations

from reifierd.errors import UsageError
from reifierd.shell import Rules, load_rules
from reifierd.workspace.layout import config_dir


def user_rules() -> Rules:
    """The shipped rules and programs with those of `rules/*.toml` and `programs/*.toml` in the configuration folder.

    A broken table raises UsageError naming file and line: the guard is never half loaded.
    """
    return load_rules(_tables("rules"), _tables("programs"))


def _tables(folder: str) -> dict[str, str]:
    place = config_dir() / folder
    try:
        return {str(file): file.read_text(encoding="utf-8") for file in sorted(place.glob("*.toml"))}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(place), hint=f"look at {place}") from error
