"""The mount table as the kernel writes it."""

from __future__ import annotations

from pathlib import Path

from reifierd.execution.sandbox.cover import mount_points


def test_escapes_of_the_mount_table_are_read() -> None:
    line = r"36 35 98:0 / /mnt/a\040b\134c\012d rw,noatime master:1 - ext4 /dev/root rw"
    assert mount_points(line) == ["/mnt/a b\\c\nd"]


def test_this_machine_s_table_begins_somewhere() -> None:
    assert "/" in mount_points(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"))
