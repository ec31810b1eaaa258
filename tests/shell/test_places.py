"""Which class a target falls into, known or not known, from wherever it is named."""

from __future__ import annotations

import pytest

from reifierd.shell.places import absolute, classes
from reifierd.shell.shapes import FILLED, UNKNOWN

HOME = "/home/user"


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ("/", "root"), ("//", "root"), ("/etc/..", "root"), ("~".replace("~", HOME), "root"), ("/home", "root"),
        ("/etc", "system"), ("/usr/lib", "system"), ("/var/log/*", "history"), ("/etc/nginx/x", "inside"),
        ("/dev/sda1", "device"), ("/dev/mapper/vg-root", "device"), ("/etc/passwd", "logins"),
        ("/boot/vmlinuz", "critical"),
        (f"{HOME}/.ssh/id_ed25519", "secrets"), ("/srv/app/.git", "vcs"), ("/proc/sysrq-trigger", "sysrq"),
        ("/e*", "root"), (f"/{UNKNOWN}", "root"), (f"{UNKNOWN}/*", "unknown"), (f"/home/{FILLED}", "root"),
    ],
)  # fmt: skip
def test_a_target_is_in_its_class(shape: str, wanted: str) -> None:
    assert wanted in classes(shape, "/work", HOME)


@pytest.mark.parametrize("shape", ["/dev/shm/x", "/tmp/x", "build/out", "/var/cache/nginx/x", f"{HOME}/notes.md"])
def test_what_is_nothing_special_is_in_no_class_that_a_rule_is_about(shape: str) -> None:
    assert not classes(shape, "/work", HOME) & {
        "root",
        "system",
        "inside",
        "device",
        "critical",
        "logins",
        "secrets",
        "vcs",
    }


@pytest.mark.parametrize(
    ("shape", "cwd", "path"),
    [
        ("a/../b", "/w", "/w/b"),
        ("//x", None, "/x"),
        ("x", None, "x"),
        ("../x", "/w/y", "/w/x"),
        (f"{UNKNOWN}/x", "/w", f"{UNKNOWN}/x"),
    ],
)
def test_a_path_is_absolute_where_that_can_be_told(shape: str, cwd: str | None, path: str) -> None:
    assert absolute(shape, cwd) == path
