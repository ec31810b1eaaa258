"""`reifierd redact` as a script calls it."""

from __future__ import annotations

import json
import subprocess
import sys


def reifierd(*arguments: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "reifierd", *arguments], input=given, capture_output=True, check=False)


def test_standard_input_comes_out_without_its_secrets() -> None:
    done = reifierd("redact", given=b"ok\nmysql -uroot -pS3cret9x shop\n")
    assert done.stdout == b"ok\nmysql -uroot -p[REDACTED:password] shop\n"
    assert done.returncode == 0


def test_bytes_that_are_no_text_pass_unchanged() -> None:
    assert reifierd("redact", given=b"\xff\xfe plain\r\n").stdout == b"\xff\xfe plain\r\n"


def test_a_batch_keeps_order_and_ids_and_says_where() -> None:
    rows = [{"id": "b", "text": "id"}, {"id": 7, "text": "mysql -pS3cret9x"}, {"text": "S3cret9x alone"}]
    given = "".join(json.dumps(row) + "\n" for row in rows).encode()
    answers = [json.loads(line) for line in reifierd("redact", "--jsonl", given=given).stdout.splitlines()]
    assert answers == [
        {"id": "b", "text": "id", "spans": []},
        {"id": 7, "text": "mysql -p[REDACTED:password]", "spans": [[8, 16, "password"]]},
        {"id": None, "text": "S3cret9x alone", "spans": []},
    ]


def test_a_broken_line_is_named() -> None:
    done = reifierd("redact", "--jsonl", given=b'{"id": 1, "text": "a"}\n{"id": 2}\n')
    assert done.returncode == 2
    assert b"<stdin>:2" in done.stderr


def test_a_line_comes_out_while_more_is_still_awaited() -> None:
    command = [sys.executable, "-m", "reifierd", "redact"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        running.stdin.write(b"mysql -uroot -pS3cret9x shop\nmore")
        running.stdin.flush()
        assert running.stdout.readline() == b"mysql -uroot -p[REDACTED:password] shop\n"
        running.stdin.close()
        assert running.stdout.read() == b"more"
