"""The walk over tree-sitter's tree of one span: statements in order, down to the simple commands (see `simple`).

Whatever node is not known here is searched for substitutions and its children are visited, so that nothing is skipped
because of its kind. Branches are all taken, loops once for each value that is known. Control flow is not followed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from reifierd.shell import subscripts
from reifierd.shell.model import Invocation, Redirect
from reifierd.shell.shapes import UNKNOWN, as_word
from reifierd.shell.simple import SimpleCommands, merged
from reifierd.shell.source import Prepared
from reifierd.shell.state import Body, Scope
from reifierd.shell.words import expand, scan

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

MAX_LOOP = 64  # values of a for loop that are followed
_WORDS = frozenset(
    {
        "word",
        "string",
        "raw_string",
        "ansi_c_string",
        "translated_string",
        "concatenation",
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "number",
        "variable_name",
        "command_name",
        "arithmetic_expansion",
        "brace_expression",
    }
)
_TEXTUAL = _WORDS | {
    "regex",
    "extglob_pattern",
    "subscript",
    "array",
    "binary_expression",
    "unary_expression",
    "parenthesized_expression",
}


class Walker(SimpleCommands):
    """Walks the tree of one span. `hung`: redirects of a command that the tree hangs above the whole pipeline."""

    def __init__(self, reader: Reader, prepared: Prepared, base: int, scope: Scope) -> None:
        super().__init__(reader, prepared, base, scope)
        self.hung: dict[int, tuple[list[Redirect] | None, list[tuple[int, int]] | None]] = {}

    def inside(self, scope: Scope) -> Walker:
        walker = Walker(self.reader, self.prepared, self.base, scope)
        walker.hung = self.hung
        return walker

    def block(self, node: tree_sitter.Node) -> str | None:
        """All commands below a node in turn; what they print together, where constant."""
        printed: list[str | None] = [self.visit(child) for child in node.named_children if child.type != "comment"]
        return None if None in printed else "".join(p for p in printed if p is not None)

    def visit(
        self,
        node: tree_sitter.Node,
        redirects: list[Redirect] | None = None,
        extra: list[tuple[int, int]] | None = None,
    ) -> str | None:
        kind = node.type
        method = getattr(self, f"on_{kind}", None)
        if kind == "command":
            redirects, extra = self.hung.pop(node.id, (redirects, extra))
            return self.command(node, redirects or [], extra or [])
        if kind in {"declaration_command", "unset_command"}:
            return self.declaration(node, redirects or [], extra or [])
        if method is not None:
            result: str | None = method(node)
            return result
        if node.named_child_count and kind not in _TEXTUAL:
            self.block(node)
        else:
            scan(self.prepared, *self.at(node), self.scope)
        return None

    # --- compound commands

    def on_list(self, node: tree_sitter.Node) -> str | None:
        return self.block(node)

    on_do_group = on_else_clause = on_elif_clause = on_if_statement = on_while_statement = on_list

    def on_negated_command(self, node: tree_sitter.Node) -> str | None:
        self.block(node)
        return None

    def on_compound_statement(self, node: tree_sitter.Node) -> str | None:
        if self.source(node).startswith("(("):
            scan(self.prepared, *self.at(node), self.scope)
            return ""
        return self.block(node)

    def on_subshell(self, node: tree_sitter.Node) -> str | None:
        return self.inside(self.scope.enter("( )")).block(node)

    def on_pipeline(self, node: tree_sitter.Node) -> str | None:
        text, programs, stages = self.scope.stdin, self.scope.programs, []
        children = [c for c in node.named_children if c.type != "comment"]
        for number, child in enumerate(children):
            first = len(self.reader.commands)
            state = self.scope.state.copy() if number < len(children) - 1 else self.scope.state
            stage = replace(self.scope, state=state, stdin=text, programs=programs)
            text = self.inside(stage).visit(child)
            name = _stage_program(self.reader.commands[first:], self.scope.via)
            programs = (*programs, *(c.program for c in self.reader.commands[first:] if c.program))
            stages.append((first, len(self.reader.commands), name))
        self.join(stages)
        return text

    def join(self, stages: list[tuple[int, int, str | None]]) -> None:
        """Tell the commands of neighbouring stages of each other."""
        for number, (first, last, _) in enumerate(stages):
            before = stages[number - 1][2] if number else None
            after = stages[number + 1][2] if number + 1 < len(stages) else None
            for i in range(first, last):
                command = self.reader.commands[i]
                if (before and not command.pipe_from) or (after and not command.pipe_to):
                    given, taken = command.pipe_from or before, command.pipe_to or after
                    self.reader.commands[i] = replace(command, pipe_from=given, pipe_to=taken)

    def on_redirected_statement(self, node: tree_sitter.Node) -> str | None:
        redirects, extra = self.redirections(node)
        body = node.child_by_field_name("body")
        if body is None:
            return self.emit([], [], redirects, *self.at(node))
        if body.type in {"command", "declaration_command", "unset_command"}:
            return self.visit(body, redirects, extra)
        if body.type == "variable_assignment":
            self.visit(body)
            return self.emit([], [], redirects, *self.at(node))
        if body.type in {"pipeline", "list"}:  # the tree hangs the last command's redirects above the whole
            last = body
            while last.type in {"pipeline", "list"}:
                last = last.named_children[-1]
            if last.type == "command":
                self.hung[last.id] = (redirects, extra)
                return self.visit(body)
        if any(r.op not in {"<", "<<", "<<<"} for r in redirects):
            self.emit([], [], redirects, *self.at(node))
        given = next((r for r in redirects if r.fd == 0), None)
        scope = self.scope
        if given is not None:
            scope = replace(scope, stdin=given.body.shape if given.body else None)
        printed = self.inside(scope).visit(body)
        return "" if any(r.fd == 1 for r in redirects) else printed

    def on_for_statement(self, node: tree_sitter.Node) -> str | None:
        variable = node.child_by_field_name("variable")
        spans = merged([self.at(v) for v in node.children_by_field_name("value")])
        values = [w for s, e in spans for w in expand(self.prepared, s, e, self.scope)]
        name = self.source(variable) if variable else "_"
        body = node.child_by_field_name("body")
        shapes = [w.shape for w in values] or [UNKNOWN]
        for shape in dict.fromkeys(shapes[:MAX_LOOP]):
            subscripts.in_text(shape, self.scope)
            self.scope.state.variables[name] = shape
            if body is not None:
                self.visit(body)
        return None

    def on_c_style_for_statement(self, node: tree_sitter.Node) -> str | None:
        for child in node.named_children:
            if child.type in {"do_group", "compound_statement"}:
                self.visit(child)
            else:
                if child.type == "variable_assignment":
                    self.scope.state.variables[self.source(child).partition("=")[0]] = UNKNOWN
                scan(self.prepared, *self.at(child), self.scope)
        return None

    def on_case_statement(self, node: tree_sitter.Node) -> str | None:
        for child in node.named_children:
            if child.type == "case_item":
                patterns = {c.id for c in child.children_by_field_name("value")}
                for part in child.named_children:
                    if part.id in patterns:
                        scan(self.prepared, *self.at(part), self.scope)
                    else:
                        self.visit(part)
            else:
                scan(self.prepared, *self.at(child), self.scope)
        return None

    on_case_item = on_case_statement

    def on_function_definition(self, node: tree_sitter.Node) -> str | None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            self.scope.state.functions[self.source(name)] = Body(self.prepared, *self.at(body))
        redirects, _ = self.redirections(node)
        if redirects:
            self.emit([], [], redirects, *self.at(node))
        return ""

    def on_test_command(self, node: tree_sitter.Node) -> str | None:
        start, end = self.at(node)
        scan(self.prepared, start, end, self.scope)
        text = self.prepared.text[start:end]
        name = "[[" if text.startswith("[[") else "[" if text.startswith("[") else "test"
        subscripts.in_quotes(text, self.scope)
        if not text.startswith("(("):
            self.emit([as_word(name, name, start, end)], [], [], start, end)
        return ""

    def on_ERROR(self, node: tree_sitter.Node) -> str | None:  # noqa: N802 - the tree's own name for it
        """What the tree could not place: its words are read as one command, so that a person sees them."""
        start, end = self.at(node)
        words = [
            w
            for s, e in merged([self.at(c) for c in node.named_children if c.type in _WORDS])
            for w in self.words(s, e)
        ]
        if words:
            self.emit(words, [], [], start, end)
        for child in node.named_children:
            if child.type not in _WORDS:
                self.visit(child)
        return None

    # --- simple commands

    def on_variable_assignment(self, node: tree_sitter.Node) -> str | None:
        first = len(self.reader.commands)
        assignments = [self.assignment(node)]
        return self.emit([], assignments, [], *self.at(node), first=first)

    def on_variable_assignments(self, node: tree_sitter.Node) -> str | None:
        first = len(self.reader.commands)
        assignments = [self.assignment(c) for c in node.named_children if c.type == "variable_assignment"]
        return self.emit([], assignments, [], *self.at(node), first=first)


def _stage_program(commands: list[Invocation], via: tuple[str, ...]) -> str | None:
    """The program of a pipeline's stage: what runs inside its wrappers, not what stands in its substitutions."""
    outer = [c for c in commands if not any(v in {"$()", "``", "<()", ">()"} for v in c.via[len(via) :])]
    return next((c.program for c in reversed(outer) if c.program and not c.wrapped), None)
