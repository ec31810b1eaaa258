"""`reifierd redact`: standard input to standard output, without the secrets."""

from __future__ import annotations

import json
import sys

import click

from reifierd.errors import UsageError
from reifierd.redaction import Redactor


@click.command(help="Take the secrets out of a text: standard input to standard output.")
@click.option("--jsonl", is_flag=True, help='Batch: {"id", "text"} a line in, {"id", "text", "spans"} a line out.')
def redact(jsonl: bool) -> None:
    """Redact standard input; with `--jsonl` each line is a text of its own, judged alone."""
    if jsonl:
        _batch()
        return
    sys.stdout.write(Redactor().text(sys.stdin.read()))


def _batch() -> None:
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            sys.stdout.write(_answer(line, number) + "\n")


def _answer(line: str, number: int) -> str:
    try:
        row = json.loads(line)
        text = row["text"]
        redactor = Redactor()
        spans = [[s.start, s.end, s.kind] for s in redactor.spans(text)]
        return json.dumps({"id": row.get("id"), "text": redactor.text(text), "spans": spans}, ensure_ascii=False)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f'not a JSON object with a "text": {error}',
            where=f"<stdin>:{number}",
            hint='one {"id": …, "text": "…"} a line',
        ) from error
