"""A step as a transient unit of the user's service manager, where one answers (systemd-run(1)).

Rules
- The manager starts the step, not we: so the step is free of the lock-down of our own unit (sudo works), and all of it
  is in one cgroup, which is ended whole (cgroup.kill, kernel 5.14), children of other users included.
- The environment goes in a private file that the launcher removes when it has read it: what is given to the manager
  anybody may ask for (`systemctl show`, the journal).
- A unit ends when its shell does and leaves alone what the shell left running on purpose (KillMode=process).
- The name of a unit is made from the step's mark, so that a later daemon finds it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

CGROUPS = Path("/sys/fs/cgroup")
_PATIENCE = 3.0  # seconds for an answer of the manager
_TALK = ("PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")  # what one needs to reach it


@cache
def answers() -> bool:
    """Whether the user has a service manager that starts units for us. Asked once."""
    socket = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere")) / "systemd" / "private"
    if shutil.which("systemd-run") is None or not socket.exists():
        return False
    return _ask("show", "--property=Version").returncode == 0


def name_of(mark: str) -> str:
    return f"reifierd-{mark.replace('/', '-')}.service"


def talking() -> dict[str, str]:
    """The environment of programs that talk to the manager."""
    return {name: os.environ[name] for name in _TALK if name in os.environ}


class Start(NamedTuple):
    """How a step's shell starts."""

    mark: str
    environment: Mapping[str, str]
    umask: int
    cwd: str


def wrapped(argv: Sequence[str], start: Start, folder: Path) -> list[str]:
    """The command that has the manager run `argv`, and that ends with its status. `folder` is a private one."""
    place = folder / "environment"
    pairs = "".join(f"{name}={value}\0" for name, value in start.environment.items())
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", errors="surrogateescape") as file:
        file.write(pairs)
    launcher = folder / "launcher"
    launcher.write_text(resources.files(__package__).joinpath("launcher.sh").read_text())
    options = [
        "--quiet",
        "--collect",
        "--wait",
        "--pipe",
        f"--unit={name_of(start.mark)}",
        "--property=KillMode=process",
    ]
    words = ["/bin/bash", "--noprofile", "--norc", str(launcher), str(place), f"{start.umask:04o}", start.cwd, *argv]
    return ["systemd-run", "--user", *options, *(word.replace("$", "$$") for word in words)]  # it expands variables


def kill(mark: str) -> None:
    """End everything in the cgroup of a step's unit, whoever owns it; nothing happens where there is none."""
    if not answers():
        return
    group = _ask("show", "--property=ControlGroup", "--value", name_of(mark)).stdout.decode().strip()
    if group:
        with contextlib.suppress(OSError):  # an older kernel: the sweep does what it can
            (CGROUPS / group.lstrip("/") / "cgroup.kill").write_text("1")


def _ask(*words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        command = [shutil.which("systemctl") or "systemctl", "--user", *words]
        return subprocess.run(command, capture_output=True, env=talking(), timeout=_PATIENCE, check=False)  # noqa: S603 - a fixed program; words of ours
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess((), 1, b"", b"")
