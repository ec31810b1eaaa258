"""What the shell that reads a source would remember: variables, arrays, aliases, functions, the directory.

A Scope is one place in that shell (a pipeline's stage, a substitution, a function's body) and answers the expander.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reifierd.shell.shapes import FILLED, UNKNOWN, known
from reifierd.shell.source import Prepared
from reifierd.shell.tables import name_set

# Special parameters and variables that a shell always sets, to something that is not known here (bash manual, Shell
# Variables).
ALWAYS_SET = name_set("vocabulary", "always_set")


@dataclass(frozen=True)
class Body:
    """A function: where its body stands."""

    prepared: Prepared
    start: int
    end: int


@dataclass(frozen=True)
class Stream:
    """What a process substitution or a pipe carries: its text where constant, and the programs it comes from."""

    text: str | None
    programs: tuple[str, ...]


@dataclass
class State:
    """One shell's memory. `cwd` None: not known. `positional` None: not known (inside an uncalled function).
    `fetched`: files that this source downloads. `streams`: by their path, what process substitutions and the files
    that it writes hold. `copies`: by their path (or hashed name), copies of the system's programs."""

    home: str
    cwd: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Body] = field(default_factory=dict)
    positional: list[str] | None = field(default_factory=list)
    fetched: set[str] = field(default_factory=set)
    streams: dict[str, Stream] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)

    def apart(self) -> State:
        """The same memory, sharing nothing that may change."""
        own = self.copy()
        own.arrays = {name: list(values) for name, values in self.arrays.items()}
        own.positional = None if self.positional is None else list(self.positional)
        own.functions, own.fetched = dict(self.functions), set(self.fetched)
        own.streams, own.copies = dict(self.streams), dict(self.copies)
        return own

    def copy(self) -> State:
        """A subshell's memory; what it downloads stays visible to all."""
        return State(
            self.home, self.cwd, dict(self.variables), dict(self.arrays), dict(self.aliases), self.functions,
            self.positional, self.fetched, self.streams, self.copies,
        )  # fmt: skip

    def value(self, name: str) -> str | None:  # noqa: PLR0911 - one return for each kind of case
        if name in self.variables:
            return self.variables[name]
        if name in self.arrays:
            return self.arrays[name][0] if self.arrays[name] else ""
        if name.isdigit() and name != "0":
            if self.positional is None:
                return UNKNOWN
            return self.positional[int(name) - 1] if int(name) <= len(self.positional) else None
        if name == "PWD":
            return self.cwd or FILLED
        if name == "HOME":
            return self.home
        if name == "TMPDIR":
            return "/tmp"  # noqa: S108 - the meaning of an unset TMPDIR, not a file that we make
        if name == "SHELL":
            return "/bin/bash"  # whichever it is: a shell
        if name == "IFS":
            return " "
        return FILLED if name in ALWAYS_SET else None

    def change_directory(self, target: str) -> None:
        if not known(target):
            self.cwd = None
        elif target.startswith("/"):
            self.cwd = posixpath.normpath(target)
        elif self.cwd:
            self.cwd = posixpath.normpath(posixpath.join(self.cwd, target))


@dataclass(frozen=True)
class Scope:
    """One place in a shell. `line` is the line of the outermost source where a nested one stands (0: its own lines
    count); `programs` are those upstream in the pipe."""

    state: State
    run: Callable[[Prepared, int, int, Scope], str | None]
    via: tuple[str, ...] = ()
    line: int = 0
    stdin: str | None = None
    programs: tuple[str, ...] = ()
    depth: int = 0
    elsewhere: bool = False

    def lookup(self, name: str) -> str | None:
        return self.state.value(name)

    def elements(self, name: str) -> list[str] | None:
        if name in {"@", "*"}:
            return self.state.positional
        if name in self.state.arrays:
            return self.state.arrays[name]
        value = self.state.value(name)
        return None if value is None else [value]

    def assign(self, name: str, value: str) -> None:
        self.state.variables[name] = value

    def substitute(self, prepared: Prepared, start: int, end: int, how: str) -> str:
        inner = self.enter(how)
        output = self.run(prepared, start, end, inner)
        if how in {"<()", ">()"}:
            path = f"/dev/fd/{63 - len(self.state.streams)}"
            self.state.streams[path] = Stream(output, programs_of(inner, prepared, start, end))
            return path
        return UNKNOWN if output is None else output.rstrip("\n")

    def enter(self, how: str, **changes: object) -> Scope:
        """A subshell of this place."""
        return replace(self, state=self.state.copy(), via=(*self.via, how), depth=self.depth + 1, **changes)  # type: ignore[arg-type] # names of our own fields


def programs_of(scope: Scope, prepared: Prepared, start: int, end: int) -> tuple[str, ...]:
    """The words in a substitution that may be programs: enough to tell whether something is fetched in it."""
    return tuple(w.rsplit("/", 1)[-1] for w in prepared.text[start:end].replace("|", " ").replace(";", " ").split())
