"""Where in a piece of bash a character stands: in code, in quotes, in a here-document, in a comment.

One pass, line by line, with a stack, after the quoting rules of the bash manual (3.1.2 Quoting, 3.6.6 Here
Documents). It does not judge whether the text is valid bash (the shell block does); it answers two questions: which
quotes are around a position, and what would a shell still wait for at the end. Where it is not sure, it waits.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum


class Context(Enum):
    """What surrounds a character; the value is how a message names it."""

    CODE = "code"
    DOUBLE = "double quotes"
    SINGLE = "single quotes"
    ANSI = "$'…' quotes"
    BRACES = "${…}"
    COMMENT = "a comment"
    HEREDOC = "a here-document"
    QUOTED_HEREDOC = "a quoted here-document"


_HEREDOC = re.compile(r"<<(-?)[ \t]*((?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^\s'\"\\;&|<>()`])+)")
_INTERESTING = {
    Context.CODE: re.compile(r"[\\'\"$`()}<#\n]"),
    Context.DOUBLE: re.compile(r"[\\\"$`]"),
    Context.BRACES: re.compile(r"[\\'\"$`}]"),
    Context.SINGLE: re.compile(r"'"),
    Context.ANSI: re.compile(r"[\\']"),
}
_EXPANSIONS = (("$((", Context.CODE, "))"), ("$(", Context.CODE, ")"), ("${", Context.BRACES, "}"))
_COMPOUND = re.compile(
    r"(?:^|[;&|()]|\b(?:do|then|else|elif|time)\b|!)[ \t]*(for|while|until|select|if|case|\{|done|fi|esac|\})(?![\w-])"
)
_CLOSER = {"for": "done", "while": "done", "until": "done", "select": "done", "if": "fi", "case": "esac", "{": "}"}
_OPERATOR_AT_END = re.compile(r"(?:\||&&)[ \t]*\n?\Z")


class Quoting:
    """The quotes of a text that is fed line by line (each with its line end, save the last). Linear; never raises."""

    def __init__(self, text: str = "") -> None:
        self._text = ""
        self._base = 0
        self._marks: list[tuple[int, Context]] = [(0, Context.CODE)]
        self._stack: list[tuple[Context, str]] = [(Context.CODE, "")]
        self._announced: list[tuple[str, bool, bool]] = []
        self._body: list[tuple[str, bool, bool]] = []
        self._compound: list[str] = []
        self._unfinished = ""
        for line in re.findall(r"[^\n]*\n|[^\n]+", text):
            self.feed(line)

    def at(self, offset: int) -> Context:
        return self._marks[bisect_right(self._marks, offset, key=lambda mark: mark[0]) - 1][1]

    @property
    def waiting(self) -> str:
        """What a shell would wait for after this text; "" when it is complete."""
        if self._body or self._announced:
            return Context.HEREDOC.value
        if len(self._stack) > 1:
            context, closer = self._stack[-1]
            return closer if context is Context.CODE else context.value
        return self._unfinished or (self._compound[-1] if self._compound else "")

    def feed(self, line: str) -> None:
        """Read one more line."""
        if self._body:
            self._feed_body(line)
        else:
            self._text = line
            self._feed_code(line)
        self._base += len(line)

    def _feed_body(self, line: str) -> None:
        delimiter, _, tabs = self._body[0]
        content = line.rstrip("\n")
        if (content.lstrip("\t") if tabs else content) != delimiter:
            return
        self._body.pop(0)
        self._mark(len(line), self._body_context() if self._body else self._stack[-1][0])

    def _body_context(self) -> Context:
        return Context.QUOTED_HEREDOC if self._body[0][1] else Context.HEREDOC

    def _feed_code(self, line: str) -> None:
        at = 0
        while at < len(line):
            found = _INTERESTING[self._stack[-1][0]].search(line, at)
            if found is None:
                break
            at = self._step(found.start())
        self._compounds(line)
        content = line.rstrip("\n")
        self._unfinished = self._continued(line, content)
        if self._announced and line.endswith("\n"):
            self._body, self._announced = self._announced, []
            self._mark(len(line), self._body_context())

    def _continued(self, line: str, content: str) -> str:
        literal = (Context.COMMENT, Context.SINGLE, Context.ANSI)
        escaped = (len(content) - len(content.rstrip("\\"))) % 2
        if escaped and self.at(self._base + len(content) - 1) not in literal:
            return "a continued line"
        operator = _OPERATOR_AT_END.search(line)
        if operator and self.at(self._base + operator.start()) is Context.CODE:
            return "a command"
        return self._unfinished if not content.strip() and self._unfinished == "a command" else ""

    def _compounds(self, line: str) -> None:
        for found in _COMPOUND.finditer(line):
            if self.at(self._base + found.start(1)) is not Context.CODE:
                continue
            if found[1] in _CLOSER:
                self._compound.append(_CLOSER[found[1]])
            elif self._compound and self._compound[-1] == found[1]:
                self._compound.pop()

    def _mark(self, at: int, context: Context) -> None:
        self._marks.append((self._base + at, context))

    def _push(self, at: int, context: Context, closer: str, begin: int) -> int:
        self._stack.append((context, closer))
        self._mark(at, context)
        return begin

    def _pop(self, at: int) -> int:
        self._stack.pop()
        self._mark(at, self._stack[-1][0])
        return at

    def _step(self, at: int) -> int:
        """Handle the interesting character at `at` of the line; return where to go on."""
        context, closer = self._stack[-1]
        char = self._text[at]
        if char == "\\":
            return at + 2
        if closer and self._text.startswith(closer, at):
            return self._pop(at + len(closer))
        if char in '$`"':
            return self._expansion(at, char)
        if context is Context.DOUBLE:
            return at + 1
        if char == "'":
            return at + 1 if self._inside_double() else self._push(at, Context.SINGLE, "'", at + 1)
        return self._code(at, char) if context is Context.CODE else at + 1

    def _inside_double(self) -> bool:
        """In `"${x:-'}"` the single quote is an ordinary character."""
        return self._stack[-1][0] is Context.BRACES and self._stack[-2][0] is Context.DOUBLE

    def _expansion(self, at: int, char: str) -> int:
        if char == "`":
            return self._push(at + 1, Context.CODE, "`", at + 1)
        if char == '"':
            return self._push(at + 1, Context.DOUBLE, '"', at + 1)
        if self._text.startswith("$'", at) and self._stack[-1][0] is not Context.DOUBLE:
            return self._push(at, Context.ANSI, "'", at + 2)
        for opener, context, closer in _EXPANSIONS:
            if self._text.startswith(opener, at):
                return self._push(at + len(opener), context, closer, at + len(opener))
        return at + 1

    def _code(self, at: int, char: str) -> int:
        if char == "(":
            closer = "))" if self._text.startswith("((", at) else ")"
            return self._push(at + len(closer), Context.CODE, closer, at + len(closer))
        if char == "<":
            return self._heredoc(at)
        if char == "#" and (at == 0 or self._text[at - 1] in " \t;|&()"):
            end = len(self._text.rstrip("\n"))
            self._mark(at, Context.COMMENT)
            self._mark(end, Context.CODE)
            return end
        return at + 1

    def _heredoc(self, at: int) -> int:
        if self._text.startswith("<<<", at):
            return at + 3
        found = None if self._stack[-1][1] == "))" else _HEREDOC.match(self._text, at)
        if found is None:
            return at + 1
        delimiter = re.sub(r"['\"]|\\(?=.)", "", found[2])
        self._announced.append((delimiter, delimiter != found[2], bool(found[1])))
        return found.end()
