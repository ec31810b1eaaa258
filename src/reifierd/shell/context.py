"""Where a source would run, as far as it is known: all that the guard may take into account besides the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What looks like production in a host, a kube context, a database, a profile or a workspace name. A configuration
# may replace it.
PRODUCTION = (
    r"(?:^|[^a-z])prod(?:uction)?(?:[^a-z]|$)",
    r"(?:^|[^a-z])prd(?:[^a-z]|$)",
    r"(?:^|[^a-z])live(?:[^a-z]|$)",
)


@dataclass(frozen=True)
class Context:
    """`cwd` is the directory in which the source starts (None: not known), `env` the variables that are known to be
    set.

    `protected` are the paths of invariant 11 (approved folders, configuration, rules, ledger): nothing may write below
    them. `overridable` names refuse-rules that this installation lets a person override. `production` are regular
    expressions, matched without case.
    """

    cwd: str | None = None
    home: str = "/home/user"
    env: Mapping[str, str] = field(default_factory=dict)
    interpreter: str = "bash"
    protected: tuple[str, ...] = ()
    host: str = ""
    overridable: frozenset[str] = frozenset()
    production: tuple[str, ...] = PRODUCTION
