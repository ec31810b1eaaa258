"""Where the commands of one source stand, and what its links mean: what a path written in it may come to.

`cd` is followed through CDPATH and a changed HOME too. Where that is uncertain a path has several meanings; all count.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reifierd.shell.consent_places import open_path, spelled
from reifierd.shell.context import Context
from reifierd.shell.model import Invocation
from reifierd.shell.shapes import FILLED, UNKNOWN

_MOVES = frozenset({"cd", "pushd", "popd", "chdir"})
_WRAPPED = frozenset({("env",), ("sudo",)})  # they may start their command elsewhere
_MAX = 8  # meanings of one place that are followed


@dataclass
class Trail:
    """`here` gives each command's directories; `links` are those that this source makes, with what they show."""

    here: list[tuple[str, ...]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)

    def paths(self, shape: str, number: int) -> Iterator[str]:
        """All that a word of a command may mean as a path."""
        for here in self.here[number]:
            path = spelled(shape, here)
            yield path
            if shape.startswith((UNKNOWN, FILLED)) and not open_path(here):
                yield posixpath.join(here, shape)
            for link, shown in self.links:
                if path == link or path.startswith(link + "/"):
                    yield shown + path[len(link) :]


def follow(commands: Sequence[Invocation], context: Context) -> Trail:
    trail = Trail()
    moved: list[tuple[tuple[str, ...], tuple[str, ...]]] = []  # (via, directories) of each cd so far
    changed = {"CDPATH": context.env.get("CDPATH", ""), "HOME": ""}
    for number, command in enumerate(commands):
        last = next(((via, d) for via, d in reversed(moved) if command.via[: len(via)] == via), None)
        here = (command.cwd,) if command.cwd is not None else ()
        if last and (not here or changed["CDPATH"] or changed["HOME"] or last[0][-1:] in _WRAPPED):
            here = (*here, *last[1])
        trail.here.append(tuple(dict.fromkeys(here))[:_MAX] or (UNKNOWN,))
        changed.update({n: v.shape for n, v in command.assignments if n in changed and v is not None})
        if command.program in _MOVES:
            moved.append((command.via, tuple(_went(command, trail.here[number], changed, context))))
        elif command.wrapped and (command.program,) in _WRAPPED and (target := _sent(command)):
            moved.append(((*command.via, str(command.program)), tuple(spelled(target, h) for h in trail.here[number])))
        elif command.program == "ln":
            trail.links += _links(command, trail, number)
    return trail


def _sent(command: Invocation) -> str:
    """The directory in which `env -C` and `sudo -D` run their command."""
    words = [w.shape for w in command.argv[1:]]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in {"-C", "-D", "--chdir"}:
            return following
        if word.startswith(("--chdir=", "-C/", "-D/")):
            return word.removeprefix("--chdir=").removeprefix("-C").removeprefix("-D")
    return ""


def _went(command: Invocation, heres: Sequence[str], changed: dict[str, str], context: Context) -> Iterator[str]:
    targets = [w.shape for w in command.argv[1:] if not w.shape.startswith("-") or w.shape == "-"]
    if not targets and command.program != "popd":
        yield changed["HOME"] or context.home
        return
    if not targets or targets[0] == "-":
        yield UNKNOWN
        return
    for here in (*heres, *filter(None, changed["CDPATH"].split(":"))):
        yield spelled(targets[0], here)


def _links(command: Invocation, trail: Trail, number: int) -> Iterator[tuple[str, str]]:
    words = [w.shape for w in command.argv[1:] if not w.shape.startswith("-")]
    for here in trail.here[number]:
        for source in words[:-1] or words:
            shown = spelled(source, here)
            name = spelled(words[-1], here) if len(words) > 1 else posixpath.join(here, posixpath.basename(source))
            yield name, shown
            yield posixpath.join(name, posixpath.basename(shown)), shown
