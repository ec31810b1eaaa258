"""Files that a source itself makes, by their path: a process substitution, or a file that it wrote."""

from __future__ import annotations

import posixpath

from reifierd.shell.call import Call
from reifierd.shell.model import Word
from reifierd.shell.shapes import as_word
from reifierd.shell.state import State, Stream


def resolve(path: str, state: State) -> str:
    """A path made absolute where the directory is known; normalised in any case."""
    if not path.startswith("/") and state.cwd:
        path = posixpath.join(state.cwd, path)
    return posixpath.normpath(path) if path else path


def stream_of(path: str, state: State) -> Stream | None:
    """What a path holds, where this source itself made it: a process substitution, or a file that it wrote."""
    return state.streams.get(path) or state.streams.get(resolve(path, state))


def named(call: Call) -> tuple[tuple[str, Word], ...]:
    """The files that a command's words name, as an operand or an option's value, and that this source itself wrote."""
    state = call.scope.state
    if not state.streams:
        return ()
    found: dict[str, Word] = {}
    for word in call.argv[1:]:
        for path in (word.shape, word.shape.partition("=")[2], word.shape[2:] if word.shape[:1] == "-" else ""):
            stream = stream_of(path, state) if path else None
            if stream is not None and stream.text is not None:
                found[path] = as_word(stream.text, word.source, word.start, word.end)
    return tuple(found.items())
