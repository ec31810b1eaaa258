"""A shell's state between two steps: read what bash's own builtins printed, write what restores it.

Rules
- Each step is one bash. When it ends, however it ends (`exit N`, `set -e`, its last line), its EXIT trap writes a raw
  dump by builtins only; `parse` reads that, `ShellState.script` makes the text that the next step's bash sources first.
- Carried: working directory, umask, variables with their attributes (exported or not, arrays, read-only ones),
  functions, aliases, `set` and `shopt` options. Not carried: traps (an EXIT trap runs when its step ends), open
  descriptors, jobs, positional parameters.
- Never carried: bash's own bookkeeping (`INTERNAL`), and the names a caller leaves out (secret parameters).
- A step that replaces its shell (`exec program`) leaves no dump; the state stays that of the step before.
The format read is that of `declare -p`, `set +o`, `shopt -p`, `alias -p` of bash 4.4 and later (bash(1)).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

# Set by bash itself in every shell; restoring them is wrong or an error (bash(1), Shell Variables).
# fmt: off
INTERNAL = frozenset((
    "BASH", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_CMDS",
    "BASH_COMMAND", "BASH_COMPAT", "BASH_ENV", "BASH_EXECUTION_STRING", "BASH_LINENO", "BASH_LOADABLES_PATH",
    "BASH_MONOSECONDS", "BASH_REMATCH", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_TRAPSIG", "BASH_VERSINFO",
    "BASH_VERSION", "BASH_XTRACEFD", "COMP_WORDBREAKS", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID",
    "FUNCNAME", "GROUPS", "HISTCMD", "LINENO", "OPTERR", "PIPESTATUS", "PPID", "PWD", "RANDOM", "SECONDS",
    "SHELLOPTS", "SHLVL", "SRANDOM", "UID", "REIFIERD_STEP", "_",
))
# fmt: on
STRICT = frozenset({"errexit", "nounset", "pipefail"})
_SKIPPED_SET = frozenset({"noexec", "onecmd", "privileged", "history", "histexpand", "emacs", "vi"})
_SKIPPED_SHOPT = frozenset({"login_shell", "restricted_shell", "expand_aliases"})

_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_ANSI_C = r"\$'(?:[^'\\]|\\.)*+'"
_ARRAY = rf"\((?:[^\"$\\)]|\\.|{_QUOTED}|{_ANSI_C}|\$)*+\)"
_DECLARED = re.compile(
    rf"declare -(?P<flags>[-\w]+) (?P<name>[A-Za-z_]\w*)(?:=(?P<value>{_QUOTED}|{_ANSI_C}|{_ARRAY}))?\n", re.DOTALL
)
_TOKEN = re.compile(rf"{_QUOTED}|{_ANSI_C}", re.DOTALL)
_MARKS = str.maketrans("", "", "\\'\"$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "E": "\x1b", "e": "\x1b"}


@dataclass(frozen=True)
class Variable:
    """`flags` as `declare -p` prints them ("-" for none), `value` in bash's own quoting, None when never assigned."""

    flags: str
    value: str | None

    @property
    def exported(self) -> bool:
        return "x" in self.flags

    @property
    def text(self) -> str | None:
        """The plain value of a scalar; None for an array and for a name without value."""
        if self.value is None or self.value.startswith("("):
            return None
        return _unquoted(self.value)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every text that stands in it: of an array each key and element."""
        if self.value is None:
            return ()
        if not self.value.startswith("("):
            return (_unquoted(self.value),)
        return (*_spellings(self.value), *(_unquoted(token) for token in _TOKEN.findall(self.value)))


@dataclass(frozen=True)
class ShellState:
    """Everything a step hands to the next one. Text is decoded with surrogateescape: bytes survive the round trip."""

    cwd: str
    umask: str = ""
    options: tuple[tuple[str, bool], ...] = ()
    shopts: tuple[tuple[str, bool], ...] = ()
    variables: dict[str, Variable] = field(default_factory=dict)
    functions: str = ""
    aliases: str = ""

    @property
    def exported(self) -> dict[str, str]:
        """The environment that a program started by this shell would get."""
        return {n: v.text for n, v in self.variables.items() if v.exported and v.text is not None}

    def without(self, names: Collection[str]) -> ShellState:
        return replace(self, variables={n: v for n, v in self.variables.items() if n not in names})

    def without_values(self, values: Collection[str]) -> tuple[ShellState | None, tuple[str, ...]]:
        """This state without whatever holds one of `values` in any spelling, and the names of what was left out; None
        where the working directory itself holds one."""
        lost = [n for n, v in self.variables.items() if _holds(v.spellings, values)]
        functions, aliases = self.functions, self.aliases
        if _holds(_spellings(functions), values):
            functions = ""
            lost.append("all functions")
        if _holds(_spellings(aliases), values):
            aliases = ""
            lost.append("all aliases")
        if _holds((self.cwd,), values):
            return None, (*lost, "the working directory")
        return replace(self.without(lost), functions=functions, aliases=aliases), tuple(lost)

    def with_exported(self, values: Mapping[str, str]) -> ShellState:
        """This state with these variables set and exported, whatever they were."""
        quoted = {n: '"' + re.sub(r'([\\"$`])', r"\\\1", v) + '"' for n, v in values.items()}
        return replace(self, variables=self.variables | {n: Variable("x", v) for n, v in quoted.items()})

    def after(self, before: ShellState | None, *, strict: bool, env: dict[str, str]) -> ShellState:
        """This state with what held for one step only taken back: `{strict}`'s options, and `env`'s values unless the
        step itself changed them."""
        options = dict(self.options)
        variables = dict(self.variables)
        if strict:
            options |= {name: dict(before.options).get(name, False) if before else False for name in STRICT}
        for name, value in env.items():
            if name in variables and variables[name].text == value:
                del variables[name]
                if before and name in before.variables:
                    variables[name] = before.variables[name]
        return replace(self, options=tuple(options.items()), variables=variables)

    def script(self, leave_out: Collection[str] = (), *, strict: bool = False) -> str:
        """Bash source that restores this state, in an order in which nothing restored changes how the rest is read.

        Functions need their `extglob` to be read, aliases and options would change what follows them, and a function
        may be called `declare`: hence options of `shopt` first, `set` and `expand_aliases` last (`xtrace` at the very
        end: it would print the rest), and `\\builtin`. `strict` turns `set -euo pipefail` on besides.
        """
        lines = [_shopt(name, on) for name, on in self.shopts if name not in _SKIPPED_SHOPT]
        for name, variable in self.variables.items():
            if name not in leave_out:
                value = "" if variable.value is None else f"={variable.value}"
                lines.append(f"declare -{variable.flags} {name}{value}")
        lines += [self.functions, self.aliases, f"\\builtin umask {self.umask}" if self.umask else ""]
        lines += [_shopt(name, on) for name, on in self.shopts if name == "expand_aliases"]
        options = dict(self.options) | (dict.fromkeys(sorted(STRICT), True) if strict else {})
        ordered = sorted(options.items(), key=lambda option: option[0] == "xtrace")
        lines += [f"\\builtin set {'-' if on else '+'}o {name}" for name, on in ordered]
        return "\n".join(line for line in lines if line) + "\n"


def parse(dump: bytes) -> ShellState | None:
    """The state from a raw dump (see `preamble.sh`), or None where the dump is incomplete or not to be understood."""
    parts = dump.decode("utf-8", "surrogateescape").split("\0")
    if len(parts) != 8 or parts[7] != "end\n":
        return None
    options, shopts, cwd, umask, declared, functions, aliases, _ = parts
    if (variables := _variables(declared)) is None:
        return None
    return ShellState(
        cwd=cwd,
        umask=umask.strip(),
        options=tuple(
            (n, sign == "-")
            for sign, n in re.findall(r"^set ([-+])o (\w[-\w]*)$", options, re.MULTILINE)
            if n not in _SKIPPED_SET
        ),
        shopts=tuple((n, flag == "s") for flag, n in re.findall(r"^shopt -([su]) (\w+)$", shopts, re.MULTILINE)),
        variables=variables,
        functions=functions.strip("\n"),
        aliases=aliases.strip("\n"),
    )


def _shopt(name: str, on: bool) -> str:
    return f"\\builtin shopt -{'s' if on else 'u'} {name}"


def _variables(text: str) -> dict[str, Variable] | None:
    found, position = {}, 0
    while match := _DECLARED.match(text, position):
        position = match.end()
        if match["name"] not in INTERNAL and not match["name"].startswith("__reifierd_"):
            found[match["name"]] = Variable(match["flags"], match["value"])
    return found if position == len(text) else None


def _holds(texts: Collection[str], values: Collection[str]) -> bool:
    """Whether a value stands in one of the texts, as it is or without its quoting."""
    return any(v in text or ((bare := v.translate(_MARKS)) and bare in text) for text in texts for v in values)


def _spellings(source: str) -> tuple[str, ...]:
    """Bash source as it is written, with its escapes read, and without any quoting."""
    read = _ansi_c(source)
    return source, source.translate(_MARKS), read, read.translate(_MARKS)


def _unquoted(value: str) -> str:
    """The plain text of one quoted value."""
    if value.startswith("$'"):
        return _ansi_c(value[2:-1])
    return re.sub(r"\\([\\\"$`])", r"\1", value[1:-1])


def _ansi_c(text: str) -> str:
    """The value of the inside of `$'…'` (bash(1), QUOTING); octal and hex escapes name bytes."""

    def one(match: re.Match[bytes]) -> bytes:
        escape = match[1].decode("latin-1")
        if re.fullmatch(r"[0-7]{1,3}", escape):
            return bytes([int(escape, 8) & 0xFF])
        if escape[0] == "x" and len(escape) > 1:
            return bytes([int(escape[1:], 16)])
        return _ESCAPES.get(escape, escape).encode()

    raw = text.encode("utf-8", "surrogateescape")
    return re.sub(rb"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", one, raw, flags=re.DOTALL).decode("utf-8", "surrogateescape")
