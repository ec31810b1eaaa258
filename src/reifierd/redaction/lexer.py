"""A lenient reader of shell words that knows, for each decoded character, where it stood and how it was quoted.

Redaction meets shell in places no grammar accepts: half a line of `ps`, a log that quotes a command, a history
entry cut short. So this reader never fails: an unclosed quote ends with the text (or is taken for an apostrophe),
whatever is no known construct is a plain character. It decides nothing about commands; the guard's parser does.
What is only known at run time (`$x`, `$(…)`) is one HOLE character in a word's text; the commands inside of
`$(…)`, backticks and `<(…)` are listed like all others.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

HOLE = "\ufffc"  # OBJECT REPLACEMENT CHARACTER: "something stands here that text cannot show"
BARE, DOUBLE, SINGLE, ANSI, HEREDOC, RAWDOC, COMMENT = (
    "bare",
    "double",
    "single",
    "ansi",
    "heredoc",
    "rawdoc",
    "comment",
)

_DEEPEST = 20  # nested substitutions; beyond that they are read as plain text
_PLAIN = re.compile(r"[^\s\\'\"$`|&;()<>#\n]+")
_PLAIN_IN_DOUBLE = re.compile(r"[^\\\"$`]+")
_NAME_AFTER_DOLLAR = re.compile(r"[A-Za-z_]\w*|[0-9@*#?!-]")
_REDIRECT = re.compile(r"(\d*|\{\w+\}|&)(<<<|<<-?|<>|<&|>>|>&|>\||<|>)")
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_ANSI_NUMBER = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")


@dataclass
class Word:
    """One word: `text` decoded, `at[i]`/`to[i]` the source range of its i-th character, `start`/`end` of the whole."""

    start: int
    end: int = 0
    text: str = ""
    at: list[int] = field(default_factory=list)
    to: list[int] = field(default_factory=list)
    quotes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def quoted(self) -> bool:
        """Whether any part of the word stands in quotes."""
        return bool(self.quotes)

    def range(self, first: int, last: int) -> tuple[int, int]:
        """The source range of the decoded characters `first` up to (not with) `last`."""
        return self.at[first], self.to[last - 1]


@dataclass
class Simple:
    """One simple command: its words (assignments first), what feeds its standard input, and the one it pipes into."""

    words: list[Word] = field(default_factory=list)
    heredoc: Word | None = None
    herestring: Word | None = None
    pipe_to: Simple | None = None
    depth: int = 0


@dataclass
class Lexed:
    """A source read as words; `quotes` are (start, end, kind) of quoted stretches with their delimiters.

    A substitution inside of quotes is a BARE stretch: its words are quoted anew."""

    source: str
    commands: list[Simple]
    quotes: list[tuple[int, int, str]]
    end: int = 0
    open_quote: bool = False

    def context(self, offset: int) -> tuple[str, int, int]:
        """How the character at `offset` is quoted: (kind, start, end) of the innermost stretch; BARE has the whole."""
        best = (BARE, 0, len(self.source))
        for start, end, kind in self.quotes:
            if start <= offset < end and end - start <= best[2] - best[1]:
                best = (kind, start, end)
        return best


def lex(source: str, start: int = 0, *, one_line: bool = False) -> Lexed:
    """Read `source` from `start`; with `one_line` stop at the first newline that ends a command outside of quotes."""
    scanner = _Scanner(source, one_line)
    scanner.pos = start
    scanner.list_of_commands(stop="", depth=0)
    return Lexed(source, scanner.commands, scanner.quotes, scanner.pos, scanner.open_quote)


def decoded_index(word: Word, offset: int) -> int:
    """The index of the decoded character of `word` that stands at (or just before) the source `offset`."""
    return max(0, bisect_right(word.at, offset) - 1)


class _Scanner:
    def __init__(self, source: str, one_line: bool) -> None:
        self.source, self.one_line = source, one_line
        self.pos, self.size = 0, len(source)
        self.commands: list[Simple] = []
        self.quotes: list[tuple[int, int, str]] = []
        self.waiting: list[tuple[Simple, str, bool, bool]] = []  # heredocs: (command, delimiter, quoted, strip tabs)
        self.open_quote = False

    # -- lists of commands

    def list_of_commands(self, stop: str, depth: int) -> None:
        """Read commands until `stop` (`)` or a backtick, not consumed) or the end."""
        current = Simple(depth=depth)
        while self.pos < self.size:
            char = self.source[self.pos]
            if stop and char == stop:
                break
            if char == "\n":
                self.pos += 1
                current = self._finish(current, None)
                self._read_heredocs()
                if self.one_line and depth == 0:
                    break
            elif char in " \t\r\f\v" or char.isspace():
                self.pos += 1
            elif self.source.startswith("\\\n", self.pos):
                self.pos += 2
            elif char == "#":
                self._comment()
            elif char in ";()":
                self.pos += 1
                current = self._finish(current, None)
            elif char in "|&" and not self.source.startswith("&>", self.pos):
                current = self._operator(current)
            elif (found := _REDIRECT.match(self.source, self.pos)) and not self._substitution_ahead():
                self._redirect(current, found)
            else:
                self._keep(current, self._word(stop, depth))
        self._finish(current, None)

    def _substitution_ahead(self) -> bool:
        return self.source[self.pos : self.pos + 2] in ("<(", ">(")

    def _keep(self, current: Simple, word: Word) -> None:
        if word.end > word.start:
            current.words.append(word)
        else:  # a character nothing else consumed: never stand still
            self.pos += 1

    def _finish(self, current: Simple, following: Simple | None) -> Simple:
        fresh = following or Simple(depth=current.depth)
        if current.words or current.heredoc or current.herestring:
            self.commands.append(current)
        return fresh

    def _operator(self, current: Simple) -> Simple:
        two = self.source[self.pos : self.pos + 2]
        self.pos += 2 if two in ("||", "&&", "|&") else 1
        if two[0] == "|" and two != "||":
            current.pipe_to = Simple(depth=current.depth)
            return self._finish(current, current.pipe_to)
        return self._finish(current, None)

    def _comment(self) -> None:
        end = self.source.find("\n", self.pos)
        end = self.size if end < 0 else end
        self.quotes.append((self.pos, end, COMMENT))
        self.pos = end

    # -- redirections and heredocs

    def _redirect(self, current: Simple, found: re.Match[str]) -> None:
        self.pos = found.end()
        operator = found[2]
        while self.pos < self.size and self.source[self.pos] in " \t":
            self.pos += 1
        before = self.pos
        target = self._word("", current.depth)
        if self.pos == before:
            return
        if operator == "<<<":
            current.herestring = target
        elif operator.startswith("<<") and target.text:
            self.waiting.append((current, target.text, target.quoted, operator.endswith("-")))

    def _read_heredocs(self) -> None:
        waiting, self.waiting = self.waiting, []
        for command, delimiter, quoted, strip in waiting:
            tabs = r"\t*" if strip else ""
            closing = re.compile(rf"^{tabs}{re.escape(delimiter)}$", re.MULTILINE).search(self.source, self.pos)
            end = closing.start() if closing else self.size
            body = Word(self.pos, end, self.source[self.pos : end])
            body.at = list(range(self.pos, end))
            body.to = list(range(self.pos + 1, end + 1))
            command.heredoc = body
            self.quotes.append((self.pos, end, RAWDOC if quoted else HEREDOC))
            self.pos = min(self.size, closing.end() + 1) if closing else self.size

    # -- words

    def _word(self, stop: str, depth: int) -> Word:
        word = Word(self.pos)
        while self.pos < self.size:
            char = self.source[self.pos]
            if char.isspace() or char in "|&;()" or char == stop and stop:
                break
            if char in "<>" and not self._substitution_ahead():
                break
            self._part(word, char, depth)
        word.end = self.pos
        return word

    def _part(self, word: Word, char: str, depth: int) -> None:
        if found := _PLAIN.match(self.source, self.pos):
            self._literal(word, found.end())
        elif char == "\\":
            self._backslash(word)
        elif char == "'":
            self._single(word)
        elif char == '"':
            self._double(word, depth)
        elif char == "$":
            self._dollar(word, depth, double=False)
        elif char == "`":
            self._backticks(word, depth)
        elif char in "<>":
            begin = self.pos
            self.pos += 2
            self._inside(")", depth)
            self.quotes.append((begin, self.pos, BARE))
            self._hole(word, begin)
        else:
            self._literal(word, self.pos + 1)

    def _add(self, word: Word, text: str, start: int, end: int) -> None:
        word.text += text
        word.at.extend([start] * len(text))
        word.to.extend([end] * len(text))

    def _literal(self, word: Word, end: int) -> None:
        word.text += self.source[self.pos : end]
        word.at.extend(range(self.pos, end))
        word.to.extend(range(self.pos + 1, end + 1))
        self.pos = end

    def _hole(self, word: Word, begin: int) -> None:
        self._add(word, HOLE, begin, self.pos)

    def _quote(self, word: Word, begin: int, kind: str) -> None:
        word.quotes.append((begin, self.pos))
        self.quotes.append((begin, self.pos, kind))

    def _backslash(self, word: Word) -> None:
        if self.pos + 1 >= self.size:
            self._literal(word, self.pos + 1)
        elif self.source[self.pos + 1] == "\n":
            self.pos += 2
        else:
            self._add(word, self.source[self.pos + 1], self.pos, self.pos + 2)
            self.pos += 2

    def _apostrophe(self, word: Word, quote: str) -> bool:
        """An opening quote that nothing closes is a plain character (prose: `can't`)."""
        if self.source.find(quote, self.pos + 1) >= 0:
            return False
        self.open_quote = True
        self._literal(word, self.pos + 1)
        return True

    def _single(self, word: Word) -> None:
        if self._apostrophe(word, "'"):
            return
        begin, end = self.pos, self.source.find("'", self.pos + 1)
        self.pos += 1
        self._literal(word, end)
        self.pos = end + 1
        self._quote(word, begin, SINGLE)

    def _double(self, word: Word, depth: int) -> None:
        if self._apostrophe(word, '"'):
            return
        begin = self.pos
        self.pos += 1
        while self.pos < self.size and self.source[self.pos] != '"':
            char = self.source[self.pos]
            if found := _PLAIN_IN_DOUBLE.match(self.source, self.pos):
                self._literal(word, found.end())
            elif char == "$":
                self._dollar(word, depth, double=True)
            elif char == "`":
                self._backticks(word, depth)
            elif self.source[self.pos + 1 : self.pos + 2] in ("$", "`", '"', "\\", "\n"):
                self._backslash(word)
            else:
                self._literal(word, self.pos + 1)
        self.open_quote = self.open_quote or self.pos >= self.size
        self.pos = min(self.size, self.pos + 1)
        self._quote(word, begin, DOUBLE)

    def _dollar(self, word: Word, depth: int, *, double: bool) -> None:
        begin = self.pos
        after = self.source[begin + 1 : begin + 2]
        if self.source.startswith("$((", begin):
            self._arithmetic()
        elif after == "(":
            self.pos += 2
            self._inside(")", depth)
            self.quotes.append((begin, self.pos, BARE))
        elif after == "{":
            self._braces(double=double)
        elif after == "'" and not double and self.source.find("'", begin + 2) >= 0:
            self._ansi(word)
            return
        elif after == '"' and not double:
            self.pos += 1
            return
        elif after == "$":  # a process id in a script, but two characters of a password on a command line
            self._literal(word, begin + 2)
            return
        elif found := _NAME_AFTER_DOLLAR.match(self.source, begin + 1):
            self.pos = found.end()
        else:
            self._literal(word, begin + 1)
            return
        self._hole(word, begin)

    def _inside(self, stop: str, depth: int) -> None:
        if depth < _DEEPEST:
            one_line, self.one_line = self.one_line, False
            self.list_of_commands(stop, depth + 1)
            self.one_line = one_line
        else:
            end = self.source.find(stop, self.pos)
            self.pos = self.size if end < 0 else end
        self.pos = min(self.size, self.pos + 1)

    def _arithmetic(self) -> None:
        end = self.source.find("))", self.pos)
        self.pos = self.size if end < 0 else end + 2

    def _braces(self, *, double: bool) -> None:
        level, self.pos = 1, self.pos + 2
        while self.pos < self.size and level:
            char = self.source[self.pos]
            level += (char == "{") - (char == "}")
            if char == '"' or (char == "'" and not double):
                close = self.source.find(char, self.pos + 1)
                if close > 0:
                    self.quotes.append((self.pos, close + 1, DOUBLE if char == '"' else SINGLE))
                    self.pos = close
            self.pos += 2 if char == "\\" else 1
        self.pos = min(self.pos, self.size)

    def _backticks(self, word: Word, depth: int) -> None:
        if self._apostrophe(word, "`"):
            return
        begin = self.pos
        self.pos += 1
        self._inside("`", depth)
        self.quotes.append((begin, self.pos, BARE))
        self._hole(word, begin)

    def _ansi(self, word: Word) -> None:
        begin = self.pos
        self.pos += 2
        while self.pos < self.size and self.source[self.pos] != "'":
            if self.source[self.pos] == "\\" and self.pos + 1 < self.size:
                self._ansi_escape(word)
            else:
                self._literal(word, self.pos + 1)
        self.pos = min(self.size, self.pos + 1)
        self._quote(word, begin, ANSI)

    def _ansi_escape(self, word: Word) -> None:
        begin = self.pos
        if number := _ANSI_NUMBER.match(self.source, begin + 1):
            hexadecimal = number[1] or number[2] or number[3]
            code = int(hexadecimal, 16) if hexadecimal else int(number[4], 8) & 0xFF
            self.pos = number.end()
            self._add(word, chr(code) if code < 0x110000 else HOLE, begin, self.pos)
            return
        char = self.source[begin + 1]
        self.pos = begin + 2
        self._add(word, _ANSI_ESCAPES.get(char, char), begin, self.pos)
