"""Shells and interpreters: what they run is read elsewhere (`carried`); any other program that no table knows."""

from __future__ import annotations

import re

from reifierd.shell.carried import language_of
from reifierd.shell.model import Effect, EffectKind, Invocation
from reifierd.shell.options import parse_options
from reifierd.shell.tables import name_set
from reifierd.shell.targets import READ, on


def unlisted(command: Invocation, name: str) -> list[Effect]:
    """Shells and interpreters; any other program that no table knows."""
    shapes = [w.shape for w in command.argv[1:]]
    if name in name_set("interpreters", "shells", "names"):
        return _shell(command, shapes)
    language = language_of(name)
    if language is not None:
        return _interpreter(command, name, shapes, language.code)
    if name in {"reifierd"}:
        return [Effect(EffectKind.UNKNOWN, detail="reifierd " + " ".join(shapes[:1]))]
    return [Effect(EffectKind.UNKNOWN, detail=name)]


def _shell(command: Invocation, shapes: list[str]) -> list[Effect]:
    if any(s in {"-n", "--version", "--help"} for s in shapes):
        return [READ]
    carries = any(re.fullmatch(r"-[a-z]*c[a-z]*|--command", s) for s in shapes) or command.stdin is not None
    if carries and not command.opaque:
        return [READ]  # what it runs follows as commands of its own
    if (
        not [s for s in shapes if not s.startswith("-")]
        and command.pipe_from is None
        and not any(r.fd == 0 for r in command.redirects)
    ):
        return (
            [Effect(EffectKind.INTERACTIVE)]
            if "-s" not in shapes and not command.opaque
            else [Effect(EffectKind.UNKNOWN)]
        )
    return [Effect(EffectKind.UNKNOWN, detail="a script that is not read")]


_IN_PLACE = re.compile(r"-[pnlasw0-9]*i(?:\.|[a-z]?\Z)")  # `perl -pi -e`, `-i.bak`, `-pie`


def _interpreter(command: Invocation, name: str, shapes: list[str], code: frozenset[str]) -> list[Effect]:
    if any(s in {"--version", "-V", "-v", "--help", "-h"} for s in shapes[:1]):
        return [READ]
    if shapes[:2] == ["-m", "json.tool"] and len([s for s in shapes[2:] if not s.startswith("-")]) < len(("in", "out")):
        return [READ]
    if name in {"perl", "ruby"} and any(_IN_PLACE.match(s) for s in shapes):
        plain = [w for w in command.argv if not re.match(r"-i\.|-[pnl0-9]*i\Z", w.shape)]
        return [on(EffectKind.WRITE, command, parse_options(plain, code).operands, "edited in place")]
    if (
        not shapes
        and command.pipe_from is None
        and command.stdin is None
        and not any(r.fd == 0 for r in command.redirects)
    ):
        return [Effect(EffectKind.INTERACTIVE)]
    options = parse_options(command.argv, code | _LOADING, leading=True)
    one_liner = options.value(*code) if not options.has(*_LOADING) else None
    if one_liner is not None and _only_prints(one_liner.shape):
        return [READ]
    return [Effect(EffectKind.UNKNOWN, detail="code in another language")]


_LOADING = frozenset({"-m", "-M", "-r", "--require", "--import", "-d"})  # a module, whose code is not read here
_MODULES = name_set("interpreters", "language", "python", "harmless")
_IMPORTS = re.compile(r"\bfrom\s+([\w.]+)\s+import\b|\bimport\s+((?:[\w.]+(?:\s+as\s+\w+)?\s*,?\s*)+)")
_HARMLESS_CODE = re.compile(
    r"\b(?:open|write|system|exec|eval|spawn|popen|subprocess|os\.|shutil|socket|unlink|remove|rename|mkdir|rmdir|chmod|requests|urlopen|urllib|http|fs\.|require|kill|connect|Path|import_module|__import__|save|dump\(|delete|truncate|fork)\b"
    r"|\w*(?:write|exec|open|spawn|fork|put_contents|eval|unlink|rmtree)\w*|\b(?:fetch|getattr|setattr|globals|ctypes|importlib|runpy|posix|pty)\b|__(?!version__|name__|file__)\w+__|\bimport\s*\(|\bmail\b|\btouch\b|mkd?s?temp|%x|>|`",
)


def _only_prints(code: str) -> bool:
    modules = {
        name.split()[0].split(".")[0]
        for found in _IMPORTS.findall(code)
        for part in found
        for name in part.split(",")
        if name.strip()
    }
    return not _HARMLESS_CODE.search(code) and modules <= _MODULES
