"""What the redaction finds and hands out: plain frozen data.

Offsets are character offsets into the text that was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """`text[start:end]` is a secret of this kind (`password`, `jwt`, `aws-access-key`, …)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Found:
    """A secret in its place, as a layer reports it.

    `value` is the secret after quoting (what is tainted), `name` the parameter's name taken from the place
    (`DB_PASSWORD` for `--db-password`), empty where the place has none. `assigned` says that the secret is the
    whole value of the shell variable `name`.
    """

    start: int
    end: int
    kind: str
    value: str
    name: str = ""
    assigned: bool = False


@dataclass(frozen=True)
class ParamCommand:
    """A command whose secrets became expansions of named parameters, so that it runs when they are exported.

    `params` holds (name, help) in order of appearance. `unreplayable` is true where a secret stood in a place
    that no expansion reaches (a quoted heredoc, a comment is none): the text then holds `[REDACTED:kind]` there.
    """

    text: str
    params: tuple[tuple[str, str], ...] = ()
    unreplayable: bool = False
