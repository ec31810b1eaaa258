"""Prompts in a block: which lines are commands, which are the output they were seen to print.

Where a line starts with `$ `, only such lines and their continuations are commands; all else is expected output.
`# ` is a prompt in a console block that has no `$ ` and nowhere else (in a script it is a comment). A line that
stands in a here-document of an unprompted script is that document's text, whatever it starts with. A continuation
is a line after a command that is not complete: a trailing backslash, an operator, open quotes, a here-document, an
open loop or group; a shell's own `> ` before it is taken away when the first of them carries it. A session that is
indented as a whole (in a list of a runbook, say) is one all the same.
"""

from __future__ import annotations

import os.path
import re

from reifierd.documents.quoting import Context, Quoting

_SECONDARY = re.compile(r">(?: |\Z)")
_DOCUMENTS = (Context.HEREDOC, Context.QUOTED_HEREDOC)


def commands(source: str, *, console: bool) -> str | None:
    """The commands of a block, joined by line ends; None for a console block without any prompt.

    A script without prompts comes back as it is.
    """
    lines = _flush(source.split("\n"))
    if _prompted("\n".join(lines), lines, console=console):
        return _commands(lines, "$")
    if not console:
        return source
    return _commands(lines, "#") if any(line.startswith("# ") for line in lines) else None


def only_comments(command: str) -> bool:
    """Nothing but blank lines and comments: nothing to run."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in command.split("\n"))


def _flush(lines: list[str]) -> list[str]:
    """Without the white space with which all of them begin."""
    begins = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()]
    margin = os.path.commonprefix(begins)  # noqa: RUF071 - of characters is what is wanted
    return [line.removeprefix(margin) for line in lines]


def _is_prompt(line: str, sign: str) -> bool:
    return line == sign or line.startswith(sign + " ")


def _prompted(source: str, lines: list[str], *, console: bool) -> bool:
    if not any(line.startswith("$ ") for line in lines):
        return False
    if console:
        return True
    around = Quoting(source)
    if around.waiting == Context.HEREDOC.value:
        return True
    offset, found = 0, False
    for line in lines:
        found |= line.startswith("$ ") and around.at(offset) not in _DOCUMENTS
        offset += len(line) + 1
    return found


def _commands(lines: list[str], sign: str) -> str:
    found: list[str] = []
    at = 0
    while at < len(lines):
        if not _is_prompt(lines[at], sign):
            at += 1
            continue
        command, at = _command(lines, at, sign)
        if command.strip():
            found.append(command)
    return "\n".join(found)


def _command(lines: list[str], at: int, sign: str) -> tuple[str, int]:
    """One command from its prompt line on, and the index of the line after it."""
    parts = [lines[at][2:]]
    around = Quoting(parts[0] + "\n")
    secondary: bool | None = None
    for at in range(at + 1, len(lines)):  # noqa: B020, PLR1704 - goes on from the caller's place
        line = lines[at]
        waiting = around.waiting
        if not waiting or (_is_prompt(line, sign) and waiting != Context.HEREDOC.value):
            return "\n".join(parts), at
        prompted = bool(_SECONDARY.match(line))
        secondary = prompted if secondary is None else secondary
        if secondary and not prompted:
            return "\n".join(parts), at
        parts.append(line[2:] if secondary else line)
        around.feed(parts[-1] + "\n")
    return "\n".join(parts), len(lines)
