"""The workspace's root, opened once and pinned: everything in it is reached from this descriptor.

A vanished workspace is not an emptied one. The root counts as vanished when its marker is missing or another
workspace's, or when its path leads to another folder than the pinned one (unmounted, replaced). Then nothing may
be concluded from what stands in it: `check` raises Vanished, and the caller waits and opens the root anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType

from reifierd.errors import ReifierError
from reifierd.workspace.beneath import open_beneath
from reifierd.workspace.layout import MARKER, PAUSE, Layout


class Vanished(ReifierError):  # noqa: N818 - a state of the world, told by an exception
    """The workspace is not there now. Wait for it; conclude nothing."""


class Root:
    """A pinned root. Use it as a context manager, or close it."""

    def __init__(self, layout: Layout) -> None:
        """Vanished: there is no such folder now, or it is not this workspace."""
        self.layout = layout
        try:
            self.fd = os.open(layout.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise self._vanished(str(error.strerror)) from error
        try:
            self.check()
        except Vanished:
            self.close()
            raise

    def check(self) -> None:
        """Vanished unless the pinned folder still is the workspace that its path leads to."""
        try:
            there, here = self.layout.root.stat(), os.fstat(self.fd)
            marker = read_marker(self.fd)
        except (OSError, ValueError) as error:
            raise self._vanished(f"no marker file {MARKER} ({error})") from error
        if (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
            raise self._vanished("another folder has taken its place")
        if marker.get("id") != self.layout.id:
            raise self._vanished(f"its marker has the id {marker.get('id')}, not {self.layout.id}")

    @property
    def identity(self) -> str:
        """What tells this folder from a copy of it that carries the same marker: its inode and its path."""
        return f"{os.fstat(self.fd).st_ino} {self.layout.root}"

    def open(self, relative: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of something below the root, reached through no link and no mount point."""
        return open_beneath(self.fd, relative, flags)

    def path(self, relative: str) -> Path:
        return self.layout.root / relative

    def close(self) -> None:
        os.close(self.fd)

    def __enter__(self) -> Root:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _vanished(self, why: str) -> Vanished:
        hint = "mount it or put it back; where it was deleted on purpose: reifierd init"
        return Vanished(f"the workspace is not there: {why}", where=str(self.layout.root), hint=hint)


def paused(root: Path) -> bool:
    """Whether the kill switch stands in the workspace root: anything of that name, a dangling link too."""
    return os.path.lexists(root / PAUSE)


def read_marker(root: int) -> dict[str, object]:
    """The marker's content. OSError: not there; ValueError: not a marker."""
    with os.fdopen(open_beneath(root, MARKER, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        content = json.loads(file.read(4096))
    if not isinstance(content, dict):
        raise ValueError("not a marker")  # noqa: TRY004 - it is the content that is wrong, not a type
    return content
