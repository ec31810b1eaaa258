"""Simple commands: words by their offsets, assignments and redirects, read off tree-sitter's nodes.

The tree says only where things stand. What a word becomes is asked of the expander over the prepared text; what an
operator really was, and what a heredoc holds, of the prepared text itself. Nodes that touch are one word, and a word
that the tree took for one more target of a redirect belongs to the command. Nothing here visits a statement: commands
in substitutions come by way of the expander.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tree_sitter

from reifierd.shell import subscripts
from reifierd.shell.call import Call
from reifierd.shell.invoke import invoke
from reifierd.shell.model import Redirect, Word
from reifierd.shell.shapes import UNKNOWN, as_word
from reifierd.shell.source import Prepared
from reifierd.shell.state import Scope
from reifierd.shell.streams import stream_of
from reifierd.shell.words import expand, expand_text, scan

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

_OPERATORS = frozenset({"<", ">", ">>", "&>", "&>>", "<&", ">&", ">|", "<&-", ">&-", "<<<", "<<", "<<-"})
_REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})


class SimpleCommands:
    """Reads the simple commands of one span; `base` is its offset in the prepared text."""

    def __init__(self, reader: Reader, prepared: Prepared, base: int, scope: Scope) -> None:
        self.reader, self.prepared, self.base, self.scope = reader, prepared, base, scope

    def at(self, node: tree_sitter.Node) -> tuple[int, int]:
        return node.start_byte + self.base, node.end_byte + self.base

    def source(self, node: tree_sitter.Node) -> str:
        start, end = self.at(node)
        return self.prepared.text[start:end]

    def assignment(self, node: tree_sitter.Node, *, keep: bool = True) -> tuple[str, Word | None]:
        """NAME=value; remembered in the shell when `keep`."""
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        name = self.source(name_node) if name_node else ""
        if name_node is not None and name_node.type == "subscript":
            scan(self.prepared, *self.at(name_node), self.scope)
            name, keep = name.partition("[")[0], False
            self.scope.state.arrays.pop(name, None)
            self.scope.state.variables[name] = UNKNOWN
        append = any(c.type == "+=" for c in node.children)
        state = self.scope.state
        if value is not None and value.type == "array":
            spans = merged([self.at(c) for c in value.named_children if c.type != "comment"])
            words = [w for s, e in spans for w in expand(self.prepared, s, e, self.scope)]
            for word in words:
                subscripts.in_text(word.shape, self.scope)
            if keep:
                state.arrays[name] = (state.arrays.get(name, []) if append else []) + [w.shape for w in words]
                state.variables.pop(name, None)
            return name, None
        start, end = (name_node or node).end_byte + self.base + (2 if append else 1), self.at(node)[1]
        word = expand(self.prepared, start, end, self.scope, split=False)[0]
        if keep:
            state.variables[name] = (state.value(name) or "") + word.shape if append else word.shape
        return name, word

    def words(self, start: int, end: int) -> list[Word]:
        """What the text between two offsets becomes: none, one or several words."""
        return expand(self.prepared, start, end, self.scope)

    def command(self, node: tree_sitter.Node, redirects: list[Redirect], extra: list[tuple[int, int]]) -> str | None:
        """A command with the `redirects` and the spans of words (`extra`) that the tree hangs above it."""
        first = len(self.reader.commands)
        spans, assigned, more = list(extra), [], []
        for child in node.named_children:
            kind = child.type
            if kind == "variable_assignment":
                assigned.append(child)
            elif kind in _REDIRECTS:
                more.append(self.redirect(child, spans))
            elif kind != "comment":
                spans.append(self.at(child))
        assignments = [self.assignment(c, keep=False) for c in assigned]
        spans = merged(sorted(spans))
        argv = [w for s, e in spans for w in self.words(s, e)]
        if not argv:
            for child in assigned:
                self.assignment(child)
        return self.emit(argv, assignments, more + redirects, *self.at(node), first=first)

    def declaration(
        self, node: tree_sitter.Node, redirects: list[Redirect], extra: list[tuple[int, int]]
    ) -> str | None:
        """export, declare, local, readonly, typeset, unset: a command whose words may be assignments."""
        first = len(self.reader.commands)
        start, end = self.at(node)
        name = self.prepared.text[start:end].split(None, 1)[0]
        argv, assignments = [as_word(name, name, start, start + len(name))], []
        for child in node.named_children:
            if child.type == "variable_assignment":
                key, value = self.assignment(child)
                assignments.append((key, value))
                shape = f"{key}={value.shape if value else ''}"
                argv.append(as_word(shape, self.source(child), *self.at(child)))
            elif child.type != "comment" and child.type not in _REDIRECTS:
                argv += self.words(*self.at(child))
        more, trailing = self.redirections(node)
        argv += [w for s, e in merged(extra + trailing) for w in self.words(s, e)]
        return self.emit(argv, assignments, more + redirects, start, end, first=first)

    def redirections(self, node: tree_sitter.Node) -> tuple[list[Redirect], list[tuple[int, int]]]:
        """The redirects that hang on a node, and the spans of ordinary words that the tree took for more targets."""
        redirects: list[Redirect] = []
        extra: list[tuple[int, int]] = []
        for child in node.named_children:
            if child.type not in _REDIRECTS:
                continue
            if node.type == "redirected_statement" and child == node.child_by_field_name("body"):
                continue
            redirects.append(self.redirect(child, extra))
        return redirects, extra

    def redirect(self, node: tree_sitter.Node, extra: list[tuple[int, int]]) -> Redirect:
        operator, fd, spans, at = "<", None, [], node.start_byte + self.base
        for child in node.children:
            if child.type == "file_descriptor":
                fd = int(self.source(child)) if self.source(child).isdigit() else 3
            elif child.type in _OPERATORS:
                operator, at = child.type, child.start_byte + self.base
            elif child.is_named:
                spans.append(self.at(child))
        spans = merged(spans)
        operator = self.prepared.operators.get(at, operator)
        fd = fd if fd is not None else (0 if operator.startswith("<") else 1)
        heredoc = self.prepared.heredocs.get(at)
        extra += spans[1:]
        if heredoc is not None:
            shape = heredoc.body if heredoc.literal else expand_text(heredoc.body, self.scope)
            return Redirect(
                "<<", fd, None, as_word(shape, heredoc.body, heredoc.start, heredoc.start + len(heredoc.body))
            )
        if not spans:
            return Redirect(operator, fd, None)
        target = expand(self.prepared, *spans[0], self.scope, split=False)[0]
        if operator == "<<<":
            body = as_word(target.shape + "\n", target.source, target.start, target.end)
            return Redirect("<<<", fd, None, body)
        stream = stream_of(target.text, self.scope.state) if operator == "<" and target.text else None
        if stream is not None:
            return Redirect(
                operator, fd, target, as_word(UNKNOWN if stream.text is None else stream.text, target.source, *spans[0])
            )
        return Redirect(operator, fd, target)

    def emit(  # noqa: PLR0913 - a call has these parts
        self,
        argv: list[Word],
        assignments: list[tuple[str, Word | None]],
        redirects: list[Redirect],
        start: int,
        end: int,
        *,
        first: int | None = None,
    ) -> str | None:
        """Hand one command on; those lowered since `first` stand in its own substitutions. What it prints, or None."""
        line = self.scope.line or self.prepared.line(start)
        inner = tuple(self.reader.commands[first:]) if first is not None else ()
        call = Call(argv, self.scope, assignments, redirects, start, end, line, inner)
        return invoke(self.reader, call)


def merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch are parts of one word."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] >= start:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
