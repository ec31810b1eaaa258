"""Starting a step: its script, its environment, its shell, by ourselves or by the user's service manager.

Rules
- stdin is /dev/null, stdout and stderr are one pipe (order is kept), every other descriptor is closed.
- bash gets the step's own text as its script, and nothing else in it, so that line numbers in its messages are those of
  the block; what comes before (the state of the last step) is sourced through BASH_ENV, which the step does not see.
- Secret parameters travel in the environment of the process and are in no file (of a step in a unit: in one that is
  private, in memory, and gone before the step's first command).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from reifierd.execution import process, unit
from reifierd.execution.state import ShellState
from reifierd.execution.step import StepSpec
from reifierd.execution.watching import CHUNK

_PREAMBLE = resources.files(__package__).joinpath("preamble.sh").read_text()
_ONCE = _PREAMBLE.partition("__reifierd_save")[0]  # it empties itself, and leaves no trace


class Started(NamedTuple):
    """`read_end` is where the output comes from. `shell` leads a session of its own; in a unit it is the program that
    waits for the unit, and ends with the status of the step's shell."""

    read_end: int
    shell: subprocess.Popen[bytes]
    in_unit: bool


def spawn(spec: StepSpec, raw: Path) -> Started:
    """Start the step's shell; its raw state, where it has any, is in the new folder `raw`. It is one of
    `process.leaders` now."""
    spec.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    script = spec.folder / "step"
    script.write_text(spec.command + "\n", errors="surrogateescape")
    environment = dict(spec.environment) if spec.state is None else {}
    exported = spec.state.exported if spec.state else {}
    if spec.interpreter in ("bash", "sh"):
        argv = ["bash", "--noprofile", "--norc", str(script)]
        if spec.state or spec.strict or not spec.last:
            raw.mkdir(mode=0o700)
            environment["BASH_ENV"] = str(_preamble(spec, raw))
    else:
        argv = [*shlex.split(spec.interpreter), str(script)]
        environment |= exported
        if spec.interpreter == "zsh":
            argv.insert(1, "--no-rcs")
    environment |= {n: v for n, v in exported.items() if n.startswith("LC_") or n in ("LANG", "LANGUAGE")}
    environment |= {**spec.env, **spec.secrets, unit.MARK: spec.mark}
    search = environment.get("PATH") or exported.get("PATH")
    argv[0] = _which(argv[0], search)
    with _start_folder(spec) as start:
        environment["PWD"] = cwd = start  # keeps a path through a symbolic link as the last step left it
        in_unit = spec.unit and not start.startswith("/proc/self/")  # a folder of ours means nothing to the manager
        if in_unit:
            raw.mkdir(mode=0o700, exist_ok=True)
            argv = unit.wrapped(argv, environment, spec.umask, raw)
            environment, cwd = unit.talking(), "/"
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # a larger pipe only saves wake-ups
            fcntl.fcntl(read_end, fcntl.F_SETPIPE_SZ, CHUNK)
        try:
            shell = _launch(argv, write_end, cwd, environment, spec.umask)
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
    os.set_blocking(read_end, False)
    return Started(read_end, shell, in_unit)


def _launch(
    argv: list[str], output: int, cwd: str, environment: Mapping[str, str], umask: int
) -> subprocess.Popen[bytes]:
    with process.registering:
        shell = subprocess.Popen(  # noqa: S603 - running what a person approved is what this program is for
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=environment,
            umask=umask,
            start_new_session=True,
        )
        process.leaders.add(shell.pid)
    return shell


def _which(program: str, search: str | None) -> str:
    """bash itself is the system's, whatever a runbook's PATH says; anything else is found as the step would find it."""
    if program == "bash":
        return "/bin/bash" if Path("/bin/bash").exists() else shutil.which("bash") or program
    return shutil.which(program, path=search) or program


def _preamble(spec: StepSpec, raw: Path) -> Path:
    place = raw / "preamble"
    own = {*spec.env, *spec.secrets}
    text = (_ONCE if spec.last else _PREAMBLE).replace("@DUMP@", shlex.quote(str(raw / "dump")))
    text = text.replace("@SELF@", shlex.quote(str(place)))
    text += (spec.state or ShellState("")).script(leave_out=own, strict=spec.strict)
    place.write_text(text, errors="surrogateescape")
    return place


def unread(raw: Path) -> bool:
    """Whether bash has not come to read the preamble yet (a `background` step on a busy machine)."""
    if not unit.began(raw):
        return True
    try:
        return (raw / "preamble").stat().st_size > 0
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _start_folder(spec: StepSpec) -> Iterator[str]:
    """Where the step starts. A folder that the last step left and that is gone is stood in for by one that is gone too,
    as in the shell that was left there: a relative path finds nothing, instead of something elsewhere."""
    base = spec.state.cwd if spec.state else spec.environment["HOME"]
    if spec.cwd:
        yield str(Path(base, Path(spec.cwd).expanduser()))
    elif spec.state and not Path(base).is_dir():
        gone = spec.folder / "gone"
        gone.mkdir()
        handle = os.open(gone, os.O_RDONLY | os.O_DIRECTORY)
        gone.rmdir()
        try:
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
    else:
        yield base
