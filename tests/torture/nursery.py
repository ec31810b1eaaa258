"""Starts daemons fast: everything is imported once, and each daemon is a fork that runs `reifierd run` as ever.

A line on standard input names the file that the daemon's output goes to; its pid is the answer.
"""

from __future__ import annotations

import os
import signal
import sys

from reifierd.__main__ import main
from reifierd.cli import run  # noqa: F401
from reifierd.daemon import service, wiring  # noqa: F401 - what takes the time of a start
from reifierd.redaction import Redactor
from reifierd.shell import load_rules


def serve() -> None:
    load_rules()
    Redactor().text("password=warm")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _daemon(line.strip())
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _daemon(output: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for fd, stream in ((null, 0), (out, 1), (out, 2)):
        os.dup2(fd, stream)
    sys.argv = ["reifierd", "run"]
    main()
    os._exit(0)


if __name__ == "__main__":
    serve()
