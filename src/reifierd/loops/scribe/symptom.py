"""What the logs said: the error that fits the incident, how often and when, and a pattern that finds it again.

Pure: the texts come from outside. Counted are lines between half an hour before the session and its first change (or
its end). A line without a time belongs to the line before it. Among kinds of lines the worst word wins, then the
most frequent, then the latest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from reifierd.loops.scribe.knowledge import knowledge

BEFORE = 1800.0  # seconds before the session in which an error still belongs to it
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STAMPS = (
    re.compile(
        r"(?P<y>\d{4})[-/](?P<m>\d\d)[-/](?P<d>\d\d)[T ](?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)"
        r"(?:[.,]\d+)?\s?(?P<z>Z|UTC|[+-]\d\d:?\d\d)?"
    ),
    re.compile(r"(?P<d>\d\d)/(?P<b>[A-Z][a-z]{2})/(?P<y>\d{4}):(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d) (?P<z>[+-]\d{4})"),
    re.compile(
        r"(?:[A-Z][a-z]{2} )?(?P<b>[A-Z][a-z]{2}) +(?P<d>\d{1,2}) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)"
        r"(?:\.\d+)?(?: (?P<y>\d{4}))?"
    ),
    re.compile(r"(?P<d>\d\d) (?P<b>[A-Z][a-z]{2}) (?P<y>\d{4}) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?:\.\d+)?"),  # redis
)
_VARIABLE = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)|(?P<hex>\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b)"
    r"|(?P<quoted>\"[^\"]{1,60}\")|(?P<path>(?<![\w.])/[^\s:,;'\"()]*/[^\s:,;'\"()]+)|(?P<number>(?<![A-Za-z_.])\d+(?![A-Za-z_]))"
)


@dataclass(frozen=True)
class Symptom:
    """`line` is the latest such line without its time; times are UTC seconds, None where the log has none."""

    line: str
    count: int
    log: str
    pattern: str
    first: float | None
    last: float | None


@dataclass(frozen=True)
class _Line:
    text: str
    at: float | None
    log: str


def find_symptom(logs: Sequence[tuple[str, str]], start: float, until: float, zone: tzinfo = UTC) -> Symptom | None:
    """The error that the logs (path, text) show between half an hour before `start` and `until`.

    `zone` is that of times that name none.
    """
    lines = [line for path, text in logs for line in _lines(path, text, start, zone)]
    near = [line for line in lines if line.at is None or start - BEFORE <= line.at <= until]
    groups: dict[tuple[str, str], list[_Line]] = {}
    for line in near:
        if _weight(line.text):
            groups.setdefault((line.log, _signature(line.text)), []).append(line)
    if not groups:
        return None
    best = max(groups.values(), key=lambda g: (_weight(g[-1].text), len(g), g[-1].at or 0))
    times = [line.at for line in best if line.at is not None]
    text = best[-1].text[:300]
    return Symptom(text, len(best), best[-1].log, pattern_of(text), min(times, default=None), max(times, default=None))


def _lines(path: str, text: str, start: float, zone: tzinfo) -> Iterable[_Line]:
    at: float | None = None
    for raw in text.splitlines():
        found = next((m for stamp in _STAMPS if (m := stamp.search(raw, 0, 60))), None)
        if found:
            at = _seconds(found, start, zone) or at
        message = (raw[: found.start()].strip(" [") + " " + raw[found.end() :]) if found else raw
        message = re.sub(r"^[\s\]:|,-]+", "", message).strip()
        if message:
            yield _Line(message, at, path)


def _seconds(found: re.Match[str], start: float, zone: tzinfo) -> float | None:
    part = found.groupdict()
    try:
        month = int(part["m"]) if part.get("m") else _MONTHS.index(part["b"]) + 1
        year = int(part.get("y") or datetime.fromtimestamp(start, zone).year)
        moment = datetime(year, month, int(part["d"]), int(part["H"]), int(part["M"]), int(part["S"]), tzinfo=zone)
    except ValueError:
        return None
    offset = part.get("z")
    if offset:
        written = "+0000" if offset in ("Z", "UTC") else offset.replace(":", "")
        moment = moment.replace(tzinfo=datetime.strptime(written, "%z").tzinfo)
    return moment.timestamp()


def _weight(text: str) -> int:
    """How bad a line sounds: 3 fatal, 2 error, 1 warning, 0 nothing."""
    low, words = text.lower(), knowledge().symptoms
    if low.startswith("traceback"):
        return 0  # the line below the stack says what it was
    if re.match(r"(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b", text):
        return 3
    for weight, kind in ((3, "fatal"), (2, "error"), (1, "warning")):
        if any(re.search(rf"(?<![a-z]){re.escape(word)}", low) for word in words[kind]):
            return weight
    return 0


def _signature(text: str) -> str:
    return _VARIABLE.sub("<>", text)


def pattern_of(text: str) -> str:
    """A regular expression for lines like this one: numbers, ids and quoted names may differ."""
    out, at = "", 0
    general = {"uuid": r"[0-9a-f-]{36}", "hex": r"(?:0x)?[0-9a-f]+", "quoted": '"[^"]*"', "number": r"\d+"}
    for found in _VARIABLE.finditer(text):
        out += _escape(text[at : found.start()])
        out += _path(found[0]) if found.lastgroup == "path" else general[found.lastgroup or "number"]
        at = found.end()
    return out + _escape(text[at:])


def _path(path: str) -> str:
    """A path by its last two names: where a service stands may differ from host to host."""
    end = "/".join(path.split("/")[-2:])
    return r"\S*" + re.sub(r"\d+", r"\\d+", _escape("/" + end.lstrip("/")))


def _escape(text: str) -> str:
    """re.escape for what means something in a regular expression, so that the rest stays readable."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)
