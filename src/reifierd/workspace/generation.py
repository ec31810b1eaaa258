"""How many consents were used, written beside the marker, so that an older ledger is known as such.

The ledger counts every consent that it gives to a run, in the transaction of the claim; then, before the first step,
the count is written here. So this count is never ahead of the ledger's, whatever dies when, unless the ledger is not
the one that wrote it: a state directory that came back from a backup does not know what has run since. Such a ledger
is treated as a lost one: it has met no folder, and what was said to it is void.

The write is in place and not synced: it must survive the death of the program, and after a power cut the ledger, which
is synced, is ahead. That is no harm.
"""

from __future__ import annotations

import os
import threading

from reifierd.errors import ReifierError
from reifierd.ledger import Ledger
from reifierd.workspace.layout import GENERATION
from reifierd.workspace.root import Root

_lock = threading.Lock()  # runbooks and tasks claim from several threads


def reconcile(root: Root, ledger: Ledger) -> bool:
    """Compare the two; True: the ledger is older than the workspace, and was told so, durably."""
    written, journal = _read(root), ledger.journal
    old = written is None or written > journal.generation()
    if old:
        journal.outdated(max(written or 0, journal.generation()) + 1)
    write(root, journal.generation())
    return old


def note(root: Root, ledger: Ledger) -> None:
    """Before the first step of what was claimed: the workspace learns of it. ReifierError: it cannot be written now."""
    try:
        write(root, ledger.journal.generation())
    except OSError as error:
        where = str(root.path(GENERATION))
        raise ReifierError(
            f"cannot be written: {error.strerror}", where=where, hint=f"free space: df -h {where}"
        ) from error


def write(root: Root, generation: int) -> None:
    """Keep the larger one. OSError: it cannot be written."""
    with _lock:
        if (_read(root) or 0) >= generation:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(GENERATION, flags, 0o600, dir_fd=root.fd)
        try:
            os.pwrite(fd, f"{generation:020}\n".encode(), 0)
        finally:
            os.close(fd)


def _read(root: Root) -> int | None:
    """0 where there is none yet, None where it is no number: then nothing is known, which counts as older."""
    try:
        fd = root.open(GENERATION, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return 0
    except OSError:
        return None
    try:
        text = os.read(fd, 64).strip()
    finally:
        os.close(fd)
    return int(text) if text.isdigit() else None
