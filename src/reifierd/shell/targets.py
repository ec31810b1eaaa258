"""An effect on words: literal targets, whether one is only known at run time, and all of them as shapes."""

from __future__ import annotations

from collections.abc import Sequence

from reifierd.shell.model import Effect, EffectKind, Invocation, Word
from reifierd.shell.places import absolute
from reifierd.shell.shapes import known

# Kinds whose targets are files: they are made absolute where the directory is known.
_FILES = frozenset(
    {
        EffectKind.WRITE,
        EffectKind.DELETE,
        EffectKind.OVERWRITE,
        EffectKind.DEVICE_WRITE,
        EffectKind.PERMISSIONS,
        EffectKind.INTERACTIVE,
    }
)

READ = Effect(EffectKind.READ)


def on(kind: EffectKind, command: Invocation, words: Sequence[Word], detail: str = "") -> Effect:
    """`kind` done to `words` by `command`."""
    shapes = tuple(absolute(w.shape, command.cwd) if kind in _FILES else w.shape for w in words)
    literal = tuple(s for s in shapes if known(s))
    return Effect(kind, literal, len(literal) < len(shapes), detail, shapes)


def written(command: Invocation, paths: Sequence[str]) -> Effect:
    """Files that are overwritten, by their names in another program's code."""
    return on(EffectKind.OVERWRITE, command, [Word(p, p, p, shape=p) for p in paths])
