"""A step as a transient unit of the user's service manager, where one answers (systemd-run(1)).

Rules
- The manager starts the step, not we: so the step is free of the lock-down of our own unit (sudo works), and all of it
  is in one cgroup, which is ended whole (cgroup.kill, kernel 5.14), children of other users included.
- The environment goes in a private file that the launcher removes when it has read it: what is given to the manager
  anybody may ask for (`systemctl show`, the journal).
- A unit ends when its shell does and leaves alone what the shell left running on purpose (KillMode=process). Its cgroup
  stays as long as that runs; where it is follows from the step's mark, so that a later daemon finds it.
- What the manager gives its services and a shell does not expect is taken back: an ignored SIGPIPE, its own variables,
  and that one process short of memory ends them all (systemd.exec(5), OOMPolicy= in systemd.service(5)).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

MARK = "REIFIERD_STEP"
_CGROUPS = tuple(Path("/sys/fs/cgroup", name) for name in ("", "unified", "systemd"))  # one hierarchy, or the older two
_PATIENCE = 10.0  # seconds for an answer of the manager
_TALK = ("PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")  # what one needs to reach it
_SLICE = "app.slice"
_OPTIONS = (
    "--quiet",
    "--collect",
    "--wait",
    "--pipe",
    "--service-type=exec",
    f"--slice={_SLICE}",
    "--description=a step of reifierd",
    "--property=KillMode=process",
    "--property=IgnoreSIGPIPE=no",
    "--property=OOMPolicy=continue",
    "--property=TimeoutStopSec=10",
)
_ENVIRONMENT, _LAUNCHER = "environment", "reifierd-launcher"


@cache
def answers() -> bool:
    """Whether the user has a service manager that runs units for us: one is run, once."""
    socket = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere")) / "systemd" / "private"
    if shutil.which("systemd-run") is None or not socket.exists():
        return False
    return _ask("systemd-run", "--user", *_OPTIONS, "/bin/sh", "-c", "exit 0").returncode == 0


def name_of(mark: str) -> str:
    return f"reifierd-{mark.replace('/', '-')}.service"


def within_a_step() -> str:
    """The unit of the step that this very process belongs to, whatever its environment says; "" for none."""
    try:
        groups = Path("/proc/self/cgroup").read_text()
    except OSError:
        return ""
    found = re.search(r"/(reifierd-[^/\n]+\.service)", groups)
    return found[1] if found else ""


def talking() -> dict[str, str]:
    """The environment of programs that talk to the manager."""
    return {name: os.environ[name] for name in _TALK if name in os.environ}


def wrapped(argv: Sequence[str], environment: Mapping[str, str], umask: int, folder: Path) -> list[str]:
    """The command that has the manager run `argv` where $PWD of `environment` is, and that ends with its status.

    `folder` is a private one. OSError: the program or the place to start in is not there.
    """
    for needed in (environment["PWD"], argv[0]):
        Path(needed).stat()
    place, launcher = folder / _ENVIRONMENT, folder / _LAUNCHER
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("".join(f"{name}={value}\0" for name, value in environment.items()))
    launcher.write_text(resources.files(__package__).joinpath("launcher.sh").read_text())
    mark = environment[MARK]
    shell = ["/usr/bin/env", "-i", f"{MARK}={mark}", "/bin/bash", "--noprofile", "--norc", str(launcher)]
    own_session = shutil.which("setsid")  # like a step that is started without a unit
    words = [*shell, str(place), f"{umask:04o}", *([own_session] if own_session else []), *argv]
    escaped = [word.replace("$", "$$") for word in words]  # it expands variables
    return ["systemd-run", "--user", *_OPTIONS, f"--unit={name_of(mark)}", *escaped]


def began(folder: Path) -> bool:
    """Whether the launcher has read what `wrapped` left in `folder`."""
    return not (folder / _ENVIRONMENT).exists()


def is_launcher(command: str) -> bool:
    """Whether a process with this command line is one of ours that waits for a step's shell."""
    return f"/{_LAUNCHER} " in command


def members(mark: str) -> set[int]:
    """The pids of everything in the cgroup of a step's unit, also after the unit's end."""
    pids: set[int] = set()
    for group in _groups(mark):
        for place in group.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):  # it went just now
                pids |= set(map(int, place.read_text().split()))
    return pids - {0}


def kill(mark: str) -> None:
    """End everything in the cgroup of a step's unit, whoever owns it; nothing happens where there is none."""
    for group in _groups(mark):
        with contextlib.suppress(OSError):  # an older kernel: the sweep does what it can
            (group / "cgroup.kill").write_text("1")


def _groups(mark: str) -> list[Path]:
    home = _home() if answers() else ""
    places = [base / home.lstrip("/") / _SLICE / name_of(mark) for base in _CGROUPS] if home else []
    return [place for place in places if place.is_dir()]


@cache
def _home() -> str:
    """The cgroup of the manager itself."""
    return _ask("systemctl", "--user", "show", "--property=ControlGroup", "--value").stdout.decode().strip()


def _ask(*argv: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a fixed program; words of ours
            argv, stdin=subprocess.DEVNULL, capture_output=True, env=talking(), timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess((), 1, b"", b"")
