"""The outer side: starts a sandbox, gives it its ids, hears what it says, and ends it.

What comes out of a sandbox is data of strangers: JSON lines of a bounded length, never anything that could run here.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pickle
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reifierd.errors import ReifierError, UsageError
from reifierd.execution.sandbox.model import Limits

_LONGEST = 16 << 20  # bytes of one line
_GRACE = 30.0  # seconds for building, and for telling what changed, besides the time of the work

# what forbids it → (where it is to be seen, the value there that forbids, the repair)
_LOCKS = (
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
    ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=10000"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)


def rehearsed(module: str, order: object, limits: Limits, environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Start `python -m module` with `order` (pickled) at its standard input, and yield what it tells from its sandbox.

    UsageError: the kernel, or a setting, does not allow it. ReifierError: a bug, or no end in time. When the caller
    stops listening, everything inside is ended.
    """
    ours, theirs = os.pipe2(os.O_CLOEXEC)
    keeper = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
        [sys.executable, "-m", module, str(theirs)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[theirs], cwd="/",
        env=dict(environment), start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        assert keeper.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            data = pickle.dumps(order)
            keeper.stdin.write(len(data).to_bytes(8, "big") + data)
            keeper.stdin.flush()
        ended = False
        for line in _lines(ours, time.monotonic() + limits.seconds + _GRACE):
            if line.get("ready") is True:
                _map_ids(keeper.pid)
                keeper.stdin.write(b"!")
                keeper.stdin.flush()
                continue
            _complain(line)
            ended = line.get("end") is True
            yield line
        if not ended:
            raise ReifierError("the sandbox ended before it was done", hint="reifierd doctor")
    finally:
        keeper.kill()
        keeper.wait()
        os.close(ours)
        with contextlib.suppress(OSError):
            keeper.stdin and keeper.stdin.close()


def _lines(pipe: int, deadline: float) -> Iterator[dict[str, Any]]:
    rest = b""
    while True:
        if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise ReifierError("the sandbox did not end in time, and was ended", hint="give its steps a timeout")
        data = os.read(pipe, 1 << 16)
        if not data:
            return
        rest += data
        if len(rest) > _LONGEST:
            raise ReifierError("the sandbox says more than can be taken", hint="let its steps print less")
        *whole, rest = rest.split(b"\n")
        for line in whole:
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    yield value


def _map_ids(pid: int) -> None:
    """Root keeps every id that it has, so that ownership can be seen to change; anyone else has his own two."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        if uid != 0:
            Path(f"/proc/{pid}/setgroups").write_text("deny")
        Path(f"/proc/{pid}/uid_map").write_text(_same("uid") if uid == 0 else f"{uid} {uid} 1")
        Path(f"/proc/{pid}/gid_map").write_text(_same("gid") if uid == 0 else f"{gid} {gid} 1")
    except OSError as error:
        _complain({"forbidden": "uid_map", "errno": error.errno, "why": error.strerror})


def _same(which: str) -> str:
    lines = [line.split() for line in Path(f"/proc/self/{which}_map").read_text().splitlines()]
    return "".join(f"{first} {first} {count}\n" for first, _, count in lines)


def _complain(line: dict[str, Any]) -> None:
    if "bug" in line:
        raise RuntimeError(f"in the sandbox:\n{line['bug']}")
    if "forbidden" not in line:
        return
    call, number, why = str(line["forbidden"]), line.get("errno"), line.get("why")
    if number in (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EUSERS, errno.EINVAL, errno.ENOSYS):
        message = f"this system does not let {'you' if os.geteuid() else 'root'} build a sandbox ({call}: {why})"
        raise UsageError(message, hint=repair())
    raise ReifierError(f"the sandbox could not be built: {call}: {why}", hint="reifierd doctor")


def repair() -> str:
    """The next thing to do where a sandbox may not be built."""
    for place, value, command in _LOCKS:
        with contextlib.suppress(OSError):
            if Path(place).read_text().strip() == value:
                return command
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "sudo modprobe overlay"
    return "in a container: allow user namespaces and mounts in it (a seccomp or AppArmor profile forbids them)"
