"""The inner side: three processes, from the one that leaves the machine's namespaces to the one that does the work.

- The *keeper* stands outside the new pid namespace and waits; when it dies, all die.
- The *first process* of the namespace builds the file system, watches the bounds, ends everybody when the work is done,
  and then tells what changed. It is not to be signalled, traced or reached by anything inside.
- The *worker* gives up every right that is not needed to change files, and does the work. What it says goes through
  the same pipe, one JSON object a line; no step inherits it.

Lines: {"ready"} (namespaces stand: ids may be mapped), {"left_out": [[path, why], …]}, the worker's own, {"over": why}
where a bound was reached, {"change": record} for each, {"end": true}. {"forbidden": call, "errno", "why"}: it could not
begin.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from reifierd.execution.sandbox import kernel, seccomp
from reifierd.execution.sandbox.cover import STAGE, Covered, cover, protect_proc
from reifierd.execution.sandbox.model import Box, Limits
from reifierd.execution.sandbox.walk import records

Tell = Callable[[dict[str, Any]], None]

_EVERY = 0.05  # seconds between two looks at the bounds
_PAGE = os.sysconf("SC_PAGE_SIZE")
# What root needs to change files and to become a service's user; nothing of it reaches over the new namespaces.
_WORKING = (kernel.CHOWN, kernel.DAC_OVERRIDE, kernel.FOWNER, kernel.FSETID, kernel.KILL, kernel.SETGID, kernel.SETUID,
            kernel.NET_BIND)  # fmt: skip


def teller(pipe: int) -> Tell:
    """Writes JSON lines into `pipe`; a reader that is gone ends this process."""

    def tell(value: dict[str, Any]) -> None:
        data = json.dumps(value).encode() + b"\n"
        while data:
            data = data[os.write(pipe, data) :]

    return tell


def enter(box: Box, pipe: int, mapped: Callable[[], None], work: Callable[[Tell], None]) -> None:
    """Run `work` in a sandbox; never returns. `mapped` waits until the outside has written the maps of ids."""
    tell = teller(pipe)
    parent = os.getppid()
    try:
        kernel.die_with_parent(parent)
        kernel.unshare()
        tell({"ready": True})
        mapped()
        kernel.die_with_parent(parent)  # a new user namespace forgets the wish
        first = os.fork()
        if first == 0:
            _first(box, tell, work)
        _, status = os.waitpid(first, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    except OSError as error:
        _forbidden(tell, error)
        os._exit(1)


def _forbidden(tell: Tell, error: OSError) -> None:
    tell({"forbidden": error.filename or "", "errno": error.errno, "why": error.strerror})


def _first(box: Box, tell: Tell, work: Callable[[Tell], None]) -> None:
    try:
        kernel.die_with_parent(0)
        kernel.hide_self()
        covered = cover(box.limits.disk, box.limits.files, box.hidden)
        stage = os.open(STAGE, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        kernel.enter_root(f"{STAGE}/root")
        _settings(box.limits)
        tell({"left_out": covered.left_out})
        worker = os.fork()
        if worker == 0:
            os.close(stage)
            _worker(box.limits, tell, work)
        kernel.drop_capabilities((kernel.DAC_READ_SEARCH,))
        over = _watch(worker, box.limits)
        _end_all()
        _tell_changes(tell, covered, stage, over)
    except OSError as error:
        _forbidden(tell, error)
        os._exit(1)
    except BaseException:  # a bug of ours is told like one; nothing may unwind into the caller's stack
        tell({"bug": traceback.format_exc()})
        os._exit(1)
    os._exit(0)


def _settings(limits: Limits) -> None:
    """Of the new namespaces: no further ones, a network of one's own, and (Linux 6.14 on) a bound of pids."""
    with contextlib.suppress(OSError):
        _write("/proc/sys/kernel/pid_max", str(max(301, limits.processes * 2)))
    _write("/proc/sys/user/max_user_namespaces", "0")
    kernel.loopback_up()
    protect_proc()


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _worker(limits: Limits, tell: Tell, work: Callable[[Tell], None]) -> None:
    try:
        os.setsid()
        kernel.limit(
            file=limits.disk,
            memory=limits.memory,
            processes=limits.processes,
            seconds=max(1, int(limits.seconds)),
        )
        kernel.drop_capabilities(_WORKING if os.getuid() == 0 else ())
        seccomp.install()
        kernel.hide_self()
    except OSError as error:
        _forbidden(tell, error)
        os._exit(1)
    try:
        work(tell)
    except BaseException:  # as in `_first`
        tell({"bug": traceback.format_exc()})
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def _watch(worker: int, limits: Limits) -> str:
    """Wait for the worker, and bury orphans; returns which bound was reached, "" for none."""
    until = time.monotonic() + limits.seconds
    while True:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == worker:
                return "" if ended[1] == 0 else "the worker was ended from inside"
        if time.monotonic() >= until:
            return f"it took longer than {limits.seconds:g} s"
        processes, memory = _used()
        if processes > limits.processes:
            return f"it had more than {limits.processes} processes at once"
        if memory > limits.memory:
            return f"it took more than {limits.memory >> 20} MiB of memory"
        time.sleep(_EVERY)


def _used() -> tuple[int, int]:
    """How many processes there are, and how many bytes of memory they have (shared ones counted each time)."""
    pids = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - names, twenty times a second
    pages = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - as above
                fields = file.read().split()
        except OSError:
            continue
        pages += int(fields[1]) - int(fields[2])
    return len(pids), pages * _PAGE


def _end_all() -> None:
    """Nobody but us is left in this pid namespace."""
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _tell_changes(tell: Tell, covered: Covered, stage: int, over: str) -> None:
    if over:
        tell({"over": over})
    for record in records(covered, stage):
        tell({"change": record})
    tell({"end": True})
