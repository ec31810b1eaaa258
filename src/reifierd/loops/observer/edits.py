"""What a command did to a file, as a patch: two copies in, a `FileEdit` out. Pure; the caller redacts.

The diff is unified with three lines of context; its header names are `a` and `b` plus the absolute path, so
`patch -p1 -d /` applies it. A file that did not exist stands as `/dev/null`. Lines end at newlines only, and a
last line without one is marked as `diff` marks it, so that the patch restores exactly these bytes.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator

from reifierd.ledger.records import FileEdit
from reifierd.loops.observer.spool_records import FileCopy


def file_edit(copy: FileCopy, key: bytes = b"") -> FileEdit | None:
    """The edit between the two states; `diff` is "" where they are equal. None where no text patch can say it.

    With `key` (secret, at most 64 bytes) the two hashes are keyed with it, since a plain hash of a short file can be
    guessed; without it they stay empty. A file that is not there has no hash, nor has one that did not change.
    """
    before, after = _text(copy.before), _text(copy.after)
    if "\n" in copy.path or before is None or after is None:
        return None
    if copy.before == copy.after:  # the hook sends no contents then: there is nothing to hash
        return FileEdit(copy.path, "", "hook")
    diff = "".join(_diff(copy, before, after))
    return FileEdit(copy.path, diff, "hook", _sha(copy.before, key), _sha(copy.after, key))


def _text(content: bytes | None) -> str | None:
    try:
        return (content or b"").decode()
    except UnicodeDecodeError:
        return None


def _sha(content: bytes | None, key: bytes) -> str:
    return hashlib.blake2b(content, key=key, digest_size=32).hexdigest() if key and content is not None else ""


def _diff(copy: FileCopy, before: str, after: str) -> Iterator[str]:
    old, new = _name("a", copy.path, copy.before), _name("b", copy.path, copy.after)
    if not before and not after:  # made or deleted empty: only git's header can say that (GNU patch reads it)
        what = "new" if copy.before is None else "deleted"
        quote = '"' if " " in copy.path else ""
        yield f"diff --git {quote}a{copy.path}{quote} {quote}b{copy.path}{quote}\n{what} file mode 100644\n"
        return
    for line in difflib.unified_diff(_lines(before), _lines(after), old, new, lineterm="\n"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Split after newlines only: str.splitlines also splits at form feeds and others, which `patch` does not."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _name(side: str, path: str, content: bytes | None) -> str:
    name = "/dev/null" if content is None else f"{side}{path}"
    return f"{name}\t" if " " in name else name  # GNU diff and git end a name with spaces by a tab
