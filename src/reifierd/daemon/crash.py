"""A bug's log file: what was asked, the traceback, the versions; redacted like everything that is written."""

from __future__ import annotations

import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from reifierd import __version__
from reifierd.redaction import Redactor
from reifierd.workspace.layout import state_home


def write_crash(error: BaseException) -> Path:
    """Write the log file and return its path."""
    folder = state_home() / "crashes"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = datetime.now(UTC)
    redactor = Redactor()
    for word in sys.argv:  # `--param SHOE=…`: a name that says nothing, and a value that may stand in the message too
        redactor.learn(word.partition("=")[2])
    text = "".join(
        [
            f"reifierd {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
            f"{now.isoformat()}\ncommand: {sys.argv[1:]}\n\n",
            *traceback.format_exception(error),
        ]
    )
    path = folder / f"crash-{now:%Y%m%d-%H%M%S-%f}.log"
    path.touch(mode=0o600)
    path.write_text(redactor.text(text))
    return path
