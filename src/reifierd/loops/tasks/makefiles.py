"""The recipes that `make TARGET` would run, as shell text: a wrapper that must hide nothing.

Rules, prerequisites, simple variables and what the command line sets are followed; included files, pattern rules,
functions and conditionals are not (GNU make manual, chapters 4 to 6). What is not known stays a shell variable, so that
it counts as only known at run time. A makefile is read, never run: not even `make -n`, which runs `$(shell …)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_RULE = re.compile(r"^([^\s#:=][^#:=]*?)\s*::?(?!=)\s*([^=;#]*)(?:;(.*))?$")
_VARIABLE = re.compile(r"^\s*(?:export\s+|override\s+)?([\w.-]+)\s*(?::::?=|::?=|\?=|\+=|=)\s*(.*)$")
_REFERENCE = re.compile(r"\$(?:\(([\w.-]+)\)|\{([\w.-]+)\}|(\w))")
NAMES = ("GNUmakefile", "makefile", "Makefile")
_DEEPEST = 10


@dataclass
class Makefile:
    """`rules` has, for each target, its prerequisites and its recipe lines; `first` is what `make` alone makes."""

    variables: dict[str, str] = field(default_factory=dict)
    rules: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    first: str = ""


def read_makefile(text: str) -> Makefile:
    """Everything of a makefile that is followed here."""
    found, open_targets = Makefile(), list[str]()
    for line in text.replace("\\\n", " \\\n").replace("\\\n", "").split("\n"):
        if line.startswith("\t"):
            for target in open_targets:
                found.rules[target][1].append(line[1:])
        elif variable := _VARIABLE.match(line):
            found.variables[variable[1]] = variable[2].strip()
            open_targets = []
        elif rule := _RULE.match(line):
            open_targets = _expanded(rule[1], found.variables).split()
            for target in open_targets:
                needs, recipe = found.rules.setdefault(target, ([], []))
                needs += _expanded(rule[2], found.variables).replace("|", " ").split()
                recipe += [rule[3].strip()] if rule[3] else []
                found.first = found.first or ("" if target.startswith(".") else target)
        elif line.strip() and not line.lstrip().startswith("#"):
            open_targets = []
    return found


def recipes(makefile: Makefile, targets: list[str], given: Mapping[str, str]) -> str:
    """The shell text of these targets and of all that they need, in order; `given` comes from the command line."""
    variables = {**makefile.variables, **given, "MAKE": "make"}
    order: dict[str, None] = {}

    def visit(target: str, depth: int) -> None:
        if target in order or target not in makefile.rules or depth > _DEEPEST:
            return
        for needed in makefile.rules[target][0]:
            visit(needed, depth + 1)
        order[target] = None

    for target in targets or [makefile.first]:
        visit(target, 0)
    lines = (line for target in order for line in makefile.rules[target][1])
    return "\n".join(_expanded(line.lstrip().lstrip("@-+").lstrip(), variables).replace("$$", "$") for line in lines)


def _expanded(text: str, variables: Mapping[str, str], depth: int = 0) -> str:
    """With make's variables replaced; one that is not known becomes a shell variable of that name."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[3]
        if name in variables and depth < _DEEPEST:
            return _expanded(variables[name], variables, depth + 1)
        return "${" + re.sub(r"\W", "_", name) + "}"

    pieces = text.split("$$")
    return "$$".join(_REFERENCE.sub(value, piece) for piece in pieces)
