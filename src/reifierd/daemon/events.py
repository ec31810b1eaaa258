"""What the daemon says while it works: colour and words on a terminal, JSON lines to the journal. Redacted, always."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from reifierd.redaction import Redactor

OnEvent = Callable[[str, Mapping[str, Any]], None]


def event_log(redactor: Redactor, stream: TextIO | None = None) -> OnEvent:
    """A function `(event, fields)` that the loops call for whatever a person may want to see as it happens."""
    out = stream or sys.stderr
    closing: list[Processor]
    if out.isatty():
        closing = [
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=True, pad_event_to=24),
        ]
    else:
        closing = [structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()]
    log = structlog.wrap_logger(
        structlog.PrintLogger(out),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[structlog.processors.add_log_level, _redacted(redactor), *closing],
    )

    def say(event: str, fields: Mapping[str, Any]) -> None:
        level = "warning" if fields.get("level") == "warning" else "info"
        getattr(log, level)(event, **{k: v for k, v in fields.items() if k != "level"})

    return say


def _redacted(redactor: Redactor) -> Processor:
    def process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {k: redactor.text(v) if isinstance(v, str) else v for k, v in event.items()}

    return process
