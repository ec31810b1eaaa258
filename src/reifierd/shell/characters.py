"""Characters that make a command look like another one, and placeholders that nobody filled in: refused, each with
its message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from reifierd.shell.model import Finding, Verdict

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\u00a0\u2028\u2029\u3000\u2000-\u200a\u202f\u205f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_WORD = re.compile(r"[^\s'\"`|;&()<>{}$=/,.:@+-]+")
_PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z0-9_. -]*[A-Za-z0-9_]?>(?=$|[\s/:.,@)`;|&=\]\"'-])")
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|(?m:(?:^|(?<=\s))#.*$)", re.S)
_HEREDOC = re.compile(r"<<-?\s*(['\"\\]?)(\w+)['\"]?[^\n]*\n(.*?)\n[ \t]*\2[ \t]*(?=\n|\Z)", re.S)


def hygiene(source: str) -> Iterator[Finding]:
    """Findings about single characters and open placeholders, one for each kind."""
    if source.isascii() and source.isprintable() and "<" not in source:
        return
    yield from _characters(source)
    found = _PLACEHOLDER.search(_bare(source)) if "<" in source else None
    if found:
        name = found.group()
        yield _refused(
            source,
            found.start(),
            "placeholder",
            f"The placeholder {name} is still open: nobody has said what stands there.",
            f"approve with --param {re.sub(r'[^A-Za-z0-9]+', '_', name[1:-1])}=…",
        )


def _characters(source: str) -> Iterator[Finding]:
    checks = (
        (_CONTROL, "control-character", "A control character ({}) stands in it: what a person sees is not what runs."),
        (_BIDI, "invisible-character", "A character that turns the direction of writing ({}) stands in it."),
        (_INVISIBLE, "invisible-character", "A character that cannot be seen ({}) stands in it."),
    )
    for pattern, rule, text in checks:
        found = pattern.search(source)
        if found:
            yield _refused(
                source, found.start(), rule, text.format(f"U+{ord(found.group()):04X}"), "type the line again"
            )
    at = source.find("\r")
    if at >= 0:
        yield _refused(
            source,
            at,
            "control-character",
            "A carriage return stands in it: bash takes it for a part of the word.",
            "dos2unix FILE",
        )
    if not source.isascii():
        for word in _WORD.finditer(source):
            if not word.group().isascii() and _mixed(word.group()):
                yield _refused(
                    source,
                    word.start(),
                    "look-alike",
                    f"“{word.group()}” mixes letters of two scripts that look alike.",
                    "type the word again",
                )
                return


def _mixed(word: str) -> bool:
    """Latin letters and Cyrillic, Greek or other look-alikes in one word; or look-alike signs for ASCII."""
    scripts = {unicodedata.name(c, "?").split()[0] for c in word if c.isalpha()}
    if {"LATIN"} < scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GOTHIC"}:
        return True
    if scripts & {"FULLWIDTH", "MATHEMATICAL"}:
        return True
    return (
        bool(scripts)
        and scripts <= {"CYRILLIC", "GREEK"}
        and all(c in "аеорсухіјѕһԁԛԝмтвнкгАЕОРСХВНКМТІЅЈοριυα" for c in word if c.isalpha())
    )


def _bare(source: str) -> str:
    """The source with quoted text, comments and heredoc bodies blanked: a `<tag>` in them is data."""
    blank = _HEREDOC.sub(lambda f: " " * (f.end() - f.start()), source)
    return _QUOTED.sub(
        lambda f: "\x00" * (f.end() - f.start()) if f.group()[0] != "#" else " " * (f.end() - f.start()), blank
    )


def _refused(source: str, at: int, rule: str, reason: str, alternative: str) -> Finding:
    line = source.count("\n", 0, at)
    return Finding(rule, Verdict.REFUSE, reason, alternative, source.split("\n")[line].strip()[:200], line + 1)
