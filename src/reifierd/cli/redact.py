"""`reifierd redact`: standard input to standard output, without the secrets.

Line by line as they come, so that it can stand behind `tail -f`. Bytes that are no UTF-8 pass unchanged.
"""

from __future__ import annotations

import codecs
import json
import os
import sys

import click

from reifierd.errors import UsageError
from reifierd.redaction import Redactor, Stream, marked

_PIECE = 1 << 20  # bytes that are taken at a time, where so many are there


@click.command(help="Take the secrets out of a text: standard input to standard output.")
@click.option("--jsonl", is_flag=True, help='Batch: {"id", "text"} a line in, {"id", "text", "spans"} a line out.')
def redact(jsonl: bool) -> None:
    """Redact standard input; with `--jsonl` each line is a text of its own, judged without the others."""
    if jsonl:
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                click.echo(_answer(line, number))
        return
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    stream = Stream(Redactor())
    while piece := os.read(sys.stdin.fileno(), _PIECE):
        _write(stream.feed(decoder.decode(piece)))
    _write(stream.feed(decoder.decode(b"", final=True)) + stream.finish())


def _write(text: str) -> None:
    if text:
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def _answer(line: bytes, number: int) -> str:
    try:
        row = json.loads(line)
        name, spans = row.get("id"), Redactor().spans(row["text"])
        text: str = row["text"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = 'give one {"id": …, "text": "…"} a line'
        raise UsageError(f'not an object with a "text": {error}', where=f"<stdin>:{number}", hint=hint) from error
    found = [[span.start, span.end, span.kind] for span in spans]
    return json.dumps({"id": name, "text": marked(text, spans), "spans": found})
