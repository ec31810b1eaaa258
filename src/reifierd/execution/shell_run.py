"""Run one step: one shell, in a clean environment, in its own session, watched until it ends or is ended.

Rules
- A step ends when its shell does, not when its output does: what it left running lives on, is named in the result, and
  keeps a pipe that somebody reads (a `cat` that outlives us), so that no service dies of a broken pipe.
- Timeout and stop: SIGTERM to everything of the step, the grace, SIGKILL to whatever is left, until nothing is.
- stdin is /dev/null, stdout and stderr are one pipe (order is kept), every other descriptor is closed.
- bash gets the step's own text as its script, and nothing else in it, so that line numbers in its messages are those of
  the block; what comes before (the state of the last step) is sourced through BASH_ENV, which the step does not see.
- What holds the shell's state raw (the preamble, the dump) is in a folder of this step's own that goes when the step
  ends, however it ends; the preamble is emptied as soon as bash has read it.
- Secret parameters travel in the environment of the process and are in no file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from reifierd.execution import process, unit
from reifierd.execution.capture import Capture
from reifierd.execution.state import ShellState, parse
from reifierd.ledger.records import StepState

CANNOT_START = 126  # what a shell answers for a command that is found and cannot be run
BACKGROUND_LOOK = 1.0  # seconds after which a `background` step that still runs counts as started
_CHUNK = 1 << 20
_LINGER = 0.05  # seconds a step's last children get to end by themselves before they count as left running
_PREAMBLE = resources.files(__package__).joinpath("preamble.sh").read_text()


@dataclass(frozen=True)
class StepSpec:
    """What to run. Times are in seconds, `umask` is a number, `mark` is unique to this attempt.

    `folder` is a private folder in memory. `environment` is what the first shell of a run starts with; a later one
    (`state` given) takes its variables from the state. `env` holds for this step only; `secrets` are passed to every
    step and are left out of the state it leaves. `cwd` is "" for where the last step ended (the first: $HOME).
    """

    command: str
    mark: str
    folder: Path
    environment: Mapping[str, str]
    state: ShellState | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    umask: int = 0o022
    interpreter: str = "bash"
    strict: bool = False
    background: bool = False
    timeout: float = 300.0
    grace: float = 10.0
    output_cap: int = 1_000_000
    unit: bool = False  # as a transient unit of the user's service manager


@dataclass(frozen=True)
class StepResult:
    """`exit` is the shell's status (128 + signal as shells say it), None where it was not waited for (`background`).

    `output` is raw: redact it before it is stored. `state` is what the step left, None where it left none (it replaced
    its shell, was ended, or is no bash): then the state before it still holds. `survivors` are processes that SIGKILL
    did not end.
    """

    state_of_step: StepState
    exit: int | None
    duration: float
    output: str
    state: ShellState | None = None
    left_running: tuple[process.Left, ...] = ()
    survivors: tuple[int, ...] = ()


class Stop:
    """A person's or the daemon's wish to end the running step; may be said from any thread."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.said = False

    def say(self) -> None:
        self.said = True
        os.eventfd_write(self._fd, 1)

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)


def run_step(
    spec: StepSpec,
    *,
    on_output: Callable[[bytes], None] = lambda _: None,
    on_spawn: Callable[[int, int], None] = lambda _pid, _start: None,
    stop: Stop | None = None,
) -> StepResult:
    """Run it and wait for its end. `on_output` gets raw pieces as they come, `on_spawn` the pid and its start ticks."""
    started = time.monotonic()
    raw = spec.folder / f"raw-{os.urandom(4).hex()}"
    try:
        return _run(spec, raw, started, on_output, on_spawn, stop)
    finally:
        if not (spec.background and _unread(raw)):
            shutil.rmtree(raw, ignore_errors=True)


def _run(  # noqa: PLR0913, PLR0917 - what `run_step` was given, and where its raw files are
    spec: StepSpec,
    raw: Path,
    started: float,
    on_output: Callable[[bytes], None],
    on_spawn: Callable[[int, int], None],
    stop: Stop | None,
) -> StepResult:
    try:
        read_end, shell = _spawn(spec, raw)
    except (OSError, ValueError, RuntimeError) as error:  # a home that nobody has, a name that no system call takes
        why = f"{error.strerror}: {error.filename or spec.interpreter}" if isinstance(error, OSError) else str(error)
        message = f"reifierd: could not start: {why}\n"
        return StepResult(StepState.FINISHED, CANNOT_START, time.monotonic() - started, message)
    leader = process.look(shell.pid)
    assert leader is not None  # it is our child and we have not waited for it
    on_spawn(leader.pid, leader.start)
    watch = _Watch(spec, read_end, leader, on_output, stop)
    try:
        ended = watch.until_end(started)
        survivors = process.kill_all(spec.mark, leader, leader.start) if ended is not StepState.FINISHED else []
        left = () if ended is not StepState.FINISHED else watch.left_running()
        open_pipe = watch.drain()
        status = shell.wait() if watch.shell_ended() else None
        if open_pipe:
            _keep_draining(read_end)
    finally:
        os.close(read_end)
    if status is None:  # a background step's shell: `process.Reaper` waits for it from now on
        process.helpers.add(shell.pid)
        shell.returncode = 0
    return StepResult(
        state_of_step=ended,
        exit=status if status is None or status >= 0 else 128 - status,
        duration=time.monotonic() - started,
        output=watch.capture.text(),
        state=_state_after(spec, raw) if ended is StepState.FINISHED else None,
        left_running=left,
        survivors=tuple(p.pid for p in survivors),
    )


def _spawn(spec: StepSpec, raw: Path) -> tuple[int, subprocess.Popen[bytes]]:
    """Start the shell; returns the reading end of its output, and the process (whose pid leads its own session)."""
    spec.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    raw.mkdir(mode=0o700)
    script = spec.folder / "step"
    script.write_text(spec.command + "\n", errors="surrogateescape")
    environment = dict(spec.environment) if spec.state is None else {}
    exported = spec.state.exported if spec.state else {}
    if spec.interpreter in ("bash", "sh"):
        argv = ["bash", "--noprofile", "--norc", str(script)]
        environment["BASH_ENV"] = str(_preamble(spec, raw))
    else:
        argv = [*shlex.split(spec.interpreter), str(script)]
        environment |= exported
        if spec.interpreter == "zsh":
            argv.insert(1, "--no-rcs")
    environment |= {n: v for n, v in exported.items() if n.startswith("LC_") or n in ("LANG", "LANGUAGE")}
    environment |= {**spec.env, **spec.secrets, process.MARK: spec.mark}
    search = environment.get("PATH") or exported.get("PATH")
    argv[0] = _which(argv[0], search)
    with _start_folder(spec) as start:
        environment["PWD"] = cwd = start  # keeps a path through a symbolic link as the last step left it
        if spec.unit and not start.startswith("/proc/self/"):  # a folder of ours means nothing to the manager
            argv = unit.wrapped(argv, unit.Start(spec.mark, environment, spec.umask, start), raw)
            environment, cwd = unit.talking(), "/"
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        with contextlib.suppress(OSError):  # a larger pipe only saves wake-ups
            fcntl.fcntl(read_end, fcntl.F_SETPIPE_SZ, _CHUNK)
        try:
            shell = subprocess.Popen(  # noqa: S603 - running what a person approved is what this program is for
                argv,
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                cwd=cwd,
                env=environment,
                umask=spec.umask,
                start_new_session=True,
            )
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
    os.set_blocking(read_end, False)
    return read_end, shell


def _which(program: str, search: str | None) -> str:
    """bash itself is the system's, whatever a runbook's PATH says; anything else is found as the step would find it."""
    if program == "bash":
        return "/bin/bash" if Path("/bin/bash").exists() else shutil.which("bash") or program
    return shutil.which(program, path=search) or program


def _preamble(spec: StepSpec, raw: Path) -> Path:
    place = raw / "preamble"
    own = {*spec.env, *spec.secrets}
    text = _PREAMBLE.replace("@DUMP@", shlex.quote(str(raw / "dump"))).replace("@SELF@", shlex.quote(str(place)))
    text += (spec.state or ShellState("")).script(leave_out=own, strict=spec.strict)
    place.write_text(text, errors="surrogateescape")
    return place


def _unread(raw: Path) -> bool:
    """Whether bash has not come to read the preamble yet (a `background` step on a busy machine)."""
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


def _state_after(spec: StepSpec, raw: Path) -> ShellState | None:
    try:
        state = parse((raw / "dump").read_bytes())
    except FileNotFoundError:
        return None
    if state is None:
        return None
    return state.without(spec.secrets).after(spec.state, strict=spec.strict, env=dict(spec.env))


def _keep_draining(read_end: int) -> None:
    """Hand the pipe to a process that reads it to its end, also when this one is gone."""
    os.set_blocking(read_end, True)
    drain = subprocess.Popen(
        ["/bin/cat"],
        stdin=read_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        start_new_session=True,
    )
    process.helpers.add(drain.pid)
    drain.returncode = 0  # `process.Reaper` waits for it


class _Watch:
    """Reads a step's output and waits for its shell, its deadline or a stop, whichever comes first."""

    def __init__(
        self,
        spec: StepSpec,
        read_end: int,
        leader: process.Process,
        on_output: Callable[[bytes], None],
        stop: Stop | None,
    ) -> None:
        self._spec, self._pipe, self._leader, self._on_output = spec, read_end, leader, on_output
        self._stop = stop
        self._handle = os.pidfd_open(leader.pid)
        self._open = True
        self.capture = Capture(spec.output_cap)

    def until_end(self, started: float) -> StepState:
        deadline = started + (min(BACKGROUND_LOOK, self._spec.timeout) if self._spec.background else self._spec.timeout)
        ending: StepState | None = None
        while True:
            if ending is None and self.shell_ended():
                return StepState.FINISHED
            if ending and self.shell_ended() and not self._others():
                return ending
            now = time.monotonic()
            if ending is None and self._stop and self._stop.said:
                ending, deadline = StepState.STOPPED, now + self._spec.grace
                self._ask_to_end()
            elif now >= deadline and (ending or self._spec.background):
                return ending or StepState.FINISHED
            elif now >= deadline:
                ending, deadline = StepState.TIMED_OUT, now + self._spec.grace
                self._ask_to_end()
            self._wait(min(deadline - now, 0.05 if ending else deadline - now), ending)

    def shell_ended(self) -> bool:
        return bool(select.select([self._handle], [], [], 0)[0])

    def left_running(self) -> tuple[process.Left, ...]:
        """What is still there a moment after the shell's end (of a `background` step: its shell, too)."""
        look = (self._spec.mark, self._leader, self._leader.start)
        left = process.left_running(*look)
        if left:
            time.sleep(_LINGER)
            left = process.left_running(*look)
        if not self.shell_ended():
            own = process.Left(self._leader.pid, self._leader.start, process.command_line(self._leader.pid))
            left = (own, *left)
        return left

    def drain(self) -> bool:
        """Take what is in the pipe, at most what fits into it; True where somebody can still write to it."""
        for _ in range(2):
            if not self._open or not self._read():
                break
        return self._open

    def _others(self) -> bool:
        return any(not p.dead for p in process.members(self._spec.mark, self._leader, self._leader.start))

    def _ask_to_end(self) -> None:
        """The shell first: were its child to die before, it would go on with the next command."""
        for each in [self._leader, *process.members(self._spec.mark, self._leader, self._leader.start)]:
            process.send(each, signal.SIGTERM)

    def _wait(self, seconds: float, ending: StepState | None) -> None:
        poll = select.poll()
        if self._open:
            poll.register(self._pipe, select.POLLIN)
        if not ending:  # afterwards it may be readable for long: then the caller asks every few milliseconds
            poll.register(self._handle, select.POLLIN)
        if self._stop and not ending:
            poll.register(self._stop.fileno(), select.POLLIN)
        if any(fd == self._pipe for fd, _ in poll.poll(max(0.0, seconds) * 1000)):
            self._read()

    def _read(self) -> bool:
        """One piece of output; False where there is none just now or ever again."""
        try:
            data = os.read(self._pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._open = False
            return False
        self.capture.feed(data)
        self._on_output(data)
        return True

    def __del__(self) -> None:
        os.close(self._handle)
