"""What the daemon says while it works: sentences on a terminal, else JSON lines with all fields. Redacted, always.

A line that cannot be written (a full disk, a closed terminal) is lost, and nothing else: the journal has it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from reifierd.daemon.phrases import Phrase, Tone, phrase
from reifierd.redaction import Redactor

OnEvent = Callable[[str, Mapping[str, Any]], None]
LABEL = 9  # columns
_COLOURS = {Tone.GOOD: "32", Tone.POOR: "31", Tone.WARNING: "33", Tone.PLAIN: "36"}  # ANSI, ECMA-48 8.3.117
_BAD_ENDS = frozenset({"failed", "refused", "unknown"})


def event_log(redactor: Redactor, stream: TextIO | None = None) -> OnEvent:
    """A function `(event, fields)` that the loops call for whatever a person may want to see as it happens."""
    out = stream or sys.stderr
    closing: list[Processor]
    if out.isatty():
        closing = [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False), _sentence()]
    else:
        closing = [structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()]
    log = structlog.wrap_logger(
        structlog.PrintLogger(out),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[structlog.processors.add_log_level, _redacted(redactor), *closing],
    ).bind()  # else it is made anew for every line

    def say(event: str, fields: Mapping[str, Any]) -> None:
        warns = fields.get("level") == "warning" or fields.get("result") in _BAD_ENDS
        tell = log.warning if warns else log.info
        with contextlib.suppress(OSError):
            tell(event, **{k: v for k, v in fields.items() if k != "level"})

    return say


def written(said: Phrase, clock: str, width: int, *, colour: bool) -> str:
    """The line of a terminal of `width` columns: time, sign, label, sentence."""
    sign = said.tone.value or " "
    head = f"{clock}  {sign} {said.label:<{LABEL}} "
    text = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in said.text)
    room = width - len(head)
    if said.cut and len(text) > room > 1:
        text = f"{text[: room - 1]}…"
    if colour:
        head = f"\x1b[2m{clock}\x1b[0m  \x1b[{_COLOURS[said.tone]}m{sign} {said.label:<{LABEL}}\x1b[0m "
    return head + text


def _sentence() -> Processor:
    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        name, clock = event.pop("event"), event.pop("timestamp")
        width = shutil.get_terminal_size().columns
        return written(phrase(name, event), clock, width, colour=not os.environ.get("NO_COLOR"))

    return process


def _redacted(redactor: Redactor) -> Processor:
    def hidden(value: Any) -> Any:
        if isinstance(value, str):
            return redactor.text(value)
        return [hidden(v) for v in value] if isinstance(value, list | tuple) else value

    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {k: hidden(v) for k, v in event.items()}

    return process
