"""What was done in an editor, as a block that applies the recorded diff.

The block is for bash and GNU patch. It applies all of the diff or nothing (a dry run comes first, without fuzz), fails
where the file has moved on, and succeeds, saying so, where the change is made already.
"""

from __future__ import annotations

import re
import shlex

from reifierd.ledger.records import FileEdit
from reifierd.loops.scribe.facts import Fact

_OPTIONS = "--batch --fuzz=0 --no-backup-if-mismatch --follow-symlinks --reject-file=-"
# what a diff in a draft cannot hold: control characters other than tab and newline (a file that people read)
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def replayable(edit: FileEdit) -> bool:
    """The diff is there, whole and readable."""
    return bool(edit.diff) and "[REDACTED" not in edit.diff and not _UNFIT.search(edit.diff) and "@@" in edit.diff


def patch_block(edit: FileEdit, *, sudo: bool = False) -> str:
    """Bash that makes this edit to the file at its absolute path."""
    path, mark = shlex.quote(edit.path), _delimiter(edit.diff)
    patch = "sudo patch" if sudo else "patch"
    body = edit.diff if edit.diff.endswith("\n") else edit.diff + "\n"
    return (
        f"IFS= read -r -d '' change <<'{mark}' || true\n{body}{mark}\n"
        f'if printf %s "$change" | {patch} --dry-run --reverse --force --silent {_OPTIONS} {path}'
        " >/dev/null 2>&1; then\n"
        f'  echo "already changed:" {path}\n'
        "else\n"
        f'  printf %s "$change" | {patch} --dry-run --forward {_OPTIONS} {path} &&\n'
        f'    printf %s "$change" | {patch} --forward {_OPTIONS} {path}\n'
        "fi"
    )


def _delimiter(diff: str) -> str:
    """A word that no line of the diff is."""
    mark = "END_OF_DIFF"
    while mark in diff:
        mark += "_"
    return mark


def with_sudo(fact: Fact) -> bool:
    """The editor was run as another user."""
    return fact.programs[:1] == ("sudoedit",) or fact.text.split()[:1] == ["sudo"]
