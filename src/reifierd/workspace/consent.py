"""What a file must be before its bytes may run, looked at on the open descriptor, so that nothing can be swapped in
between.

- Reached from the pinned root through no link and no mount point.
- A regular file of the daemon's own user, with one name (link count 1), that nobody else can write, in folders (up
  to and with the root) of which the same holds.
- At most `MAX_BYTES`, and nobody has it open for writing. The kernel knows: a read lease (fcntl(2), F_SETLEASE
  with F_RDLCK) is refused while a writer has it. A broken lease sends SIGIO, whose default is death:
  `ready_for_leases` (main thread) catches it first. Where leases do not work, a file that changed less than
  `STABLE` seconds ago is still being written.
- Read once; what is hashed, parsed and run are those bytes.

Every refusal names the command that repairs it. A Busy file is not refused: look again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import signal
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import PurePosixPath

from reifierd.errors import Refused, ReifierError
from reifierd.ledger.digests import FileFacts
from reifierd.workspace.library import Digest, sha256
from reifierd.workspace.owner import writable_by_others
from reifierd.workspace.root import Root

MAX_BYTES = 1_000_000
STABLE = 0.2  # seconds


class Busy(ReifierError):  # noqa: N818 - a state of the world, told by an exception
    """Someone is still writing the file. Look again soon."""


@dataclass(frozen=True)
class ApprovedFile:
    """The bytes that consent is about, and the file that they were read from. `name` is relative to the workspace,
    `sha256` what the library's digest makes of the bytes."""

    name: str
    data: bytes
    sha256: str
    facts: FileFacts


def open_approved(root: Root, name: str, *, max_bytes: int = MAX_BYTES, digest: Digest = sha256) -> ApprovedFile:
    """Read a file under an `approved/` folder, if it may be trusted.

    Refused: it may not. Busy: not yet. FileNotFoundError: it is gone.
    """
    _check_name(root, name)
    for parent in reversed(PurePosixPath(name).parents):
        _check_folder(root, str(parent))
    fd = _open(root, name)
    try:
        info = os.fstat(fd)
        _check_file(root, name, info, fd)
        _check_size(root, name, info, max_bytes)
        data = _read_settled(name, fd, max_bytes)
        if _what_changes(os.fstat(fd)) != _what_changes(info):
            raise _busy(name)
    finally:
        os.close(fd)
    facts = FileFacts(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return ApprovedFile(name, data, digest(data), facts)


def ready_for_leases() -> bool:
    """Catch SIGIO, so that a lease may be taken; only the main thread can. Whether leases may be taken now.

    A handler that does nothing, not SIG_IGN: the processes of a step would inherit that.
    """
    if signal.getsignal(signal.SIGIO) is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGIO, _nothing)
    return signal.getsignal(signal.SIGIO) is not signal.SIG_DFL


def _nothing(signum: int, frame: object) -> None:
    """A lease was broken: the writer waits until we have read, then goes on."""


def shown(text: str) -> str:
    """A name with its control characters and broken bytes visible."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _quoted(root: Root, name: str) -> str:
    """The path for a command line; `$'…'` (bash) where it cannot be typed otherwise."""
    path = str(root.path(name))
    return shlex.quote(path) if path.isprintable() else "$'" + shown(path).replace("'", "\\'") + "'"


def _refused(name: str, why: str, repair: str) -> Refused:
    return Refused(why, where=shown(name), hint=repair)


def _check_name(root: Root, name: str) -> None:
    if not name.isprintable():
        repair = (
            f"mv {_quoted(root, name)} {shlex.quote(str(root.path(str(PurePosixPath(name).parent / 'renamed.md'))))}"
        )
        raise _refused(name, "its name has control characters or bytes that are no UTF-8", repair)


def _check_folder(root: Root, folder: str) -> None:
    try:
        fd = root.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _not_opened(root, folder, error) from error
    try:
        info = os.fstat(fd)
        if info.st_uid != os.getuid():
            repair = f"sudo chown {os.getuid()} {_quoted(root, folder)}"
            raise _refused(folder, f"the folder belongs to another user (uid {info.st_uid})", repair)
        if who := writable_by_others(info, fd):
            raise _refused(folder, f"the folder can be written by {who}", _close_to_others(root, folder, who))
    finally:
        os.close(fd)


def _open(root: Root, name: str) -> int:
    try:
        return root.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _not_opened(root, name, error) from error


def _not_opened(root: Root, name: str, error: OSError) -> Refused:
    path = _quoted(root, name)
    if error.errno == errno.ELOOP:
        target = f'cp --remove-destination "$(readlink -f {path})" {path}'
        return _refused(name, "is a symbolic link, or is reached through one", target)
    if error.errno == errno.EXDEV:
        return _refused(name, "is a mount point, or is reached through one", f"umount {path}")
    if error.errno == errno.EACCES:
        return _refused(name, "cannot be read", f"chmod u+r {path}")
    if error.errno in (errno.ENXIO, errno.ENODEV):
        return _refused(name, "is not a regular file", f"rm {path}")
    return _refused(name, f"cannot be opened: {error.strerror}", f"ls -l {path}")


def _check_file(root: Root, name: str, info: os.stat_result, fd: int) -> None:
    path = _quoted(root, name)
    if not stat.S_ISREG(info.st_mode):
        raise _refused(name, "is not a regular file", f"rm -d {path}")
    if info.st_uid != os.getuid():
        why = f"belongs to another user (uid {info.st_uid})"
        raise _refused(name, why, f"read it, then: cp {path} {path}.mine && mv -f {path}.mine {path}")
    if info.st_nlink != 1:
        why = f"has {info.st_nlink} names (hard links): whoever can write the other one could change it"
        raise _refused(name, why, f"cp {path} {path}.mine && mv -f {path}.mine {path}")
    if who := writable_by_others(info, fd):
        raise _refused(name, f"can be written by {who}", _close_to_others(root, name, who))


def _close_to_others(root: Root, name: str, who: str) -> str:
    path = _quoted(root, name)
    return f"setfacl -b {path} && chmod go-w {path}" if "list" in who else f"chmod go-w {path}"


def _check_size(root: Root, name: str, info: os.stat_result, max_bytes: int) -> None:
    if info.st_size > max_bytes:
        why = f"has {info.st_size} bytes, more than the {max_bytes} that a runbook may have"
        raise _refused(name, why, f"split it: {_quoted(root, name)}")


def _read_settled(name: str, fd: int, max_bytes: int) -> bytes:
    """The bytes, while nobody writes: the lease holds writers back until it is given up."""
    leased = _lease(name, fd)
    try:
        with os.fdopen(os.dup(fd), "rb") as file:
            data = file.read(max_bytes + 1)
    finally:
        if leased:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    if len(data) > max_bytes:
        raise _busy(name)
    return data


def _lease(name: str, fd: int) -> bool:
    """True: the kernel holds writers back. False: leases do not work here, and the file has not changed for a while."""
    if ready_for_leases():
        try:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError as error:
            raise _busy(name) from error
        except OSError:  # no leases on this file system
            pass
        else:
            return True
    if abs(time.time() - os.fstat(fd).st_mtime) < STABLE:
        raise _busy(name)
    return False


def _what_changes(info: os.stat_result) -> tuple[int, ...]:
    """Equal before and after the reading, or the file was touched meanwhile (mode, owner and names change ctime)."""
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns


def _busy(name: str) -> Busy:
    return Busy("is still being written", where=shown(name), hint="close it in your editor")
