"""What the scribe asks about a command."""

from __future__ import annotations

from reifierd.shell import Context, Invocation, assigned, files_read, files_written, is_editor, read, variables_read


def one(source: str) -> Invocation:
    return read(source, Context(cwd="/srv", home="/home/u")).commands[-1]


def test_variables_that_stay_set() -> None:
    assert assigned(one("A=1 B=$(date)")) == {"A": "1", "B": None}
    assert assigned(one("export P=/x Q")) == {"P": "/x"}
    assert assigned(one("read line")) == {"line": None}
    assert assigned(one("A=1 make")) == {}


def test_variables_that_are_read() -> None:
    assert variables_read(one("cp \"$A/x\" ${B}c '$D' > $E")) == {"A", "B", "E"}


def test_files() -> None:
    assert files_written(one("cp a b")) == ("/srv/b",)
    assert files_written(one("sed -i s/a/b/ conf/x")) == ("/srv/conf/x",)
    assert files_read(one("grep x conf/a.ini < /etc/b")) == ("/etc/b", "/srv/conf/a.ini")
    assert files_read(one("cp a.txt b.txt")) == ("/srv/a.txt",)


def test_editors() -> None:
    assert is_editor(one("sudo vim +3 conf/x")) == ("/srv/conf/x",)
    assert is_editor(one("nano ~/y")) == ("/home/u/y",)
    assert is_editor(one("visudo")) == ("/etc/sudoers",)
    assert is_editor(one("cat x")) == ()
