"""The rows of the ledger as frozen types: what loops hand to each other through it.

Times are UTC, seconds since the epoch (float). Every text here has been through the redaction before it is stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


def key_of(path: str) -> str:
    """What a path is found again by, whatever the redaction makes of its text today or tomorrow."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class SourceMark:
    """How far a history source has been read. Holds figures and digests only, never a line of it.

    `offset` is the byte up to which it was read, `dev`, `ino`, `size`, `mtime_ns` its stat facts then. `digests` are
    lower-case hexadecimal, in an order that the reader of the source gives a meaning to (the last lines that it has
    seen, say, to find its place in a file that was rewritten).
    """

    path: str
    shell: str = ""
    dev: int = 0
    ino: int = 0
    size: int = 0
    mtime_ns: int = 0
    offset: int = 0
    entries: int = 0  # how many entries have been read from it in all
    digests: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecretParam:
    """A secret that was taken out of a command: `name` is the environment variable that stands in its place."""

    name: str
    help: str


@dataclass(frozen=True)
class FileEdit:
    """What happened to a file that a command named: a unified diff (redacted), or the fact that nothing changed.

    `path` is absolute. `origin` is "hook" (a copy from before the command) or "git" (the work tree's last commit).
    `diff` is "" where the file is the same as before.
    """

    path: str
    diff: str
    origin: str
    sha_before: str = ""
    sha_after: str = ""


@dataclass(frozen=True)
class Command:
    """One command a person typed. None means that the source did not say.

    `command` carries "$NAME" where a secret stood, and `params` declares each such name. `env` holds the allowlisted
    environment names as they stood when it ran. `noise` commands are counted, never steps.
    """

    command: str
    shell: str
    source: str  # "hook", or "history:<path>"
    id: int | None = None
    session: str | None = None
    cwd: str | None = None
    started: float | None = None
    duration: float | None = None
    exit: int | None = None
    tty: str | None = None
    shell_pid: int | None = None
    shell_session: str | None = None
    host: str | None = None
    user: str | None = None
    umask: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    params: tuple[SecretParam, ...] = ()
    edits: tuple[FileEdit, ...] = ()
    noise: bool = False
    arrived: float | None = None  # when it was first seen: the only time there is where the source keeps none
    settled: bool = False  # hook and history: the other one's record of it was found, or can no longer come


@dataclass(frozen=True)
class Silence:
    """A line typed under REIFIERD_OFF, without its text: it is left out where the history file is read.

    It was typed between `began` and `ended` (seconds since the epoch); its lines have `sizes` bytes.
    """

    shell: str
    shell_session: str
    began: float
    ended: float
    sizes: tuple[int, ...] = ()
    id: int | None = None


class SessionState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # ended, not yet looked at by the scribe
    DRAFTED = "drafted"
    SKIPPED = "skipped"  # changed nothing, or held back at the first start: `reifierd draft --since` brings it


@dataclass(frozen=True)
class Session:
    """A stretch of work. `id` is its start in UTC, `YYYY-MM-DDTHH:MM:SSZ` (`-2` … on a clash), and never changes."""

    id: str
    state: SessionState
    started: float
    ended: float
    draft: str | None = None  # path of the draft, relative to the workspace
    reason: str = ""  # why it was skipped
    recorded: float | None = None  # when it came into the ledger: a history may tell of last year


class FileState(StrEnum):
    """What the ledger knows of a file under an `approved/` folder."""

    HELD = "held"
    FILED = "filed"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    HEALTHY = "already healthy"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    CHANGED = "changed"
    GONE = "gone"


class Hold(StrEnum):
    """Why a file is held: what releases it depends on it."""

    PAUSED = "paused"  # released by the end of the pause, or by approve
    OLD = "old"  # put there while nobody looked: released by approve
    MANY = "many"  # one of many that arrived together: released by approve
    RETURNED = "returned"  # bytes that were carried out before, in a file nobody saw before: released by approve
    DURING = "during"  # came while a run was under way, perhaps from its own steps: released by approve


class RunState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"  # `confirm: each`: a person says `reifierd resume`
    SUCCEEDED = "succeeded"
    HEALTHY = "already healthy"
    NOT_NEEDED = "not needed"
    FILED = "filed"
    FAILED = "failed"
    STOPPED = "stopped"
    REFUSED = "refused"
    HELD = "held"
    UNKNOWN = "unknown"


class StepState(StrEnum):
    STARTED = "started"
    FINISHED = "finished"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Approval:
    """A file under `approved/`: `name` is relative to the workspace, `sha256` the bytes that consent was given to
    (where the state is CHANGED: those that stand there without one).

    `key` finds the file again (`key_of(name)`): `name` is redacted, as every text is, so compare keys, not names.
    """

    name: str
    sha256: str
    state: FileState
    seen: float
    run_id: str | None = None
    reason: str = ""
    key: str = ""
    hold: Hold | None = None  # with HELD, and only with it
    folder: str = ""  # the folder of consent; "" for that of `name`


@dataclass(frozen=True)
class Run:
    run_id: str
    runbook: str
    sha256: str
    state: RunState
    started: float
    ended: float | None = None
    pid: int | None = None
    report: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class StepRun:
    run_id: str
    n: int
    attempt: int
    section: str
    command: str
    line: int
    cwd: str
    state: StepState
    started: float
    name: str = ""
    duration: float | None = None
    exit: int | None = None
    output: str = ""
    pid: int | None = None
    pid_start: int | None = None  # clock ticks since boot, /proc/PID/stat field 22: guards against a reused pid


@dataclass(frozen=True)
class Line:
    """One line of what happens in a run, for those who follow it."""

    id: int
    run_id: str
    at: float
    text: str


@dataclass(frozen=True)
class Word:
    """What a person told the daemon by command: `kind` is approve, resume or stop; `subject` a name or a run."""

    id: int
    kind: str
    subject: str
    detail: str
    at: float
    sha256: str = ""  # the bytes that the person meant; "" for whatever stands there
    key: str = ""  # key_of(subject)
