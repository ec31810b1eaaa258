"""Where a runbook's parameters get their values, and which are missing.

Precedence: `approve --param K=V` > `params.toml` in the configuration folder > `REIFIERD_PARAM_K` of the daemon's
environment > the front matter's `value`, which is never used for a secret. Values are passed to steps as environment
variables, never spliced into a command.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reifierd.documents.model import Param
from reifierd.errors import UsageError

FILE = "params.toml"
PREFIX = "REIFIERD_PARAM_"


@dataclass(frozen=True)
class Values:
    """`plain` may be carried in a shell's state, `secret` is handed to each step anew; `missing` have no value."""

    plain: dict[str, str]
    secret: dict[str, str]
    missing: tuple[Param, ...] = ()


def resolve(params: Iterable[Param], *sources: Mapping[str, str]) -> Values:
    """The values of `params` from `sources`, the first of which that has a name wins; then the front matter's own.

    UsageError: a value that no program can be given.
    """
    values = Values({}, {}, ())
    missing = []
    for param in params:
        value = next((s[param.name] for s in sources if param.name in s), None if param.secret else param.value)
        if value is None:
            missing.append(param)
        elif "\0" in value:
            raise UsageError(f"the value of {param.name} has a NUL character", hint="give it as a file's name instead")
        else:
            (values.secret if param.secret else values.plain)[param.name] = value
    return Values(values.plain, values.secret, tuple(missing))


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}


def from_file(folder: Path) -> dict[str, str]:
    """`NAME = "value"` lines of params.toml; {} without one. UsageError: others can read it, or it is no TOML."""
    path = folder / FILE
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise UsageError("holds values that others can read", where=str(path), hint=f"chmod 600 {path}")
        found = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(path), hint=f"edit {path}") from error
    wrong = [name for name, value in found.items() if not isinstance(value, str | int | float)]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: a value is a text", where=str(path), hint='NAME = "value"')
    return {name: str(value) for name, value in found.items()}
