"""The values of options wherever they stand: for rules that must not be led past a host or a context.

A parser by table can be wrong about one option (`-f` takes a value in `kubectl apply`, and none in `kubectl logs`) and
then swallows the next. Here every word that is the option counts, whatever stands before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reifierd.shell.model import Word
from reifierd.shell.options import cut


def values_of(argv: Sequence[Word], names: Collection[str]) -> Iterator[Word]:
    """What follows `--name`, `--name=` or `-n`, and what is attached to a short option (`-nvalue`), in order."""
    for i, word in enumerate(argv[1:], 1):
        name, equals, _ = word.shape.partition("=")
        if word.shape in names and i + 1 < len(argv):
            yield argv[i + 1]
        elif equals and name in names:
            yield cut(word, len(name) + 1)
        elif word.shape[:2] in names and not word.shape.startswith("--") and len(word.shape) > 2:
            yield cut(word, 2)
