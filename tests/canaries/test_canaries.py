"""No secret reaches a byte that reifierd wrote or said, wherever it came in."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.canaries.circle import CANARY, PLACES, Circle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def circle(tmp_path_factory: pytest.TempPathFactory) -> Circle:
    made = Circle(tmp_path_factory.mktemp("canaries"))
    made.go()
    return made


def spellings(secret: str) -> Iterator[bytes]:
    """The secret as programs write it; of base64 what is the same wherever the secret begins."""
    raw = secret.encode()
    yield from (raw, raw[2:-2], quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode())
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + raw)[4 : -4 if len(raw) % 3 else None]


def own(circle: Circle) -> set[Path]:
    """Files that the person of this story wrote; moved about as they are, byte for byte."""
    names = ("echo.md", "fail.md", "front.md", "body.md", "guarded.md", "reset-")
    return {p for p in circle.workspace.glob("runbooks/*/*.md") if p.name.startswith(names)}


def test_the_whole_circle_was_gone(circle: Circle) -> None:
    """Nothing here is proved by a command that did nothing."""
    reports = [json.loads(p.read_text()) for p in sorted((circle.workspace / "reports").glob("*.json"))]
    results = [(r["runbook"].rsplit("/")[-1][:8], r["result"]) for r in reports]
    written = {("echo.md", "succeeded"), ("fail.md", "failed"), ("front.md", "refused"), ("guarded.", "refused")}
    assert written | {("reset-to", "failed")} <= set(results), results
    assert next(r for r in results if r[0] == "incident")[1] == "refused"  # its parameters were not given
    assert ("incident", "succeeded") in results, [r["reason"] for r in reports]
    shown = b"".join(circle.said.values())
    assert shown.count(b"[REDACTED:") > 20
    assert b"reports/" in circle.said["daemon at a terminal"]


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_stands_nowhere(circle: Circle, place: str) -> None:
    found = []
    for where, data in everything(circle):
        found += [f"{where}: …{data[max(0, at - 60) : at + 60]!r}" for at in places(data, CANARY[place])]
    assert not found, "\n".join(found[:12])


def places(data: bytes, secret: str) -> list[int]:
    return [at for form in spellings(secret) if (at := data.find(form)) >= 0][:1]


def everything(circle: Circle) -> Iterator[tuple[str, bytes]]:
    """Every file that reifierd wrote, with its name, and everything that it said."""
    mine = own(circle)
    for folder in ("workspace", "state", "runtime"):
        for path in sorted((circle.base / folder).rglob("*")):
            if path not in mine:
                yield f"the name {path}", path.name.encode()
            if path.is_file() and not path.is_symlink() and path not in mine:
                yield str(path.relative_to(circle.base)), path.read_bytes()
    for command, said in circle.said.items():
        yield f"said by {command}", said
