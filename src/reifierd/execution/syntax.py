"""`bash -n`: whether bash itself accepts a source. Nothing of the source is ever executed.

One long-lived bash answers (0.4 ms each, where a spawn costs more than 1 ms): for every source it forks, sets `-n` as
the first line of what it evaluates, and reports the status. Its environment is empty. A source that is long, that
holds a NUL or that the helper does not answer in time is given to a `bash -n` of its own, which is killed on time-out.
Note that an unterminated heredoc passes `bash -n` (with a warning): the reader must see that itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess

# `set -n` is a line of its own in what eval reads, so it holds before the next line is even parsed (bash manual,
# The Set Builtin).
_LOOP = r"""
while IFS= read -r -d '' source; do
  ( eval $'set -n\n'"$source" ) >/dev/null 2>&1 </dev/null && echo 0 || echo 1
done
"""
_LONG = 1_000  # characters; bash reads a pipe byte by byte, so that a spawn is cheaper from here on
TIMEOUT = 2.0  # seconds by the clock: bash needs one millisecond, but may have to wait for its turn


class SyntaxChecker:
    """Asks bash. `ask` may run ahead of `answer` by one source, so that bash works while the caller does."""

    def __init__(self, bash: str | None = None) -> None:
        self.bash = bash or shutil.which("bash") or "/bin/bash"
        self._helper: subprocess.Popen[bytes] | None = None
        self._waiting: list[str | None] = []  # None: the helper has it; a text: to be spawned

    def valid(self, source: str) -> bool:
        """True where bash accepts the source; False for a syntax error, a NUL or no answer in time."""
        self.ask(source)
        return self.answer()

    def ask(self, source: str) -> None:
        data = source.encode("utf-8", "surrogatepass")
        if len(source) > _LONG or "\x00" in source:
            self._waiting.append(source)
            return
        helper = self._started()
        assert helper.stdin is not None
        try:
            helper.stdin.write(data + b"\x00")
            helper.stdin.flush()
            self._waiting.append(None)
        except OSError:
            self.close()
            self._waiting.append(source)

    def answer(self) -> bool:
        """The answer to the oldest question."""
        source = self._waiting.pop(0)
        if source is not None:
            return self._spawned(source)
        helper = self._helper
        if helper is None or helper.stdout is None or not select.select([helper.stdout], [], [], TIMEOUT)[0]:
            self.close()
            return False
        return os.read(helper.stdout.fileno(), 2) == b"0\n"

    def _started(self) -> subprocess.Popen[bytes]:
        if self._helper is None or self._helper.poll() is not None:
            self._helper = subprocess.Popen(  # noqa: S603 - bash itself, with a fixed program and an empty environment
                [self.bash, "--norc", "--noprofile", "-c", _LOOP],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
            )  # fmt: skip
        return self._helper

    def _spawned(self, source: str) -> bool:
        if "\x00" in source:
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(  # noqa: S603 - `-n`: read, never run
                [self.bash, "--norc", "--noprofile", "-n"],
                input=source.encode("utf-8", "surrogatepass"), capture_output=True, env={}, cwd="/", timeout=TIMEOUT,
                check=False,
            )  # fmt: skip
            return done.returncode == 0
        return False

    def close(self) -> None:
        if self._helper is not None:
            self._helper.kill()
            for stream in (self._helper.stdin, self._helper.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
            self._helper.wait()
            self._helper = None
