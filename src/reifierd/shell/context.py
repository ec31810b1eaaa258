"""Where a source would run, as far as it is known: all that the guard may take into account besides the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What looks like production in a host, a kube context, a database, a profile or a workspace name. A configuration
# may replace it.
PRODUCTION = (
    r"(?:^|[^a-z])prod(?:uction)?(?:db|database|sql|pg|mysql|redis|mongo|cluster)?(?:[^a-z]|$)",
    r"(?:^|[^a-z])(?:db|database)prod(?:uction)?(?:[^a-z]|$)",
    r"(?:^|[^a-z])prd(?:[^a-z]|$)",
    r"(?:^|[^a-z])live(?:[^a-z]|$)",
)


@dataclass(frozen=True)
class Earlier:
    """What the same shell read before: its directory, variables, aliases and functions are those of the source that
    follows. `cwd` is where it was started, where that was said; `env` held for it alone."""

    source: str
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """`cwd` is the directory in which the shell starts (None: not known), `before` what it read until the source, `env`
    the variables that are known to be set.

    `protected` are the paths of invariant 11 (approved folders, configuration, rules, ledger): nothing may write below
    them. `overridable` names refuse-rules that this installation lets a person override. `production` are regular
    expressions, matched without case.
    """

    cwd: str | None = None
    before: tuple[Earlier, ...] = ()
    home: str = "/home/user"
    env: Mapping[str, str] = field(default_factory=dict)
    interpreter: str = "bash"
    protected: tuple[str, ...] = ()
    host: str = ""
    overridable: frozenset[str] = frozenset()
    production: tuple[str, ...] = PRODUCTION
