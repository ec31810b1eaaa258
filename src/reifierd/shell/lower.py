"""From a source to a list of commands: every simple command, in order, wherever it stands (see `walk`, `invoke`)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import tree_sitter
import tree_sitter_bash

from reifierd.shell.context import Context, Earlier
from reifierd.shell.model import Invocation, Word
from reifierd.shell.scanner import Unreadable
from reifierd.shell.shapes import UNKNOWN
from reifierd.shell.source import Prepared, prepare
from reifierd.shell.state import Scope, State
from reifierd.shell.walk import Walker

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))
MAX_COMMANDS, MAX_NESTING = 3_000, 40
MAX_SIZE = 65_536  # characters; a longer block is not judged but needs a person


class Memory:
    """What the shell of the last reading remembered of its past, but for the latest of it: each block of a long file is
    read after all before it, and shares nearly all of its past with the block before."""

    def __init__(self) -> None:
        self._context, self._state = Context(), State("")

    def before(self, context: Context) -> tuple[State, Sequence[Earlier]]:
        """A shell's memory at the beginning of a source, and what of its past it has to read yet."""
        known, past = self._context, len(self._context.before)
        same = (known.home, known.cwd, known.env) == (context.home, context.cwd, context.env)
        if past < len(context.before) and same and context.before[:past] == known.before:
            return self._state.apart(), context.before[past:]
        return State(context.home, context.cwd, dict(context.env)), context.before

    def keep(self, context: Context, state: State) -> None:
        self._context, self._state = replace(context, env=dict(context.env)), state.apart()

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc] # as new


_MEMORY = Memory()


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
        state, rest = _MEMORY.before(context)
        scope = Scope(state, self.span)
        for earlier in rest[:-1]:
            self.recall(earlier, state, scope)
        if context.before:
            _MEMORY.keep(replace(context, before=context.before[:-1]), state)
            self.recall(rest[-1], state, scope)
            self.called = set(state.functions)
        self.whole(source, scope)
        for name in [n for n in state.functions if n not in self.called]:  # defined for later: all may happen
            body = state.functions[name]
            unknown = state.copy()
            unknown.positional = None
            inside = replace(scope, state=unknown, via=(f"{name}()",), depth=1)
            self.called.add(name)
            self.span(body.prepared, body.start, body.end, inside)

    def recall(self, earlier: Earlier, state: State, scope: Scope) -> None:
        """Let the shell remember what it read before; its commands were judged then, as was what could not be read."""
        if earlier.cwd:
            state.change_directory(earlier.cwd)
        own = {name: state.variables.get(name) for name in earlier.env}
        state.variables.update(earlier.env)
        with contextlib.suppress(Unreadable):
            self.whole(earlier.source, scope)
        for name, value in own.items():
            if value is not None:
                state.variables[name] = value
            elif state.variables.get(name) == earlier.env[name]:
                del state.variables[name]
        self.commands.clear()
        self.later.clear()
        self.problem = None

    def whole(self, source: str, scope: Scope) -> None:
        """A source to its end, and the traps that it set."""
        self.text(source, scope)
        for script, place in self.later:
            self.text(script.shape, replace(place, depth=place.depth + 1))

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
