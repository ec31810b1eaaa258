"""The walk over tree-sitter's tree of one span: statements in order, words by their offsets.

Whatever node is not known here is searched for substitutions and its children are visited, so that nothing is skipped
because of its kind. Branches are all taken, loops once for each value that is known. Control flow is not followed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from reifierd.shell.call import Call
from reifierd.shell.invoke import invoke
from reifierd.shell.model import Invocation, Redirect, Word
from reifierd.shell.source import Prepared
from reifierd.shell.state import Body, Scope
from reifierd.shell.words import UNKNOWN, as_word, expand, expand_text, scan

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

_OPERATORS = frozenset({"<", ">", ">>", "&>", "&>>", "<&", ">&", ">|", "<&-", ">&-", "<<<", "<<", "<<-"})
_REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
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


class Walker:
    """Walks the tree of one span; `base` is its offset in the prepared text."""

    def __init__(self, reader: Reader, prepared: Prepared, base: int, scope: Scope) -> None:
        self.reader, self.prepared, self.base, self.scope = reader, prepared, base, scope
        self.hung: dict[int, tuple[list[Redirect] | None, list[tuple[int, int]] | None]] = {}

    def inside(self, scope: Scope) -> Walker:
        walker = Walker(self.reader, self.prepared, self.base, scope)
        walker.hung = self.hung
        return walker

    def at(self, node: tree_sitter.Node) -> tuple[int, int]:
        return node.start_byte + self.base, node.end_byte + self.base

    def source(self, node: tree_sitter.Node) -> str:
        start, end = self.at(node)
        return self.prepared.text[start:end]

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
        spans = _merged([self.at(v) for v in node.children_by_field_name("value")])
        values = [w for s, e in spans for w in expand(self.prepared, s, e, self.scope)]
        name = self.source(variable) if variable else "_"
        body = node.child_by_field_name("body")
        shapes = [w.shape for w in values] or [UNKNOWN]
        for shape in dict.fromkeys(shapes[:MAX_LOOP]):
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
        if not text.startswith("(("):
            self.emit([as_word(name, name, start, end)], [], [], start, end)
        return ""

    def on_ERROR(self, node: tree_sitter.Node) -> str | None:  # noqa: N802 - the tree's own name for it
        """What the tree could not place: its words are read as one command, so that a person sees them."""
        start, end = self.at(node)
        words = [
            w
            for s, e in _merged([self.at(c) for c in node.named_children if c.type in _WORDS])
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
            spans = _merged([self.at(c) for c in value.named_children if c.type != "comment"])
            words = [w for s, e in spans for w in expand(self.prepared, s, e, self.scope)]
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
        return expand(self.prepared, start, end, self.scope)

    def command(self, node: tree_sitter.Node, redirects: list[Redirect], extra: list[tuple[int, int]]) -> str | None:
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
        spans = _merged(sorted(spans))
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
        argv += [w for s, e in _merged(extra + trailing) for w in self.words(s, e)]
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
        spans = _merged(spans)
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
        if operator == "<" and target.text in self.scope.state.streams:
            stream = self.scope.state.streams[target.text]
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
        line = self.scope.line or self.prepared.line(start)
        inner = tuple(self.reader.commands[first:]) if first is not None else ()
        call = Call(argv, self.scope, assignments, redirects, start, end, line, inner)
        return invoke(self.reader, call)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch are parts of one word."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and merged[-1][1] >= start:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _stage_program(commands: list[Invocation], via: tuple[str, ...]) -> str | None:
    """The program of a pipeline's stage: what runs inside its wrappers, not what stands in its substitutions."""
    outer = [c for c in commands if not any(v in {"$()", "``", "<()", ">()"} for v in c.via[len(via) :])]
    return next((c.program for c in reversed(outer) if c.program and not c.wrapped), None)
