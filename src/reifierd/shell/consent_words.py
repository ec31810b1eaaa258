"""Whether a command says a person's word (invariant 11): reifierd's own commands, in whatever way it is started,
copied, imported or left for later; and what would end or restart the daemon.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from reifierd.shell.carried import language_of
from reifierd.shell.model import EffectKind, Invocation, Word
from reifierd.shell.shapes import FILLED, UNKNOWN

NAME = "reifierd"
_WORDS_OF_A_PERSON = ("approve", "resume", "reject", "run", "forget", "init", "service", "stop")
_CARRIERS = frozenset({"uv", "pipx", "poetry", "uvx", "coverage", "pex", "hatch", "rye", "pdm"})
_COPIES = frozenset({"cp", "ln", "mv", "install", "rsync", "scp", "dd", "cat", "link"})
_PROGRAM_FILE = re.compile(rf"(?:.*/)?(?:bin|site-packages|dist-packages)/{NAME}\Z")
_MODULE = re.compile(rf"-[A-Za-z]*m({NAME}(?:\.[\w.]+)?)?\Z")
_IMPORTS = re.compile(rf"\b(?:import|from|import_module|__import__|run_module|find_spec)\b[^\n;]*\b{NAME}\b")
_LITERAL = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")
_ENDERS = frozenset({"pkill", "killall", "skill", "systemctl", "service", "launchctl", "supervisorctl", "rc-service"})
_SEEKERS = frozenset({"pgrep", "pidof", "grep", "systemctl", "cat", "head"})
_QUIET = frozenset({EffectKind.READ, EffectKind.SHELL_STATE})


def speaks(command: Invocation) -> bool:
    """reifierd is told what only a person may tell it, or made to be told so under another name."""
    return _says(command) or _imports(command) or _copies(command)


def ends_daemon(command: Invocation, before: Sequence[Invocation]) -> bool:
    """The command ends, restarts or disables what runs it."""
    words = command.argv[1:]
    if command.program == "kill":
        if any(re.fullmatch(r"[\"']?-?\$(?:PPID|\{PPID\})[\"']?", w.source) for w in words):
            return True
        inner = [c for c in before if c.program in _SEEKERS and command.start <= c.start < command.end]
        return any(NAME in w.shape for c in inner for w in c.argv[1:])
    if command.program not in _ENDERS or all(e.kind in _QUIET for e in command.effects):
        return False
    return any(_means_daemon(w) for w in words)


def _means_daemon(word: Word) -> bool:
    bare = word.shape.removesuffix(".service").split("@")[0]
    return bare == NAME or NAME in bare.split("/") or (len(bare) > 3 and _may_be(word, NAME)) or "reifier" in bare


def _says(command: Invocation) -> bool:
    shapes = _arguments(command)
    if shapes is None:
        return False
    words = [w for w in shapes if not w.shape.startswith("-")]
    skipped = [b for a, b in pairwise(shapes) if a.shape in {"-w", "--workspace", "--config"}]
    words = [w for w in words if not any(w is s for s in skipped)]
    if [w.shape for w in words[:2]] == ["task", "run"]:
        return True
    return bool(words) and any(_may_be(words[0], said) for said in _WORDS_OF_A_PERSON)


def _arguments(command: Invocation) -> list[Word] | None:
    """What reifierd is given, where the command starts it."""
    argv = list(command.argv)
    if not argv or command.program is None:
        return None
    if command.program == NAME or _globbed(argv[0]):
        return argv[1:]
    if command.program in _CARRIERS or language_of(command.program) is not None:
        for i, word in enumerate(argv[1:], 1):
            attached = _MODULE.match(word.shape)
            base = re.split(r"[@=\[.]", word.shape.rsplit("/", 1)[-1])[0]
            if (attached and attached.group(1)) or base == NAME:
                return argv[i + 1 :]
    return None


def _globbed(word: Word) -> bool:
    """`/usr/bin/reif*`: a pattern with enough letters to be meant for it."""
    base = word.shape.rsplit("/", 1)[-1]
    return word.glob and len(re.findall(r"\w", base)) > 2 and fnmatch.fnmatchcase(NAME, base)


def _may_be(word: Word, said: str) -> bool:
    shape = word.shape
    pattern = re.sub(f"[{UNKNOWN}{FILLED}]+", "*", shape)
    return fnmatch.fnmatchcase(said, pattern) if word.glob or pattern != shape else shape == said


def _imports(command: Invocation) -> bool:
    """Code of another language that imports reifierd, run here or written into a module."""
    written = any(r.target is not None and r.target.shape.endswith((".py", ".pth")) for r in command.redirects)
    written = written or (command.program == "tee" and any(w.shape.endswith((".py", ".pth")) for w in command.argv))
    if language_of(command.program or "") is None and not written:
        return False
    return any(_IMPORTS.search(t) for t in _texts(command))


def _texts(command: Invocation) -> Iterator[str]:
    """What a command is given as text: its words, one by one and together, and its input."""
    words = [w.shape for w in command.argv[1:]]
    yield from words
    yield " ".join(words)
    yield from (r.body.shape for r in command.redirects if r.body is not None)
    if command.stdin is not None:
        yield command.stdin.shape


def literals(command: Invocation) -> Iterator[str]:
    """The quoted strings in the code that an interpreter is given: any of them may be a path."""
    for text in _texts(command):
        yield from (a or b for a, b in _LITERAL.findall(text))


def _copies(command: Invocation) -> bool:
    """A copy or a link of the program is the program under another name."""
    if command.program not in _COPIES or (command.program == "cat" and not command.redirects):
        return False
    return any(_is_program(w) for w in command.argv[1:])


def _is_program(word: Word) -> bool:
    found = word.shape == NAME and ("$(" in word.source or "`" in word.source)
    return found or bool(_PROGRAM_FILE.match(word.shape.removeprefix("if=")))


_STARTUP = re.compile(
    r"(?:\A|/)(?:\.bashrc|\.bash_profile|\.bash_login|\.bash_logout|\.bash_aliases|\.profile|\.zshrc|\.zshenv|\.zprofile"
    r"|\.zlogin|\.zlogout|\.kshrc|config\.fish|\.xprofile|\.xsessionrc|\.ssh/rc)\Z"
    r"|\A/etc/(?:profile|bash\.bashrc|bashrc|crontab|anacrontab|cron\.|zsh|rc\.local|systemd/)|/var/spool/cron"
    r"|/systemd/(?:user|system)/|/autostart/|/conf\.d/.*\.fish\Z"
)


def left_for_later(commands: Sequence[Invocation], number: int) -> Iterator[str]:
    """Texts that a command writes where programs are started from: at login, by time, by a service."""
    command = commands[number]
    written = {r.target.shape for r in command.redirects if r.target is not None and ">" in r.op}
    written |= {s for e in command.effects if e.kind not in _QUIET for s in e.shapes}
    if any(_STARTUP.search(w) for w in written):
        yield from _texts(command)
    if command.program == "crontab":
        files = {w.shape for w in command.argv[1:]}
        for other in commands[:number]:
            if any(r.target is not None and r.target.shape in files for r in other.redirects):
                yield from _texts(other)
