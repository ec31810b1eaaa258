"""One pass over a source, as bash's own reader goes: what is quoted, substituted, announced, and where each of it ends.

The scanner knows no commands by name but the reserved words. It notes what the text cannot tell afterwards: the ends of
quotations and substitutions, heredoc bodies, the operators that are shown otherwise to the tree (see `tree_text`), and
the first reason why the source is not whole. Every construct is read by a method that takes the offset where it begins
and returns the one after it; nothing is read twice, but parentheses that turn out to be no arithmetic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reifierd.shell.heredocs import Announced, Heredoc, announced, lifted
from reifierd.shell.tree_text import PREFIX, TreeText

MAX_DEPTH = 48  # nested substitutions; beyond it a source counts as too deep to be read
MAX_REREAD = 64
_PLAIN = re.compile(r"[^\\'\"`$(){}<>#\n;&| \t]+")
_OPENERS = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "time", "coproc"})


class Unreadable(Exception):  # noqa: N818 - a state of the source that is reported, not a failure
    """The source cannot be read in full; the message says why."""


@dataclass
class _Frame:
    """Where the scanner stands in one list of commands: `start` of the current word, heredocs whose bodies are to come,
    and how many `case` are open."""

    start: int
    stop: str
    at_word: bool = True
    at_command: bool = True
    cases: int = 0
    pending: list[Announced] = field(default_factory=list)

    def word(self, i: int) -> int:
        """A new word may begin at i."""
        self.start, self.at_word = i, True
        return i

    def command(self, i: int) -> int:
        """A new command may begin at i."""
        self.at_command = True
        return self.word(i)


class Scanner:
    """One pass from left to right: `code` for commands, `double` for the body of a heredoc."""

    def __init__(self, source: str) -> None:
        self.source, self.size, self.shown = source, len(source), TreeText(source)
        self.ends: dict[int, int] = {}
        self.heredocs: dict[int, Heredoc] = {}
        self.operators: dict[int, str] = {}
        self.problem: str | None = None
        self.depth = 0
        self.reread = 0

    def code(self, i: int, stop: str) -> int:
        """Commands up to the unquoted `stop`; returns its offset (or the end, noting that it is missing)."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply to be read")
        frame = _Frame(i, stop)
        while i < self.size and not (self.source[i] == stop and not frame.cases):
            i = self.step(i, frame)
        if i >= self.size and stop:
            self.problem = self.problem or f"`{stop}` is missing"
        for coming in frame.pending:  # announced on the last line: bash warns and gives nothing
            self.heredocs[coming.at] = Heredoc("", coming.literal, i)
        self.depth -= 1
        return i

    def step(self, i: int, frame: _Frame) -> int:  # noqa: PLR0911 - one return for each kind of case
        """One blank, operator, quotation or run of plain characters between commands and words."""
        char = self.source[i]
        if char in " \t":
            return frame.word(i + 1)
        if char in "\n;&|":
            if char == "\n" and not frame.at_command:
                self.shown.part(i)
            return frame.command(self.bodies(i + 1, frame.pending) if char == "\n" else i + 1)
        if char == "#" and frame.at_word:
            end = self.source.find("\n", i)
            return self.size if end < 0 else end
        if char in "()":
            return frame.command(self.paren(i, frame.at_command and frame.at_word) if char == "(" else i + 1)
        if char in "<>":
            return frame.word(self.angle(i, frame.pending))
        if char == "\\" and self.source.startswith("\n", i + 1):
            self.join(frame.start, i)
            frame.start += 2
            return i + 2
        return self.in_word(i, frame)

    def in_word(self, i: int, frame: _Frame) -> int:
        """The next part of a word; reserved words that begin a command are noticed."""
        if frame.at_command and frame.at_word and (found := PREFIX.match(self.source, i)):
            self.shown.blank(i, found.end())
            return found.end()
        plain = _PLAIN.match(self.source, i)
        if plain is None:
            if self.source[i] not in "{}":
                frame.at_command = False
            frame.at_word = False
            return i + 1 if self.source[i] in "{}" else self.item(i)
        if frame.at_word:
            word = plain.group()
            if frame.at_command and frame.stop == ")":
                frame.cases += (word == "case") - (word == "esac" and frame.cases > 0)
            frame.at_command = word in _OPENERS
        frame.at_word = False
        return plain.end()

    def item(self, i: int) -> int:
        """One quotation, escape or expansion that can stand in any word."""
        char = self.source[i]
        if char == "\\":
            return i + 2
        if char == "'":
            return self.single(i, i + 1)
        if char == '"':
            end = self.double(i + 1, '"') + 1
            self.ends[i] = min(end, self.size)
            return self.ends[i]
        if char == "`":
            return self.backtick(i)
        if char == "$":
            return self.dollar(i)
        return i + 1

    def single(self, opened: int, i: int, *, escapes: bool = False) -> int:
        """The end of '…' (or of $'…', where a backslash escapes)."""
        while i < self.size and self.source[i] != "'":
            i += 2 if escapes and self.source[i] == "\\" else 1
        if i >= self.size:
            self.problem = self.problem or "a quotation is not closed"
        self.ends[opened] = min(i + 1, self.size)
        return self.ends[opened]

    def double(self, i: int, stop: str) -> int:
        """The text between double quotes (or a heredoc's body, with no stop); returns the offset of the stop."""
        while i < self.size:
            char = self.source[i]
            if char == stop:
                return i
            if char == "\\":
                i += 2
            elif char == "`":
                i = self.backtick(i)
            elif char == "$" and self.source[i + 1 : i + 2] not in {"'", '"'}:
                i = self.dollar(i)
            else:
                i += 1
        if stop:
            self.problem = self.problem or "a quotation is not closed"
        return i

    def backtick(self, i: int) -> int:
        end = i + 1
        while end < self.size and self.source[end] != "`":
            end += 2 if self.source[end] == "\\" else 1
        if end >= self.size:
            self.problem = self.problem or "a backtick is not closed"
        self.ends[i] = min(end + 1, self.size)
        return self.ends[i]

    def dollar(self, i: int) -> int:
        source = self.source
        following = source[i + 1 : i + 2]
        if following == "'":
            return self.single(i, i + 2, escapes=True)
        if following == '"':
            end = self.double(i + 2, '"') + 1
        elif source.startswith("$((", i) and (closed := self.arithmetic(i + 3)):
            end = closed
        elif following == "(":
            end = self.code(i + 2, ")") + 1
        elif following == "{":
            end = (
                self.function_substitution(i)
                if source[i + 2 : i + 3] in {" ", "\t", "\n", "|"}
                else self.brace(i + 2) + 1
            )
        elif following == "[":
            return i + 2
        else:
            return i + 1
        self.ends[i] = min(end, self.size)
        return self.ends[i]

    def function_substitution(self, i: int) -> int:
        """`${ commands; }` (bash 5.3): the tree does not know it, so it is shown as `$(…)` of the same length."""
        end = self.code(i + 2, "}")
        self.shown.substitution(i, end)
        return end + 1

    def brace(self, i: int) -> int:
        """The inside of ${…}; quotes and substitutions in it are noted too."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply to be read")
        while i < self.size and self.source[i] != "}":
            i = self.item(i)
        if i >= self.size:
            self.problem = self.problem or "`}` is missing"
        self.depth -= 1
        return i

    def arithmetic(self, i: int) -> int | None:
        """The offset after the `))` that closes an arithmetic expansion, or None when it is a subshell after all."""
        level, saved = 0, self.depth
        while i < self.size:
            char = self.source[i]
            if char == "(":
                level += 1
            elif char == ")":
                if not level:
                    self.depth = saved
                    if self.source.startswith("))", i):
                        return i + 2
                    break
                level -= 1
            elif char in "\\'\"`$":
                i = self.item(i)
                continue
            i += 1
        self.no_arithmetic()
        return None

    def no_arithmetic(self) -> None:
        """It is read again as commands. Nested, that doubles with every level: it is bounded."""
        self.reread += 1
        if self.reread > MAX_REREAD:
            raise Unreadable("too many parentheses that may be arithmetic")

    def paren(self, i: int, command: bool) -> int:
        if command and self.source.startswith("((", i):
            end = self.arithmetic(i + 2)
            if end:
                return end
        return self.code(i + 1, ")") + 1

    def angle(self, i: int, pending: list[Announced]) -> int:
        source = self.source
        if source.startswith("<<<", i):
            return i + 3
        if source.startswith("<<", i):
            coming = announced(source, i)
            if not coming:
                return i + 2
            pending.append(coming)
            self.shown.blank(i + 1, coming.start)
            return coming.end
        if source[i + 1 : i + 2] == "(":
            self.ends[i] = min(self.code(i + 2, ")") + 1, self.size)
            return self.ends[i]
        if source.startswith("<>", i):
            self.operators[i] = "<>"
            self.shown.blank(i + 1, i + 2)
            return i + 2
        return i + 2 if source[i + 1 : i + 2] in {">", "|", "&"} else i + 1

    def bodies(self, i: int, pending: list[Announced]) -> int:
        """Lift the bodies of the heredocs of the line that just ended; returns the offset of the next command line."""
        for coming in pending:
            start = i
            self.heredocs[coming.at], i, closed = lifted(self.source, start, coming)
            if not closed:
                self.problem = self.problem or f"the heredoc {coming.delimiter} is never closed"
            self.shown.blank(start, i)
        pending.clear()
        return i

    def join(self, word: int, at: int) -> None:
        """A word goes on after the continued line at `at`: what was noted in it has moved with it."""
        self.shown.join(word, at)
        for opened in sorted((k for k in self.ends if word <= k < at), reverse=True):
            self.ends[opened + 2] = self.ends.pop(opened) + 2
