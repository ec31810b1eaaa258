"""Overrides are added to a front matter's bytes, and nothing else moves."""

from __future__ import annotations

import pytest

from reifierd.documents import parse_runbook
from reifierd.documents.patch import add_override, override_lines
from reifierd.errors import UsageError

RULES = ["fs-root: a", "net-exec"]
UNTIL = "2026-11-21"


@pytest.mark.parametrize(
    "document",
    [
        b"# X\n\n- `rm x`\n",
        b"\xef\xbb\xbf# X\r\ntext\r\n",
        b"---\ntitle: x\n---\n# X\n",
        b"---\r\ntitle: x  # why\r\n# end\r\n---\r\n# X",
        b"---\n---\n# X\n",
        b"",
    ],
)
def test_an_override_is_bound_to_the_document_without_it(document: bytes) -> None:
    bare = parse_runbook(document)
    marked = add_override(document, RULES, UNTIL, bare.sha256_bare)
    book = parse_runbook(marked)
    assert book.problems == bare.problems
    assert book.sha256_bare == bare.sha256_bare
    assert book.front["overrides"] == [{"rule": rule, "until": UNTIL, "sha256": bare.sha256_bare} for rule in RULES]
    again = parse_runbook(add_override(marked, ["third"], UNTIL, bare.sha256_bare))
    assert [entry["rule"] for entry in again.front["overrides"]] == [*RULES, "third"]
    assert again.sha256_bare == bare.sha256_bare


def test_the_lines_to_paste_are_the_same() -> None:
    document = b"---\ntitle: x\n---\n# X\n"
    sha256 = parse_runbook(document).sha256_bare
    lines = override_lines(RULES, UNTIL, sha256).encode()
    assert document.replace(b"---\n# X", lines + b"---\n# X") == add_override(document, RULES, UNTIL, sha256)


@pytest.mark.parametrize("document", [b"---\n[\n---\n", b"---\ntitle: x\n", b"---\n{title: x}\n---\n"])
def test_a_front_matter_that_cannot_be_edited_is_said(document: bytes) -> None:
    with pytest.raises(UsageError):
        add_override(document, RULES, UNTIL, "0" * 64)
