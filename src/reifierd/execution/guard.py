"""The guard as a service: judging happens in a worker process that is killed when a block takes too long.

Fail closed: no answer within the limit, or a worker that died, is `override` with that as the reason; the next block
gets a new worker. The worker is warm (rules loaded, one bash running), so that a verdict costs a few milliseconds.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from types import TracebackType

from reifierd.errors import ReifierError
from reifierd.execution import process
from reifierd.execution.unjudged import unjudged
from reifierd.shell import Context, Judgement, Rules

LIMIT = 0.25  # seconds of processor time for one block (the guard's hard limit)
PATIENCE = 20  # times as long by the clock, for a worker that does not get its turn
_START = 20.0  # seconds for a worker to load; the machine may be busy
_CHUNK = 64  # blocks in one message


class Guard:
    """Judge blocks by one set of rules. Safe to use from several threads; `close` (or `with`) ends the worker."""

    def __init__(self, rules: Rules, *, limit: float = LIMIT) -> None:
        self.rules, self.limit = rules, limit
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def judge(self, sources: Sequence[str], context: Context, *, views: bool = True) -> list[Judgement]:
        """One Judgement for each source, in order. `views=False` leaves the view empty (batches are faster)."""
        with self._lock:
            return [
                j
                for at in range(0, len(sources), _CHUNK)
                for j in self._chunk(sources[at : at + _CHUNK], context, views)
            ]

    def _chunk(self, sources: Sequence[str], context: Context, views: bool) -> Iterator[Judgement]:
        done = 0
        while done < len(sources):
            connection = self._ready()
            try:
                connection.send((list(sources[done:]), context, views))
                waits = self.limit
                while done < len(sources) and self._answers(connection, waits):
                    answer: Judgement | str = connection.recv()
                    waits = _START if answer == "loading" else self.limit
                    if isinstance(answer, Judgement):
                        done += 1
                        yield answer
            except (EOFError, OSError):
                self.close()
                done += 1
                yield unjudged("the worker that judges it died")
                continue
            if done < len(sources):
                self.close()
                done += 1
                yield unjudged(f"judging it takes longer than {self.limit * 1000:.0f} ms")

    def _answers(self, connection: Connection, limit: float) -> bool:
        """Whether an answer comes before the worker has spent `limit` seconds of processor time on it.

        On a machine that is busy with other things a worker may wait for its turn longer than it works: that alone
        is no reason to refuse. A worker that only sleeps is waited for `PATIENCE` times as long.
        """
        worker = self._worker
        assert worker is not None
        spent, began = process.cpu_seconds(worker.pid), time.monotonic()
        while not connection.poll(limit / 4):
            if process.cpu_seconds(worker.pid) - spent >= limit or time.monotonic() - began >= limit * PATIENCE:
                return False
        return True

    def _ready(self) -> Connection:
        if self._connection is None or self._worker is None or self._worker.poll() is not None:
            self.close()
            self._start()
        assert self._connection is not None
        return self._connection

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, process.registering:
            self._worker = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
                [sys.executable, "-m", "reifierd.execution.guard_worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            process.helpers.add(self._worker.pid)
        self._connection = Connection(ours.detach())
        try:
            self._connection.send(self.rules)
            ready = self._connection.poll(_START) and self._connection.recv() == "ready"
        except (EOFError, OSError):
            ready = False
        if not ready:
            self.close()
            raise ReifierError("the guard's worker does not start", hint="reifierd doctor")

    def close(self) -> None:
        """End the worker; the next judgement starts another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._worker is not None:
            with contextlib.suppress(ProcessLookupError):
                self._worker.kill()
            self._worker.wait()
            process.helpers.discard(self._worker.pid)
            self._worker = None

    def __enter__(self) -> Guard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
