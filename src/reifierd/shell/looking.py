"""Whether a command only looks: the rule of a runbook's Diagnosis and of a task that verifies.

What a program's table says decides. A program that no table knows passes by its first words (`queuectl status`), which
is a guess that a person sees; by its own name alone (`./check.sh`) only where the caller says that names count. What
stands around a command counts as well: a redirect into a file, a variable that names what the program loads or runs, a
file that is sourced unread.
"""

from __future__ import annotations

import re

from reifierd.shell.effects import read_like
from reifierd.shell.model import EffectKind, Invocation, Word
from reifierd.shell.tables import name_set

HARMLESS = frozenset({EffectKind.READ, EffectKind.SHELL_STATE})
_BUILTINS = name_set("vocabulary", "builtins")
_CODE_VARIABLES = name_set("vocabulary", "code_variables") | name_set("vocabulary", "loading_variables")
_SHOWERS = name_set("vocabulary", "showers_of_text")
_PROGRAMS_FOLDER = re.compile(r"(?!/tmp/|/var/tmp/|/dev/)[/\x00\x01~].*|\$PATH|")


def looks_only(command: Invocation, *, by_name: bool = True) -> bool:
    """It changes nothing outside its own shell, as far as tables and verbs say.

    `by_name` False is for what nobody looks at again before it runs: then neither a program's name, nor a file that is
    sourced, nor a configuration that a client keeps for later commands counts as looking.
    """
    if not by_name and (_given_code(command) or _runs_unread(command) or _keeps(command)):
        return False
    if all(e.kind in HARMLESS for e in command.effects) and (command.effects or command.wrapped):
        return True
    return not command.wrapped and read_like(command, by_name=by_name)


def known_changes(command: Invocation) -> tuple[str, ...]:
    """The kinds of change that its tables tell of, in words; empty also for a program that no table knows."""
    return tuple(e.kind.value for e in command.effects if e.kind not in HARMLESS | {EffectKind.UNKNOWN})


def _given_code(command: Invocation) -> bool:
    """A variable of its environment, or of the shell from here on, names something that will be loaded or run."""
    return any(_names_code(name, value) for name, value in command.assignments)


def _names_code(name: str, value: Word | None) -> bool:
    text = value.shape if value is not None else ""
    if name == "PATH":
        return not all(_PROGRAMS_FOLDER.fullmatch(part) for part in text.split(":"))
    if name not in _CODE_VARIABLES and not name.startswith(("GIT_CONFIG_KEY_", "BASH_FUNC_")):
        return False
    return text.split(" ", 1)[0] not in _SHOWERS | {""}


def _runs_unread(command: Invocation) -> bool:
    """`source file`, `eval "$x"`: what runs there was not read."""
    if command.opaque:
        return True
    if command.program not in {"source", "."} or len(command.argv) < len(("source", "file")):
        return False
    return command.argv[1].shape not in {path for path, _ in command.files}


def _keeps(command: Invocation) -> bool:
    """State of a shell is its builtins' business; in another program it is a file that later commands go by."""
    state = any(e.kind is EffectKind.SHELL_STATE for e in command.effects)
    return state and command.program is not None and command.program not in _BUILTINS
