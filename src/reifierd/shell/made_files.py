"""Files that a source makes itself, remembered because it may run them later: by name, by a shell, or by the system.

What is remembered is what a command that was lowered says of itself: constant text that it writes (`State.streams`),
a copy of one of the system's programs or a link to it (`State.copies`), and whatever a fetching program saves
(`State.fetched`). Text in a place that the system runs by itself counts as run where it is written.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from reifierd.shell import crontab
from reifierd.shell.call import Call
from reifierd.shell.model import Word
from reifierd.shell.shapes import FILLED, UNKNOWN, known
from reifierd.shell.state import State, Stream
from reifierd.shell.streams import resolve
from reifierd.shell.tables import name_set

if TYPE_CHECKING:
    from reifierd.shell.lower import Reader

_SYSTEM_SCRIPT = re.compile(r"/etc/(?:cron\.(?:hourly|daily|weekly|monthly)/|profile(?:\.d/|$)|rc\.local$|init\.d/)")
_SYSTEMS = re.compile(r"(?:/usr(?:/local)?)?/s?bin/([\w.+-]+)\Z")


def copy_of(name: Word, state: State) -> str | None:
    """The system's program that a copy, a link or a hashed name stands for."""
    return state.copies.get(resolve(name.shape, state) if "/" in name.shape else name.shape) if state.copies else None


def copied(call: Call, program: str) -> None:
    """Remember a copy of one of the system's programs, or a link to it: under any name it does what it did."""
    words = [w.shape for w in call.argv[1:] if not w.shape.startswith("-")]
    hashed = program == "hash" and "-p" in [w.shape for w in call.argv]
    if len(words) != 2 or not (hashed or program in {"cp", "ln", "install", "mv"}):
        return
    source, state = _SYSTEMS.match(words[0]), call.scope.state
    if source and known(words[1]):
        state.copies[words[1] if hashed else resolve(words[1], state)] = source.group(1)


def written(reader: Reader, call: Call, program: str, printed: str | None) -> None:
    """Remember constant text that goes into a file: it may be run later in the same source, or by cron."""
    state = call.scope.state
    into = [(r.target.shape, r.op == ">>") for r in call.redirects if r.fd == 1 and r.target is not None]
    if program == "tee":
        flags = {w.shape for w in call.argv[1:]}
        into += [(w.shape, bool(flags & {"-a", "--append"})) for w in call.argv[1:] if not w.shape.startswith("-")]
        printed = call.stdin
    for shape, appended in into:
        if not known(shape) or shape.startswith("/dev/"):
            continue
        path = resolve(shape, state)
        before = state.streams.pop(path, None)
        if printed is not None and known(printed):
            text = (before.text or "") + printed if appended and before is not None else printed
            state.streams[path] = Stream(text, ())
            for source in _run_by_the_system(path, printed):
                reader.text(source, call.scope.enter(path, line=call.line))


def _run_by_the_system(path: str, text: str) -> list[str]:
    """The sources in a file's text that run without anybody's word."""
    if path.startswith("/etc/cron.d/") or path == "/etc/crontab":
        return crontab.system_commands(text)
    return [text] if _SYSTEM_SCRIPT.match(path) else []


def fetched(call: Call, program: str) -> None:
    """Remember the files that a fetching program (or a redirect of one) writes."""
    fetchers = name_set("trusted", "fetchers")
    state = call.scope.state
    targets: list[str] = []
    if program in fetchers:
        argv = call.argv
        for i, word in enumerate(argv[:-1]):
            if word.shape in {"-o", "-O", "--output", "--output-document", "--out"}:
                targets.append(argv[i + 1].shape)
        for word in argv[1:]:
            if word.shape.startswith(("--output=", "--output-document=")):
                targets.append(word.shape.split("=", 1)[1])
            elif "://" in word.shape and (
                program != "curl" or any(re.fullmatch(r"-\w*O\w*|--remote-name", w.shape) for w in argv)
            ):
                targets.append(posixpath.basename(word.shape.split("?")[0]))
    if program in fetchers or any(p in fetchers for p in call.scope.programs):
        targets += [r.target.shape for r in call.redirects if r.target is not None and r.op.startswith(">")]
        if program == "tee":
            targets += [w.shape for w in call.argv[1:] if not w.shape.startswith("-")]
    state.fetched.update(resolve(t, state) for t in targets if t.strip(UNKNOWN + FILLED) and t != "-")
