"""A step's environment is an allowlist."""

from __future__ import annotations

import os

import pytest

from reifierd.execution.environment import clean_environment, hijacks


def test_only_what_is_named_passes() -> None:
    hostile = {"BASH_ENV": "/tmp/x", "BASH_FUNC_ls%%": "() { :; }", "LD_PRELOAD": "x.so", "PS4": "$(id)", "SECRET": "s"}
    kept = clean_environment({"PATH": "/bin", "HOME": "/h", "LC_ALL": "C", "TERM": "xterm", **hostile})
    assert kept.keys().isdisjoint(hostile)
    assert (kept["PATH"], kept["HOME"], kept["LC_ALL"], kept["TERM"]) == ("/bin", "/h", "C", "dumb")


def test_what_a_daemon_without_a_login_lacks_is_filled_in() -> None:
    kept = clean_environment({})
    assert kept["HOME"] and kept["USER"] == kept["LOGNAME"]
    assert "/usr/bin" in kept["PATH"].split(":")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user that nobody knows")
def test_a_user_without_a_line_in_the_password_file_has_an_environment_too() -> None:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(54321)
        os.write(write_end, clean_environment({}).get("HOME", "").encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read_end) as told:
        assert told.read() == "/"


@pytest.mark.parametrize(("name", "expected"), [("BASH_ENV", True), ("BASH_FUNC_a%%", True), ("LD_LIBRARY_PATH", True)])
def test_names_that_hijack_a_shell_are_known(name: str, expected: bool) -> None:
    assert hijacks(name) is expected
    assert not hijacks("PGHOST")
