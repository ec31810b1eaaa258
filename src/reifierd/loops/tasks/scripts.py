"""The shell scripts that a block runs: found, read, and asked whether a shell accepts them.

`./build.sh`, `bash build.sh`, `source env.sh`, `make deploy`: what stands in the file runs, so it is read as the block
is, and every rule about commands holds for it too. Scripts that scripts run follow, some levels deep. A script that
does not stand there yet is none: an earlier command may make it. Nothing of a script is executed here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.knowledge import table
from reifierd.loops.tasks.makefiles import NAMES, read_makefile, recipes
from reifierd.shell.context import Context
from reifierd.shell.model import Invocation, ShellView
from reifierd.shell.options import parse_options

Read = Callable[[str, Context], ShellView]
_SHELLS = frozenset({"bash", "sh", "dash", "ksh", "zsh"})
_SHELL_VALUES = frozenset({"-o", "-O", "+o", "+O", "--rcfile", "--init-file"})
_MAKE = frozenset({"make", "gmake"})
_MAKE_VALUES = frozenset({"-C", "--directory", "-f", "--file", "--makefile", "-I", "-o", "-W", "-j"})
_MOST_BYTES = 1_000_000
_DEEPEST, _MOST = 4, 50
_LIMIT = 30.0  # seconds for bash or shellcheck


@dataclass(frozen=True)
class Script:
    """A script that a block runs. `path` is absolute, `called` how the command names it, `caller` that command."""

    path: Path
    called: str
    caller: Invocation
    source: str
    view: ShellView
    interpreter: str = "bash"  # or "zsh"; "make" for the recipes of a makefile


def is_elsewhere(command: Invocation) -> bool:
    """It runs on another machine or in a container: nothing of this one can be said about it."""
    return bool(set(command.via) & set(table("elsewhere")["programs"]))


def scripts_of(work: Work, project: Path, read: Read, env: Mapping[str, str], home: str) -> tuple[Script, ...]:
    """All scripts that a block runs, each once, those that scripts run behind their callers."""
    found: dict[tuple[Path, str], Script] = {}
    waiting = [(command, 1) for command in work.view.commands]
    while waiting and len(found) < _MOST:
        command, depth = waiting.pop(0)
        script = (_made if command.program in _MAKE else _script)(command, project, read, env, home)
        if script and (script.path, script.source) not in found:
            found[script.path, script.source] = script
            waiting += [(inner, depth + 1) for inner in script.view.commands if depth < _DEEPEST]
    return tuple(found.values())


def named_script(command: Invocation, project: Path) -> tuple[str, Path] | None:
    """The file that a command runs as a program or a script: as it is named, and where it would stand."""
    word = command.argv[0] if command.argv else None
    if word is None or command.wrapped or is_elsewhere(command):
        return None
    if command.program in _SHELLS or command.program in {"source", "."}:
        options = parse_options(command.argv, _SHELL_VALUES, leading=True)
        word = None if options.has("-c", "-s") or not options.operands else options.operands[0]
    elif word.text is None or "/" not in word.text:
        return None
    if word is None or not word.text:
        return None
    return word.text, Path(os.path.normpath(Path(command.cwd or project) / word.text))


def script_blockers(work: Work, scripts: tuple[Script, ...], project: Path) -> Iterator[Blocker]:
    """Scripts that no shell accepts, those that may not be executed, and what shellcheck says of them."""
    for script in (s for s in scripts if s.interpreter != "make"):
        said = _bash_says(script)
        if said:
            yield _blocker(work, script, f"bash does not accept it: {said}", f"bash -n {script.called}")
            continue
        for level, words in _shellcheck_says(script):
            yield _blocker(work, script, f"shellcheck: {words}", f"shellcheck {script.called}", blocks=level == "error")
    yield from _not_executable(work, project)


def _not_executable(work: Work, project: Path) -> Iterator[Blocker]:
    repaired = any(c.program == "chmod" for c in work.view.commands)
    for command in work.view.commands:
        named = named_script(command, project)
        direct = named and command.program not in _SHELLS | {"source", "."}
        if named and direct and named[1].is_file() and not os.access(named[1], os.X_OK) and not repaired:
            reason = f"permission denied: {named[0]} is not executable"
            remedy = f"chmod +x {named[1]}"
            yield Blocker("permission", reason, remedy, work.criterion, work.step.line, work.step.command)


def _script(command: Invocation, project: Path, read: Read, env: Mapping[str, str], home: str) -> Script | None:
    named = named_script(command, project)
    if named is None:
        return None
    called, path = named
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    interpreter = _interpreter(data, command)
    if not interpreter:
        return None
    source = data.decode("utf-8", "surrogateescape")
    cwd = command.cwd or str(project)
    view = read(source, Context(cwd=cwd, env=env, home=home))
    return Script(path, called, command, source, view, interpreter)


def _made(command: Invocation, project: Path, read: Read, env: Mapping[str, str], home: str) -> Script | None:
    """The recipes that a `make` would run."""
    if command.wrapped or is_elsewhere(command):
        return None
    options = parse_options(command.argv, _MAKE_VALUES)
    folder, named = options.value("-C", "--directory"), options.value("-f", "--file", "--makefile")
    if (folder and folder.text is None) or (named and named.text is None):
        return None
    place = Path(command.cwd or project) / (folder.text or "" if folder else "")
    path = next((p for n in ([named.text or ""] if named else NAMES) if (p := place / n).is_file()), None)
    if path is None or path.stat().st_size > _MOST_BYTES:
        return None
    words = [w.shape for w in options.operands]
    given = dict(w.split("=", 1) for w in words if "=" in w)
    try:
        makefile = read_makefile(path.read_bytes().decode("utf-8", "replace"))
    except OSError:
        return None
    source = recipes(makefile, [w for w in words if "=" not in w], {**env, **given})
    view = read(source, Context(cwd=str(place), env=env, home=home))
    return Script(path, path.name, command, source, view, "make")


def _interpreter(data: bytes, command: Invocation) -> str:
    """The shell that reads a file; "" where that is no shell, or the file is no text."""
    if command.program in _SHELLS or command.program in {"source", "."}:
        return "" if b"\0" in data[:4096] else "zsh" if command.program == "zsh" else "bash"
    if not data.startswith(b"#!"):
        return "" if b"\0" in data[:4096] or data[:4] == b"\x7fELF" else "bash"  # a text without #! is given to sh
    words = data[2:].split(b"\n", 1)[0].decode("utf-8", "replace").split()
    names = [Path(word).name for word in words if not word.startswith("-") and "=" not in word]
    name = next((n for n in names if n != "env"), "")
    return ("zsh" if name == "zsh" else "bash") if name in _SHELLS else ""


def _bash_says(script: Script) -> str:
    shell = shutil.which(script.interpreter)
    if shell is None:
        return ""
    quiet = ["--norc", "--noprofile"] if script.interpreter == "bash" else ["-f"]
    status, _, said = _ask([shell, *quiet, "-n", "/dev/stdin"], script)
    return said.strip().replace("/dev/stdin", script.called)[:500] if status else ""


def _shellcheck_says(script: Script) -> Iterator[tuple[str, str]]:
    """(level, words) for errors and warnings; nothing where shellcheck is missing or cannot read this shell."""
    program = shutil.which("shellcheck")
    if program is None or script.interpreter != "bash":
        return
    shell = [] if script.source.startswith("#!") else ["--shell=bash"]
    _, output, _ = _ask([program, "--norc", "--severity=warning", "--format=json1", *shell, "-"], script)
    try:
        comments = json.loads(output or "{}").get("comments", [])
    except (ValueError, AttributeError):
        return
    for one in comments:
        yield str(one["level"]), f"line {one['line']}: {one['message']} (SC{one['code']})"


def _ask(command: list[str], script: Script) -> tuple[int, str, str]:
    """Both programs only read; the script is given on standard input, and nothing of our environment."""
    try:
        done = subprocess.run(  # noqa: S603 - bash -n or shellcheck: neither runs what it reads
            command, input=script.source.encode("utf-8", "surrogateescape"), capture_output=True, timeout=_LIMIT,
            env={"LC_ALL": "C.UTF-8", "PATH": os.defpath}, cwd="/", check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, "", f"no answer: {error}"
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def _blocker(work: Work, script: Script, reason: str, remedy: str, *, blocks: bool = True) -> Blocker:
    text = f"{script.called}: {reason}"
    return Blocker("script", text, remedy, work.criterion, work.step.line, work.step.command, blocks)
