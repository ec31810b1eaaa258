"""Files that are what they should be from outside, and hostile within: nothing of them runs, each says why, and each is
back in drafts/ as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.ledger.records import RunState
from reifierd.workspace.layout import APPROVED, DRAFTS

from .conftest import Desk

HOSTILE = {
    "binary": (bytes(range(256)) * 40, "no valid UTF-8"),
    "an executable": (Path("/bin/true").read_bytes()[:4096], "no valid UTF-8"),
    "invalid UTF-8": (b"# A\n\n## Fix\n\n```bash\ntouch PROOF \xff\xfe\n```\n", "no valid UTF-8: byte 0xff"),
    "UTF-16": ("# A\n\n## Fix\n\n```bash\ntouch PROOF\n```\n".encode("utf-16"), "no valid UTF-8"),
    "NUL in a block": (b"# A\n\n## Fix\n\n```bash\ntouch PROOF\x00\n```\n", "a NUL character"),
    "a bidirectional override": ("# A\n\n## Fix\n\n```bash\ntouch PROOF # \u202e x\n```\n".encode(), "U+202E"),
    "a zero-width space": ("# A\n\n## Fix\n\n```bash\ntouch\u200b PROOF\n```\n".encode(), "U+200B"),
    "a look-alike": ("# A\n\n## Fix\n\n```bash\nt\u043euch PROOF\n```\n".encode(), "mixes letters of two scripts"),
    "an escape sequence": (b"# A\n\n## Fix\n\n```bash\ntouch PROOF \x1b[2J\n```\n", "a control character"),
    "a block of 100,000 lines": (
        b"# A\n\n## Fix\n\n```bash\ntouch PROOF\n" + b":\n" * 100_000 + b"```\n",
        "more than 20000 lines",
    ),
    "an open fence": (b"# A\n\n## Fix\n\n```bash\ntouch PROOF\n", "never closed"),
    "front matter that is no YAML": (
        b"---\na: [\n---\n# A\n\n## Fix\n\n```bash\ntouch PROOF\n```\n",
        "the front matter cannot be read",
    ),
    "aliases that explode": (
        b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n---\n"
        b"# A\n\n## Fix\n\n```bash\ntouch PROOF\n```\n",
        "anchors and aliases are not read",
    ),
    "lists 5,000 deep": (
        b"- " * 5_000 + b"x\n\n## Fix\n\n```bash\ntouch PROOF\n```\n",
        "the two Markdown readers disagree",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_content_runs_nothing(desk: Desk, tmp_path: Path, what: str) -> None:
    data, said = HOSTILE[what]
    proof = tmp_path / "proof"
    data = data.replace(b"PROOF", os.fsencode(proof))
    draft = desk.layout.folder(DRAFTS) / "hostile.md"
    draft.write_bytes(data)
    draft.rename(desk.layout.folder(APPROVED) / draft.name)
    desk.look()
    assert desk.last.state is RunState.REFUSED
    assert not proof.exists()
    assert draft.read_bytes() == data
    assert said in desk.receipt
    assert desk.last.reason


def test_what_is_larger_than_a_runbook_may_be_stays_and_is_told(desk: Desk, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    desk.approve("huge.md", f"# A\n\n## Fix\n\n```bash\ntouch {proof}\n```\n" + "a line of prose\n" * 100_000)
    assert desk.ledger.journal.runs(1) == []
    assert not proof.exists()
    assert (desk.layout.folder(APPROVED) / "huge.md").exists()
    assert "more than the 1000000 that a runbook may have" in str(desk.events[-1])


def test_fifteen_thousand_lines_of_prose_are_no_obstacle(
    desk: Desk, runbook: Callable[..., str], tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    desk.approve("long.md", runbook(("Fix", f"touch {proof}")) + "\n## Notes\n\n" + "a word\n" * 15_000)
    assert proof.exists()
