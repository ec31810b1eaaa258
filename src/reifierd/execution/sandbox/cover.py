"""The file system of a sandbox: each folder of the machine under a layer to write on, and nothing to write through.

Rules
- A folder without a mount below it becomes an overlay: the real one is its lower layer, its changes go to `up/N`.
- A folder with mounts below (`/` always) is made anew and each of its entries covered by itself: the kernel refuses to
  lay a folder under an overlay whose inner mounts a user may not take off (mount_namespaces(7), locked mounts).
- What cannot be laid under an overlay is left out (an empty folder), and said. Never is anything bound writable.
- A socket of the machine that is seen through an overlay is no meeting point: the kernel looks for the listener by
  inode, and the overlay's is another one. In folders that are made anew sockets and devices are left out.
- /run is empty, /proc and /sys are fresh ones of the new namespaces, /dev has what every program needs.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reifierd.execution.sandbox import kernel

STAGE = "/sys"  # what stands here is not needed while the new root is built: /sys is mounted afresh
PRIVATE = "/run/reifierd-rehearsal"  # ours, inside
_FRESH = frozenset({"/proc", "/sys", "/dev", "/run", "/var/run"})
_PRIVATE_SIZE = 64 << 20
_NOBODY = 65534  # what the kernel shows for ids that a user namespace does not know
_SMALL = 1 << 20  # bytes; a larger file of a folder that is made anew is there to be read only
_MOST = 4_000  # overlays and folders; a machine with more (a host of containers) is shown in part
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PROC_READ_ONLY = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "tty", "driver", "mtrr")
_PROC_HIDDEN = ("kcore", "keys", "key-users", "kmsg", "timer_list", "latency_stats", "sched_debug", "kallsyms")


@dataclass
class Covered:
    """`layers`: (folder on the machine, number of its upper layer). `made`: folders made anew, with the names they had.
    `left_out`: (path, why). `modes`: what stands in for another owner's, by path: it is ours, so its mode says what we
    may do."""

    layers: list[tuple[str, int]] = field(default_factory=list)
    made: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    modes: dict[str, int] = field(default_factory=dict)


def mount_points(text: str) -> list[str]:
    """The fifth field of each line of /proc/self/mountinfo (proc(5)), with its octal escapes read."""
    return [
        re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), os.fsencode(line.split(" ")[4])).decode(
            "utf-8", "surrogateescape"
        )
        for line in text.splitlines()
    ]


def cover(size: int, files: int, hidden: tuple[str, ...]) -> Covered:
    """Build it below `STAGE`, of `size` bytes and `files` files at most, and make it the root."""
    kernel.mount("", "/", flags=kernel.REC | kernel.PRIVATE)
    points = mount_points(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"))
    options = f"size={size},nr_inodes={files},mode=755"
    kernel.mount("tmpfs", STAGE, "tmpfs", kernel.NOSUID | kernel.NODEV, options)
    for name in ("root", "up", "work", "empty"):
        os.mkdir(f"{STAGE}/{name}", 0o755)  # noqa: PTH102 - a fixed place, not a path that anybody gave
    kernel.bind(f"{STAGE}/root", f"{STAGE}/root")
    covered = _Covering(points).all()
    _fresh(f"{STAGE}/root")
    _hide(f"{STAGE}/root", hidden)
    return covered


class _Covering:
    def __init__(self, points: list[str]) -> None:
        self._parents = {str(parent) for point in points for parent in Path(point).parents}
        self._root = f"{STAGE}/root"
        self._found = Covered()
        self._folders = 0

    def all(self) -> Covered:
        waiting = ["/"]
        self._dress("/", self._root, Path("/").stat())
        while waiting:
            path = waiting.pop()
            self._folders += 1
            if path != "/" and path not in self._parents:
                self._overlay(path)
            else:
                waiting.extend(self._anew(path))
        return self._found

    def _overlay(self, path: str) -> None:
        """`path` may hold any character: it is given to the kernel as a descriptor."""
        number = len(self._found.layers)
        upper, work, target = f"{STAGE}/up/{number}", f"{STAGE}/work/{number}", self._root + path
        with contextlib.ExitStack() as stack:
            try:
                lower = os.open(path, os.O_PATH | os.O_DIRECTORY)
                stack.callback(os.close, lower)
                self._like(path, upper)
                os.mkdir(work, 0o700)  # noqa: PTH102 - see `cover`
                layers = f"lowerdir=/proc/self/fd/{lower},upperdir={upper},workdir={work},userxattr"
                kernel.mount("overlay", target, "overlay", kernel.NOSUID | kernel.NODEV, layers)
            except OSError as error:
                self._found.left_out.append((path, error.strerror or str(error)))
                return
        self._found.layers.append((path, number))

    def _anew(self, path: str) -> Iterator[str]:
        """Its entries, made or copied; yields the folders in it that remain to be covered."""
        names: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    where = os.path.join(path, entry.name)  # noqa: PTH118 - names may be any bytes
                    if where in _FRESH and not entry.is_symlink():
                        continue
                    with contextlib.suppress(OSError):
                        if self._entry(where, entry):
                            names.append(entry.name)
                            if entry.is_dir(follow_symlinks=False):
                                yield where
        except OSError as error:
            self._found.left_out.append((path, error.strerror or str(error)))
        self._found.made[path] = tuple(names)

    def _entry(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Whether it is there now."""
        target, info = self._root + path, entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            os.symlink(os.readlink(path), target)  # noqa: PTH211, PTH115 - as above
        elif stat.S_ISDIR(info.st_mode):
            if self._folders + len(self._found.layers) > _MOST:
                self._found.left_out.append((path, "there are too many mounts on this machine"))
                return False
            self._like(path, target)
        elif stat.S_ISREG(info.st_mode):
            return self._file(path, target, info)
        else:
            return False
        return True

    def _file(self, path: str, target: str, info: os.stat_result) -> bool:
        mode = stat.S_IMODE(info.st_mode) & 0o777
        try:
            if info.st_size > _SMALL:
                os.close(os.open(target, os.O_CREAT | os.O_WRONLY, mode))
                kernel.bind(path, target, read_only=True)
                return True
            data = Path(path).read_bytes()
        except OSError as error:
            self._found.left_out.append((path, error.strerror or str(error)))
            return False
        Path(target).write_bytes(data)
        self._dress(path, target, info)
        return True

    def _like(self, path: str, target: str) -> None:
        """A folder with the owner, the mode and the times of another."""
        os.mkdir(target, 0o700)  # noqa: PTH102 - names may be any bytes
        self._dress(path, target, os.stat(path))  # noqa: PTH116 - as above

    def _dress(self, path: str, target: str, info: os.stat_result) -> None:
        mode, user = stat.S_IMODE(info.st_mode), os.getuid()
        if user == 0:
            os.chown(target, info.st_uid, info.st_gid)
        elif info.st_uid != user or user == _NOBODY:  # an owner that the new user namespace does not know
            may = [(os.R_OK, 0o444), (os.W_OK, 0o222), (os.X_OK, 0o111)]
            mode = mode & 0o7000 | sum(bits for right, bits in may if os.access(path, right))
            self._found.modes[path] = mode
        os.chmod(target, mode)  # noqa: PTH101 - as above
        os.utime(target, ns=(info.st_atime_ns, info.st_mtime_ns))


def _fresh(root: str) -> None:
    """/proc, /sys, /dev and /run of the sandbox's own."""
    safe = kernel.NOSUID | kernel.NODEV | kernel.NOEXEC
    for name in ("proc", "sys", "dev", "run"):
        with contextlib.suppress(FileExistsError):
            os.mkdir(f"{root}/{name}", 0o755)  # noqa: PTH102 - fixed places
    with contextlib.suppress(OSError):
        kernel.mount("sysfs", f"{root}/sys", "sysfs", safe | kernel.RDONLY)  # without it: an empty folder
    for name in ("lock", f"user/{os.getuid()}"):
        Path(f"{root}/run/{name}").mkdir(parents=True, exist_ok=True)
    Path(root + PRIVATE).mkdir(mode=0o700)
    options = f"size={_PRIVATE_SIZE},mode=700"  # of its own: a step that fills the disk must not cost us our journal
    kernel.mount("tmpfs", root + PRIVATE, "tmpfs", kernel.NOSUID | kernel.NODEV, options)
    if Path("/var").is_dir() and not Path("/var/run").is_symlink() and Path(f"{root}/var/run").is_dir():
        kernel.bind(f"{root}/run", f"{root}/var/run")
    _devices(f"{root}/dev")
    kernel.mount("proc", f"{root}/proc", "proc", safe)
    for name in _PROC_HIDDEN:
        with contextlib.suppress(FileNotFoundError):
            kernel.bind("/dev/null", f"{root}/proc/{name}")


def protect_proc() -> None:
    """What of /proc is the whole machine's: to be read, not written (their owner may, whatever rights he gave up).

    Called when the last of our own settings below /proc/sys is made.
    """
    for name in _PROC_READ_ONLY:
        with contextlib.suppress(FileNotFoundError):
            kernel.bind(f"/proc/{name}", f"/proc/{name}", read_only=True)


def _devices(dev: str) -> None:
    for name in _DEVICES:
        Path(f"{dev}/{name}").touch()
        kernel.bind(f"/dev/{name}", f"{dev}/{name}")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        Path(f"{dev}/{name}").symlink_to(f"/proc/self/fd{target}")
    Path(f"{dev}/pts").mkdir()
    with contextlib.suppress(OSError):
        kernel.mount("devpts", f"{dev}/pts", "devpts", kernel.NOSUID | kernel.NOEXEC, "newinstance,ptmxmode=0666")
        Path(f"{dev}/ptmx").symlink_to("pts/ptmx")
    Path(f"{dev}/shm").mkdir()
    Path(f"{dev}/shm").chmod(0o1777)


def _hide(root: str, hidden: tuple[str, ...]) -> None:
    """An empty folder, or nothing, in the place of each."""
    for path in hidden:
        target = root + os.path.realpath(path)
        if Path(target).is_dir():
            kernel.mount("tmpfs", target, "tmpfs", kernel.NOSUID | kernel.NODEV | kernel.RDONLY, "size=4k,mode=755")
        elif Path(target).exists():
            kernel.bind("/dev/null", target)
