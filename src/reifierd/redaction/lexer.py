"""A lenient reader of shell words that knows, for each decoded character, where it stood and how it was quoted.

Redaction meets shell in places no grammar accepts: half a line of `ps`, a log that quotes a command, a history
entry cut short. So this reader never fails: an unclosed quote ends with the text (or is taken for an apostrophe),
whatever is no known construct is a plain character. It decides nothing about commands; the guard's parser does.
What is only known at run time (`$x`, `$(…)`) is one HOLE character in a word's text; the commands inside of
`$(…)`, backticks and `<(…)` are listed like all others.
"""

from __future__ import annotations

import re

from reifierd.redaction.quoting import PartReader
from reifierd.redaction.words import COMMENT, HEREDOC, RAWDOC, Lexed, Simple, Word

_DEEPEST = 20  # nested substitutions; beyond that they are read as plain text
_REDIRECT = re.compile(r"(\d*|\{\w+\}|&)(<<<|<<-?|<>|<&|>>|>&|>\||<|>)")


def lex(source: str) -> Lexed:
    """Read `source` whole, whatever it is."""
    scanner = _Scanner(source)
    scanner.list_of_commands(stop="", depth=0)
    return Lexed(source, scanner.commands, scanner.quotes)


class _Scanner(PartReader):
    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.commands: list[Simple] = []
        self.waiting: list[tuple[Simple, str, bool, bool]] = []  # heredocs: (command, delimiter, quoted, strip tabs)

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
            if char.isspace() or char in "|&;()" or (char == stop and stop):
                break
            if char in "<>" and not self._substitution_ahead():
                break
            self.part(word, char, depth)
        word.end = self.pos
        return word

    def inside(self, stop: str, depth: int) -> None:
        """Read the commands of a substitution up to and with `stop`; too deep ones are passed over."""
        if depth < _DEEPEST:
            self.list_of_commands(stop, depth + 1)
        else:
            end = self.source.find(stop, self.pos)
            self.pos = self.size if end < 0 else end
        self.pos = min(self.size, self.pos + 1)
