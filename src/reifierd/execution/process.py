"""Processes of a step: who belongs to it, and how all of them are ended.

Rules
- Only processes that a step of ours started are ever signalled, each by pid *and* start time (a pid is reused).
- A step's bash leads its own session. A child that leaves it (setsid, a double fork) is still found: by descent,
  because this process adopts orphans (PR_SET_CHILD_SUBREAPER, prctl(2)), and by `REIFIERD_STEP` in its environment.
- Measured elsewhere and tested here: kill(pid) leaves five of six kinds of children, killpg four, this sweep none.
- Orphans that we adopted must be reaped by us; children that other parts of this program started must not.
- Steps of other projects may be under way beside this one. An adopted orphan that has left its session and lost its
  environment could be anybody's then, and is left alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from reifierd.execution import unit
from reifierd.execution.unit import MARK

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS, _PAUSE = 200, 0.01  # two seconds for a killed process to vanish; a fork bomb is hit again in every round
_FEW = 64  # pids that are looked at one by one, where a look at every process of the machine would take longer
_DEAD_LONG = 5.0  # seconds: a part of this program that started a child waits for it sooner than that

helpers: set[int] = set()
"""Pids of long-lived children that are ours and no step's (drains, workers): never swept, never taken for an orphan."""

leaders: set[int] = set()
"""Pids of the shells of the steps that are under way."""

registering = threading.Lock()
"""Held from the start of such a child until its pid is in its set: a look in between would take it for an orphan."""


@dataclass(frozen=True)
class Process:
    """One line of the process table. `start` is in clock ticks since boot (/proc/PID/stat, field 22)."""

    pid: int
    ppid: int
    session: int
    start: int
    dead: bool


@dataclass(frozen=True)
class Left:
    """A process that a step left running: `command` is its command line."""

    pid: int
    start: int
    command: str


def adopt_orphans() -> bool:
    """Become the parent of orphaned descendants; False where the kernel does not offer it."""
    return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def _read(place: str) -> bytes:
    """A file of /proc; many are read after each step, and a Path would cost as much again."""
    with open(place, "rb", buffering=0) as file:  # noqa: PTH123 - as said
        return file.read()


def look(pid: int) -> Process | None:
    """The process with this pid, or None where there is none."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()  # the name in parentheses may hold anything
    return Process(pid, int(fields[1]), int(fields[3]), int(fields[19]), fields[0] in (b"Z", b"X"))


def ancestors(pid: int) -> set[int]:
    """The pids of a process's parent, of that one's parent, and so on."""
    found: set[int] = set()
    process = look(pid)
    while process and process.ppid not in found and process.ppid > 0:
        found.add(process.ppid)
        process = look(process.ppid)
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, its ended children included (proc(5), /proc/PID/stat 14 to 17)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def table() -> list[Process]:
    return [p for entry in os.scandir("/proc") if entry.name.isdigit() and (p := look(int(entry.name)))]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def mark_of(pid: int) -> str | None:
    """The step that started this process (its `REIFIERD_STEP`); "" where it has no mark, None where we may not look."""
    try:
        variables = _read(f"/proc/{pid}/environ").split(b"\0")
    except OSError:
        return None
    prefix = f"{MARK}=".encode()
    return next((v[len(prefix) :].decode(errors="replace") for v in variables if v.startswith(prefix)), "")


def members(mark: str, leader: Process | None, since: int) -> list[Process]:
    """All processes of the step `mark` but its leader, the oldest first, dead ones that wait to be reaped included.

    `leader` is the step's bash, or None after a restart of ours, when only the mark and `since` (start ticks) are left.
    """
    us, mine = os.getpid(), os.getsid(0)
    session = leader.pid if leader else -1
    with registering:
        others = leaders - {session}
        everyone = [p for p in table() if p.start >= since and p.pid not in others and p.pid not in helpers]
    alone = leader is not None and not others
    found = set()
    for p in everyone:
        if p.pid == us or p.session == mine:
            continue
        own = mark_of(p.pid)
        if p.session == session or own == mark or (alone and not own and p.ppid == us):
            found.add(p.pid)
    if leader:
        found.add(leader.pid)
    found |= unit.members(mark) - {us}
    grown = True
    while grown:
        children = {p.pid for p in everyone if p.ppid in found and p.pid not in found}
        found |= children
        grown = bool(children)
    return sorted((p for p in everyone if p.pid in found and p.pid != session), key=lambda p: (p.start, p.pid))


def send(process: Process, number: int) -> None:
    """Signal this very process; nothing happens where its pid has gone to another one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        handle = os.pidfd_open(process.pid)
        try:
            now = look(process.pid)
            if now and now.start == process.start:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def kill_all(mark: str, leader: Process | None, since: int) -> list[Process]:
    """SIGKILL until nothing of the step is left; returns what could not be ended (stuck in the kernel, say)."""
    unit.kill(mark)
    left: list[Process] = []
    for _ in range(_ROUNDS):
        left = [p for p in members(mark, leader, since) if not _reaped(p)]
        if leader and (now := look(leader.pid)) and now.start == leader.start and not now.dead:
            left.append(now)
        if not left:
            break
        for process in left:
            send(process, signal.SIGKILL)
        time.sleep(_PAUSE)
    return left


def end_remains(mark: str, pid: int | None, start: int | None) -> int:
    """End what still runs of a step that a dead daemon started; returns how many processes that were.

    The session of the step's bash counts as its own for as long as its pid has not gone to somebody else.
    """
    now = look(pid) if pid else None
    leader = None
    if pid and start is not None and (now is None or now.start == start):
        leader = Process(pid, 0, pid, start, dead=now is None or now.dead)
    alive = [p for p in members(mark, leader, start or 0) if not p.dead]
    kill_all(mark, leader, start or 0)
    return len(alive) + bool(leader and not leader.dead)


def left_running(mark: str, leader: Process, since: int) -> tuple[Left, ...]:
    """What a step that ended by itself left behind on purpose."""
    if _nothing_since(mark, leader, since):
        return ()
    alive = [p for p in members(mark, leader, since) if not _reaped(p)]
    left = tuple(Left(p.pid, p.start, command_line(p.pid)) for p in alive)
    return tuple(each for each in left if not unit.is_launcher(each.command))


def _nothing_since(mark: str, leader: Process, since: int) -> bool:
    """Whether nothing that began after `leader` can be there, which a few cheap looks tell of most steps.

    Pids are given one after the other (proc_loadavg(5), last field): none since the leader's is in use. Had they gone
    round once, what the step left would be our child by now, at its top, or in the cgroup of its unit. (Our first
    thread is the one that adopts.)
    """
    us = os.getpid()
    try:
        last = int(Path("/proc/loadavg").read_bytes().split()[-1])
        mine = Path(f"/proc/{us}/task/{us}/children").read_bytes().split()
    except OSError:
        return False
    if not leader.pid <= last <= leader.pid + _FEW or unit.members(mark):
        return False
    if any(Path(f"/proc/{pid}").exists() for pid in range(leader.pid + 1, last + 1)):
        return False
    known = helpers | leaders | {leader.pid}
    return not any(p.start >= since for pid in map(int, mine) if pid not in known and (p := look(pid)))


class Reaper:
    """Buries adopted orphans and helpers that ended; call `reap(now)` now and then."""

    def __init__(self) -> None:
        self._dead_since: dict[int, float] = {}

    def reap(self, now: float) -> int:
        """Bury what has been dead for a while; returns how many orphans that were. `now` is in seconds, any origin."""
        us, mine = os.getpid(), os.getsid(0)
        known = helpers | leaders
        dead = {p.pid for p in table() if p.ppid == us and p.dead and p.session != mine and p.pid not in known}
        self._dead_since = {pid: self._dead_since.get(pid, now) for pid in dead}
        due = [pid for pid, since in self._dead_since.items() if now - since >= _DEAD_LONG]
        helpers.difference_update([pid for pid in helpers if _wait(pid)])
        return sum(_wait(pid) for pid in due)


def _reaped(process: Process) -> bool:
    """Whether it is dead; buries it where it is ours to bury."""
    if process.dead and process.ppid == os.getpid():
        _wait(process.pid)
    return process.dead


def _wait(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
