"""The second reader: bashlex. It can only tighten a verdict (invariant 3), and abstains where it is known not to read.

Plain simple commands are not worth its time: a regular expression reads those, and what it finds is compared likewise.
bashlex abstains on constructs that it rejects though they are valid, and wherever it drops commands without a word
(multi-line substitutions, heredoc bodies, elif branches); what is left to compare is each command's name. It builds
its grammar's tables whenever it is imported (0.4 s), so that it is loaded when the first source asks for it.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from types import ModuleType
from typing import Any

from reifierd.shell.model import ShellView

# Simple commands of words, quotations, plain expansions and redirects, one after the other: there is one way to read
# them, and bash accepts every one (a property test asks it). The quantifiers are possessive: no text makes it slow.
_VARIABLE = r"\$(?:\w++|\{\w++\}|[?@#*$!-])"
_QUOTED = rf"'[^']*+'|\"(?:[^\"$`\\]|\\[^\n]|{_VARIABLE})*+\""
_WORD = rf"(?:[\w./:,@%+=~^*?-]|\\[^\n\r]|{_VARIABLE}|{_QUOTED})++"
_REDIRECT = rf"\d{{0,2}}+(?:[<>]&(?:\d++|-)|(?:&>>|&>|>>|>|<<<|<)(?![<>&|(])[ \t]*+(?!\d++[<>]){_WORD})"
_ITEM = rf"(?:{_WORD}|\$(?=[ \t\n]|\Z))"  # a dollar may stand alone: a prompt that was copied
_COMMAND = rf"(?:{_REDIRECT}|{_ITEM})(?:[ \t]++{_REDIRECT}|(?<!\d){_REDIRECT}|[ \t]++{_ITEM})*+"
_END = r"(?:;(?![;&])|&(?![;&>]))"
_COMMENT = r"(?:(?:^|(?<=[ \t\n])(?<!\\.))#[^\n]*+)?+"
_LINES = rf"(?:\n[ \t]*+{_COMMENT})"  # the rest of a line has been read; blank lines and comments follow
_NEXT = rf"(?:(?:\|\||&&|\|)[ \t\n]*+|{_END}[ \t]*+{_COMMENT}{_LINES}*+|{_COMMENT}{_LINES}++)"
_LAST = rf"[ \t]*+(?:{_END})?+[ \t]*+{_COMMENT}{_LINES}*+\Z"
_PLAIN = re.compile(rf"[ \t]*+{_COMMENT}{_LINES}*+{_COMMAND}(?:[ \t]*+{_NEXT}{_COMMAND})*+{_LAST}", re.ASCII)
_TOKEN = re.compile(
    r"(?P<comment>(?:^|(?<=[ \t\n])(?<!\\.))#[^\n]*)|"
    rf"(?P<redirect>{_REDIRECT})|(?P<end>\n|;|\|\||&&|\||&)|(?P<item>{_ITEM})",
    re.ASCII,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
_RESERVED = re.compile(
    r"(?:^|[|&;<>\n])\s*(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|select|function|time|coproc|in)(?![\w./:,@%+=~^*?-])"
)
# Valid constructs that bashlex does not read, or reads wrongly.
_ABSTAINS = re.compile(
    r"\[\[|\(\(|\bcase\b|\bselect\b|\bcoproc\b|\btime\b|=\(|\w\+=|\$\{|<<|\$'|\$\"|[@?*+!]\(|\bfunction\b|\(\)|&>>|\|&|>\||<>|[<>]\(|\belif\b|\$\(\(|\$\[|`|!\s|\{\d*fd\}|;;|\\\n|\bfor\b|^\s*!|;&|\$\([^)]*\n",
    re.M,
)


_UNSEEN = "the second reader sees a command “{}” that the first one does not"


def plain(source: str) -> bool:
    """Whether a source is nothing but simple commands of plain words, pipes and lists: there is one way to read it."""
    return len(source) < 4096 and _PLAIN.match(source) is not None and not _RESERVED.search(source)


def plain_names(source: str) -> list[str]:
    """The first word of every command of a plain source, as it is written."""
    names: list[str] = []
    named = False
    for token in _TOKEN.finditer(source):
        if token.lastgroup == "end":
            named = False
        elif token.lastgroup == "item" and not named and not _ASSIGNMENT.match(token.group()):
            names.append(token.group())
            named = True
    return names


def abstains(source: str) -> bool:
    """Whether the second reader has nothing to say about a source: it need not be loaded for it."""
    return plain(source) or bool(_ABSTAINS.search(source)) or not source.strip() or not source.isascii()


@cache
def bashlex() -> ModuleType:
    """The second reader itself, loaded once."""
    importlib.import_module("bashlex.errors")
    return importlib.import_module("bashlex")


def loaded() -> bool:
    return bashlex.cache_info().currsize > 0


def disagreement(source: str, view: ShellView, valid: bool | None) -> str:
    """Why the two readers do not agree on a source; empty where they do, or where the second one abstains."""
    if plain(source):
        return _missing([n for n in plain_names(source) if "$" not in n], view)
    return "" if abstains(source) else compared(source, view, valid)


def _missing(names: list[str], view: ShellView) -> str:
    """A name that starts no command of the first reader's, nor one of its functions or aliases."""
    seen = {c.argv[0].source for c in view.commands if c.argv}
    seen |= {word for c in view.commands for v in c.via for word in (v.removesuffix("()"), v.removeprefix("alias "))}
    return next((_UNSEEN.format(name) for name in names if name not in seen), "")


def compared(source: str, view: ShellView, valid: bool | None) -> str:
    """What `disagreement` says when the second reader is asked, whatever the source."""
    reader = bashlex()
    try:
        trees = reader.parse(source.strip() + "\n")
    except (reader.errors.ParsingError, NotImplementedError) as error:
        return "" if valid else f"the second reader does not understand it: {str(error).splitlines()[0][:80]}"
    except (RecursionError, AttributeError, AssertionError, IndexError, TypeError, ValueError, KeyError):
        return ""  # bashlex's own bugs; `bash -n` and the first reader stand
    seen = {w.source for c in view.commands for w in c.argv[:1]} | {c.argv[0].shape for c in view.commands if c.argv}
    seen |= {v for c in view.commands for v in c.via}
    for name in _names(trees):
        if (
            re.fullmatch(r"[\w./-]+", name)
            and name not in seen
            and not any(name in c.source for c in _first_words(view))
        ):
            return _UNSEEN.format(name)
    return ""


def _first_words(view: ShellView) -> list[Any]:
    return [c.argv[0] for c in view.commands if c.argv]


def _names(nodes: list[Any]) -> list[str]:
    """The first word of every command in bashlex's trees."""
    found: list[str] = []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node.kind == "command":
            words = [p for p in node.parts if p.kind == "word"]
            if words and not words[0].parts:
                found.append(words[0].word)
        for name in ("parts", "list"):
            waiting += getattr(node, name, None) or []
        command = getattr(node, "command", None)
        if command is not None and hasattr(command, "kind"):
            waiting.append(command)
    return found
