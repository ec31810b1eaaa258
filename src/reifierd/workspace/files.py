"""The one door for writing into the workspace and the state directory.

- Nothing is ever overwritten by `write_new` and `move_no_replace` (renameat2 with RENAME_NOREPLACE, else link and
  unlink); where the name is taken, a numbered one (`fix-2.md`) is used and returned.
- A file appears whole or not at all, and stays after a power cut: temporary file in the same folder, fsync,
  rename, fsync(folder).
- Every text passes the redaction. JSON passes leaf by leaf, so that it stays JSON.
- What a crash leaves behind is a temporary file (`.reifierd-tmp-PID-…`), no item to anyone; `sweep_temps` removes
  it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from reifierd.errors import ReifierError
from reifierd.redaction import Redactor

TEMP = ".reifierd-tmp-"
_NOREPLACE = 1  # RENAME_NOREPLACE, linux/fs.h
_libc = ctypes.CDLL(None, use_errno=True)


class Door:
    """Writes texts, redacted. Bytes are texts in UTF-8; a byte that is none is shown as \\xNN."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def write_new(self, path: Path, content: str | bytes, mode: int = 0o600) -> Path:
        """Write a new file; returns where it stands (a numbered name when `path` is taken)."""
        return write_new(path, self._clean(content), mode)

    def write_new_json(self, path: Path, value: Any) -> Path:
        return write_new(path, self._json(value))

    def replace(self, path: Path, content: str | bytes) -> None:
        """Replace a file that the daemon owns, atomically; readers see the old one or the new one."""
        replace_atomic(path, self._clean(content))

    def replace_json(self, path: Path, value: Any) -> None:
        replace_atomic(path, self._json(value))

    def _clean(self, content: str | bytes) -> bytes:
        text = content.decode("utf-8", "backslashreplace") if isinstance(content, bytes) else content
        return self._redactor.text(text).encode("utf-8", "backslashreplace")

    def _json(self, value: Any) -> bytes:
        clean = cache(self._redactor.text)  # names of fields and reasons come thousands of times
        return (json.dumps(_leaves(value, clean), ensure_ascii=False, indent=2) + "\n").encode(
            "utf-8", "backslashreplace"
        )


def _leaves(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(k)): _leaves(v, clean) for k, v in value.items()}
    return [_leaves(v, clean) for v in value] if isinstance(value, (list, tuple)) else value


def write_new(path: Path, data: bytes, mode: int = 0o600) -> Path:
    """Write `data`, which holds no secret, under a name that nobody has; returns the path that it got."""
    with _folder(path.parent) as folder:
        temp = _write_temp(folder, data, mode)
        try:
            name = _first_free(path.name, lambda n: _rename_new(folder, temp, folder, n))
        except BaseException:
            _forget(folder, temp)
            raise
        try:
            os.fsync(folder)
        except OSError:  # whoever is told that it failed will write it again
            _forget(folder, name)
            raise
    return path.with_name(name)


def replace_atomic(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` with `data`, which holds no secret; the old content or the new, never a part."""
    with _folder(path.parent) as folder:
        temp = _write_temp(folder, data, mode)
        try:
            os.rename(temp, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _forget(folder, temp)
            raise
        os.fsync(folder)


def move_no_replace(source: Path, folder: Path) -> Path:
    """Move a file or folder into another folder of the workspace, its bytes unchanged; returns where it stands now.

    FileNotFoundError: someone was faster. ReifierError: the folders are on two file systems.
    """
    with _folder(source.parent) as start, _folder(folder) as goal:
        try:
            name = _first_free(source.name, lambda n: _rename_new(start, source.name, goal, n))
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            raise ReifierError(
                f"{source.parent} and {folder} are on two file systems", where=str(source), hint="make it one"
            ) from error
        os.fsync(goal)
        os.fsync(start)
    return folder / name


class Temporary:
    """A file with `data` beside where it shall stand, synced; removed at the end, whatever stands under its name."""

    def __init__(self, folder: Path, data: bytes, mode: int) -> None:
        self._path, self._data, self._mode = folder, data, mode

    def __enter__(self) -> Temporary:
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.folder = stack.enter_context(_folder(self._path))
            self.name = _write_temp(self.folder, self._data, self._mode)
            stack.callback(_forget, self.folder, self.name)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()


def sweep_temps(folder: Path) -> int:
    """Remove what writers that are dead by now left half-written; returns how many."""
    dead = [p for p in folder.glob(f"{TEMP}*") if not _alive(p.name.removeprefix(TEMP).partition("-")[0])]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead)


def _alive(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists() and int(pid) != os.getpid()


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _write_temp(folder: int, data: bytes, mode: int) -> str:
    name = f"{TEMP}{os.getpid()}-{secrets.token_hex(6)}"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(name, flags, mode, dir_fd=folder), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        _forget(folder, name)
        raise
    return name


def _forget(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _first_free(name: str, attempt: Callable[[str], None]) -> str:
    """`name`, or the first of `stem-2.md`, `stem-3.md`, … for which the attempt does not say that it is taken."""
    stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
    number = 1
    while True:
        candidate = name if number == 1 else f"{stem}-{number}{dot}{ending}"
        try:
            attempt(candidate)
        except FileExistsError:
            number += 1
        else:
            return candidate


def _rename_new(start: int, old: str, goal: int, new: str) -> None:
    """Rename unless `new` exists (FileExistsError)."""
    if _libc.renameat2(start, os.fsencode(old), goal, os.fsencode(new), _NOREPLACE) == 0:
        return
    code = ctypes.get_errno()
    if code not in (errno.EINVAL, errno.ENOSYS):
        raise OSError(code, os.strerror(code), old, None, new)
    link_and_unlink(start, old, goal, new)


def link_and_unlink(start: int, old: str, goal: int, new: str) -> None:
    """RENAME_NOREPLACE for file systems that have none. A folder cannot be linked: it is checked, then renamed."""
    if not stat.S_ISDIR(os.stat(old, dir_fd=start, follow_symlinks=False).st_mode):
        os.link(old, new, src_dir_fd=start, dst_dir_fd=goal, follow_symlinks=False)
        os.unlink(old, dir_fd=start)
        return
    with contextlib.suppress(FileNotFoundError):
        os.stat(new, dir_fd=goal, follow_symlinks=False)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
    os.rename(old, new, src_dir_fd=start, dst_dir_fd=goal)
