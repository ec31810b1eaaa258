"""What the scribe asks about a command: the variables it sets and reads, the files it reads and writes, whether it
edits.
"""

from __future__ import annotations

import re

from reifierd.shell.model import EffectKind, Invocation, Word
from reifierd.shell.options import parse_options
from reifierd.shell.places import absolute
from reifierd.shell.programs import packaged
from reifierd.shell.shapes import known
from reifierd.shell.tables import name_set

_EDITORS = name_set("vocabulary", "editors")
_FIXED = {"visudo": "/etc/sudoers", "vipw": "/etc/passwd", "vigr": "/etc/group"}
_WRITES = frozenset(
    {EffectKind.WRITE, EffectKind.OVERWRITE, EffectKind.DELETE, EffectKind.PERMISSIONS, EffectKind.DEVICE_WRITE}
)
_EDITOR_VALUES = frozenset({"-c", "--cmd", "-S", "-u", "-i", "-t", "-T", "-w", "-s"})
_SETTERS = frozenset({"export", "declare", "typeset", "local", "readonly"})
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_REFERENCE = re.compile(r"\$(?:\{[!#]?)?([A-Za-z_]\w*)")
_NO_FILE_OPERANDS = frozenset(
    {"grep", "egrep", "fgrep", "rg", "sed", "awk", "gawk", "jq", "yq"}
)  # their first operand is a program or pattern


def assigned(command: Invocation) -> dict[str, str | None]:
    """The variables that a command leaves set in its shell → their literal value (None: only known at run time).

    Assignments before a program (`A=1 make`) leave nothing behind.
    """
    if command.argv and command.program not in _SETTERS and command.program != "read":
        return {}
    found = {name: (value.text if value is not None else None) for name, value in command.assignments}
    if command.program == "read":
        found |= {w.shape: None for w in command.argv[1:] if _NAME.match(w.shape)}
    return found


def variables_read(command: Invocation) -> frozenset[str]:
    """The variables that stand in a command's words, redirects and values."""
    words: list[Word | None] = [*command.argv, *(v for _, v in command.assignments)]
    words += [w for r in command.redirects for w in (r.target, r.body)]
    return frozenset(
        name for w in words if w is not None and not w.source.startswith("'") for name in _REFERENCE.findall(w.source)
    )


def files_written(command: Invocation) -> tuple[str, ...]:
    """Literal files that a command creates, changes or deletes; absolute where the directory is known."""
    return tuple(dict.fromkeys(t for e in command.effects if e.kind in _WRITES for t in e.targets))


def files_read(command: Invocation) -> tuple[str, ...]:
    """Literal files that a command reads by its operands and redirects. An operand without a slash or dot may be
    none.
    """
    found = [r.target.text for r in command.redirects if r.fd == 0 and r.target is not None and r.target.text]
    row = packaged().get(command.program or "")
    if (row is not None and any(e.kind is EffectKind.READ for e in command.effects)) or command.program in {
        "cp",
        "mv",
        "source",
        ".",
    }:
        operands = list(row.parse(command.argv).operands if row is not None else parse_options(command.argv).operands)
        operands = (
            operands[1:]
            if command.program in _NO_FILE_OPERANDS
            else operands[:-1]
            if command.program in {"cp", "mv"}
            else operands
        )
        found += [w.text for w in operands if w.text and (re.search(r"[/.]", w.text) and "://" not in w.text)]
    return tuple(dict.fromkeys(absolute(f, command.cwd) for f in found))


def is_editor(command: Invocation) -> tuple[str, ...]:
    """The files that an editor opens (`vim /etc/hosts`, `sudo -e f`); empty for any other program."""
    words = list(command.argv)
    if command.program == "sudo" and any(w.shape in {"-e", "--edit"} for w in words):
        words = [w for w in words if w.shape not in {"-e", "--edit"}]
    elif command.program not in _EDITORS:
        return ()
    operands = [w.shape for w in parse_options(words, _EDITOR_VALUES).operands if not w.shape.startswith("+")]
    if command.program in _FIXED and not operands:
        return (_FIXED[command.program],)
    return tuple(absolute(o, command.cwd) for o in operands if known(o))
