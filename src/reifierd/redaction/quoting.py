"""The parts of a shell word: plain text, quotes, escapes, expansions (bash(1), Quoting and Expansion)."""

from __future__ import annotations

import re

from reifierd.redaction.words import ANSI, BARE, DOUBLE, HOLE, SINGLE, Word

_PLAIN = re.compile(r"[^\s\\'\"$`|&;()<>#\n]+")
_PLAIN_IN_DOUBLE = re.compile(r"[^\\\"$`]+")
_NAME_AFTER_DOLLAR = re.compile(r"[A-Za-z_]\w*|[0-9@*#?!-]")
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_ANSI_NUMBER = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")


class PartReader:
    """Reads one part of a word at `pos` and moves on; what a substitution holds is read by `inside` of a subclass."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.pos, self.size = 0, len(source)
        self.quotes: list[tuple[int, int, str]] = []

    def inside(self, stop: str, depth: int) -> None:
        """Read the commands of a substitution up to and with `stop`."""
        raise NotImplementedError

    def part(self, word: Word, char: str, depth: int) -> None:
        """Read the part of `word` that begins with `char`."""
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
            self.inside(")", depth)
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
        self.pos = min(self.size, self.pos + 1)
        self._quote(word, begin, DOUBLE)

    def _dollar(self, word: Word, depth: int, *, double: bool) -> None:
        begin = self.pos
        after = self.source[begin + 1 : begin + 2]
        if self.source.startswith("$((", begin):
            self._arithmetic()
        elif after == "(":
            self.pos += 2
            self.inside(")", depth)
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
        self.inside("`", depth)
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
