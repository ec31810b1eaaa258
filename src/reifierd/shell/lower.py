"""From a source to a list of commands: every simple command, in order, wherever it stands (see `walk`, `invoke`)."""

from __future__ import annotations

from dataclasses import replace

import tree_sitter
import tree_sitter_bash

from reifierd.shell.context import Context
from reifierd.shell.model import Invocation, Word
from reifierd.shell.source import Prepared, Unreadable, prepare
from reifierd.shell.state import Scope, State
from reifierd.shell.walk import Walker
from reifierd.shell.words import UNKNOWN

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))
MAX_COMMANDS, MAX_NESTING = 3_000, 40
MAX_SIZE = 65_536  # characters; a longer block is not judged but needs a person


class Reader:
    """Lowers one source. `commands` grows in the order of execution; `problem` is the first reason why something
    could not be read."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.commands: list[Invocation] = []
        self.problem: str | None = None
        self.called: set[str] = set()
        self.later: list[tuple[Word, Scope]] = []  # traps: they run at the end, with what is known then

    def read(self, source: str) -> None:
        context = self.context
        state = State(context.home, context.cwd, dict(context.env))
        scope = Scope(state, self.span)
        self.text(source, scope)
        for script, place in self.later:
            self.text(script.shape, replace(place, depth=place.depth + 1))
        for name in [n for n in state.functions if n not in self.called]:  # defined for later: all may happen
            body = state.functions[name]
            unknown = state.copy()
            unknown.positional = None
            inside = replace(scope, state=unknown, via=(f"{name}()",), depth=1)
            self.called.add(name)
            self.span(body.prepared, body.start, body.end, inside)

    def note(self, problem: str) -> None:
        self.problem = self.problem or problem

    def text(self, source: str, scope: Scope) -> str | None:
        """Lower shell source that stands in a string; returns what it prints, where that is constant."""
        if len(source) > MAX_SIZE:
            self.note("too large to be read")
            return None
        prepared = prepare(source.replace(UNKNOWN, "$__unknown__").replace("\x01", "$_"))
        if prepared.problem:
            self.note(prepared.problem)
        return self.span(prepared, 0, len(prepared.text), scope)

    def span(self, prepared: Prepared, start: int, end: int, scope: Scope) -> str | None:
        """Lower the commands between two offsets of a prepared text."""
        if scope.depth > MAX_NESTING or len(self.commands) > MAX_COMMANDS:
            raise Unreadable("nested too deeply or too long to be read")
        text = prepared.text[start:end]
        if not text.strip():
            return ""
        if not text.isascii():
            text = "".join(c if c < "\x80" else "x" for c in text)
        root = _PARSER.parse(text.encode()).root_node
        if root.has_error:
            self.note("not understood as bash")
        return Walker(self, prepared, start, scope).block(root)
