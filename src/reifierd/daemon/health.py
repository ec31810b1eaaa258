"""What can be wrong on a machine, as a list of small checks; each looks at one thing and names its repair.

HINT is for what works but could be better (a history without times); BAD keeps reifierd from doing its work.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reifierd.config import Config, load_config
from reifierd.daemon.lock import holder
from reifierd.daemon.standing import hook_told
from reifierd.errors import ReifierError
from reifierd.ledger import open_ledger
from reifierd.loops.observer.sources import history_files
from reifierd.redaction import Redactor
from reifierd.workspace.init import find_workspace
from reifierd.workspace.layout import APPROVED, PAUSE, Layout, runtime_dirs, state_home

WATCHES_WANTED = 1024
INSTANCES_WANTED = 64
DISK_WANTED = 100 * 2**20  # bytes
BASH_WANTED = (4, 4)  # PS0 and ${x@P} came with 4.4


class Level(StrEnum):
    OK = "ok"
    HINT = "hint"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    check: str
    level: Level
    found: str
    repair: str = ""  # nothing to repair where all is well


def examine(root: Path, config: Path | None) -> list[Finding]:
    """Run every check; those about a workspace only where there is one."""
    found = [finding for check in MACHINE for finding in check()]
    settings = Config()
    try:
        settings = load_config(config)
        found.append(Finding("configuration", Level.OK, "is read"))
    except ReifierError as error:
        found.append(Finding("configuration", Level.BAD, error.message, error.hint))
    found += _histories(settings)
    try:
        layout = find_workspace(root)
    except ReifierError as error:
        repair = f"{error.hint or f'reifierd init {root}'}   (another one: reifierd --workspace DIR doctor)"
        return [*found, *_hook(None), Finding("workspace", Level.BAD, f"{root}: {error.message}", repair)]
    return [*found, *(finding for check in WORKSPACE for finding in check(layout))]


def _bash() -> Iterator[Finding]:
    path = shutil.which("bash")
    if path is None:
        yield Finding("bash", Level.BAD, "is not installed", "apt-get install bash")
        return
    script = "echo ${BASH_VERSINFO[0]} ${BASH_VERSINFO[1]}"
    said = subprocess.run([path, "-c", script], capture_output=True, text=True, check=False).stdout  # noqa: S603 - fixed
    version = tuple(int(n) for n in said.split())
    level = Level.OK if version >= BASH_WANTED else Level.BAD
    yield Finding("bash", level, ".".join(map(str, version)), "the live hook needs bash 4.4 or newer")


def _tools() -> Iterator[Finding]:
    for tool, use in (("patch", "edited files are replayed with it"), ("git", "edits in a work tree are read with it")):
        there = shutil.which(tool)
        yield Finding(tool, Level.OK if there else Level.HINT, there or f"is missing; {use}", f"apt-get install {tool}")


def _hook(layout: Layout | None) -> Iterator[Finding]:
    if layout is not None and layout.ledger.exists():
        with open_ledger(layout.ledger, Redactor()) as ledger:
            found, repair = hook_told(ledger)
    else:
        found, repair = hook_told(None)
    yield Finding("live hook", Level.HINT if repair else Level.OK, found, repair)


def _histories(config: Config) -> Iterator[Finding]:
    files = history_files(config.observer, os.environ, Path.home())
    if not files:
        yield Finding(
            "history", Level.HINT, "no history file of bash, zsh or fish was found", "name one: [observer] histories"
        )
    for path in files:
        if not os.access(path, os.R_OK):
            yield Finding("history", Level.BAD, f"{path} cannot be read", f"chmod u+r {path}")
        elif "bash" in path.name and not _head(path).startswith(b"#"):
            yield Finding("history", Level.HINT, f"{path} holds no times", "add to ~/.bashrc:  HISTTIMEFORMAT='%F %T '")
        else:
            yield Finding("history", Level.OK, f"{path} is read")
    bashrc = _text(Path.home() / ".bashrc")
    if "history -a" not in bashrc and "reifierd hook" not in bashrc and any("bash" in p.name for p in files):
        repair = "add to ~/.bashrc:  shopt -s histappend; PROMPT_COMMAND='history -a'   (or load the live hook)"
        yield Finding("history", Level.HINT, "bash writes its history only when it ends", repair)


def _inotify() -> Iterator[Finding]:
    for name, wanted in (("max_user_watches", WATCHES_WANTED), ("max_user_instances", INSTANCES_WANTED)):
        have = int(_text(Path("/proc/sys/fs/inotify") / name) or 0)
        level = Level.OK if have >= wanted else Level.HINT
        repair = f"sudo sysctl fs.inotify.{name}={wanted * 8}   (until then the folders are polled every 15 s)"
        yield Finding(f"inotify {name}", level, str(have), repair)


def _runtime() -> Iterator[Finding]:
    folder = runtime_dirs()[0]
    base = next(p for p in (folder, *folder.parents) if p.exists())
    if not os.access(base, os.W_OK):
        yield Finding(
            "runtime folder", Level.BAD, f"{folder} cannot be made", "set XDG_RUNTIME_DIR to a folder of yours"
        )
    elif folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        yield Finding("runtime folder", Level.BAD, f"{folder} is open to others", f"chmod 700 {folder}")
    else:
        yield Finding("runtime folder", Level.OK, str(folder))


def _state() -> Iterator[Finding]:
    base = next(p for p in (state_home(), *state_home().parents) if p.exists())
    free = shutil.disk_usage(base).free
    level = Level.OK if free >= DISK_WANTED else Level.BAD
    yield Finding("disk", level, f"{free // 2**20} MB free for the ledger", f"free some room below {base}")


def _user_manager() -> Iterator[Finding]:
    argv = [shutil.which("systemctl") or "false", "--user", "is-system-running"]
    said = subprocess.run(argv, capture_output=True, check=False).stdout.strip()  # noqa: S603 - fixed words
    answers = said not in (b"", b"offline")
    found = "answers" if answers else "does not answer: steps run as children of the daemon"
    repair = "loginctl enable-linger" if Path("/run/systemd/system").is_dir() and shutil.which("loginctl") else ""
    yield Finding("systemd user manager", Level.OK if answers else Level.HINT, found, repair)


def _folders(layout: Layout) -> Iterator[Finding]:
    mode = stat.S_IMODE((layout.root / APPROVED).stat().st_mode)
    if mode & 0o002:
        yield Finding("workspace", Level.BAD, "others may write into approved/", f"chmod o-w {layout.root / APPROVED}")
    else:
        other = "another one: --workspace DIR, or REIFIERD_WORKSPACE"
        yield Finding("workspace", Level.OK, f"{layout.root}   ({other})")
    if (layout.root / PAUSE).exists():
        yield Finding("PAUSE", Level.HINT, "stands: nothing starts", f"rm {layout.root / PAUSE}")


def _daemon(layout: Layout) -> Iterator[Finding]:
    pid = holder(layout.state) if layout.state.exists() else None
    found = f"runs (pid {pid})" if pid else "does not run"
    yield Finding("daemon", Level.OK if pid else Level.HINT, found, "reifierd run   (or: reifierd service install)")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1)


MACHINE: tuple[Callable[[], Iterator[Finding]], ...] = (
    _bash,
    _tools,
    _inotify,
    _runtime,
    _state,
    _user_manager,
)
WORKSPACE: tuple[Callable[[Layout], Iterator[Finding]], ...] = (_hook, _folders, _daemon)
