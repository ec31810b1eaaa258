"""Which files a command line is seen to change, and that their states before and after are recorded, in every shell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from reifierd.loops.observer.spool_records import FileCopy

Start = Callable[..., Any]  # a Shell of conftest.py, which tests cannot import
HOOKS = Path(str(files("reifierd") / "hooks"))
PROGRAMS = "\n".join(x for x in (HOOKS / "edits.txt").read_text().splitlines() if x and x[0] != "#")

# the line, and the files (relative to the working directory, ␣ for a space in a name) that it may change
LINES = {
    "vim +12 nginx.conf": "nginx.conf",
    "sudo vim /etc/x.conf": "/etc/x.conf",
    "sudo -u app -E nano 'a b.txt'": "a␣b.txt",
    "sudoedit a b": "a b",
    "sudo -e a": "a",
    "vim -c 'set ro' a -- b": "a b",
    "/usr/bin/vi ./a": "a",
    "FOO=1 nohup vi a": "a",
    "sed -i 's/a/b/' x": "x",
    "sed -i.bak -e s/a/b/ -e 's/c d/e/' x y": "x y",
    "sed -Ei 's|(a)|b|' x": "x",
    "sed --in-place=.old s/a/b/ x": "x",
    "sed -n '1,5p' x": "",
    "sed -e s/a/b/ x": "",
    "perl -pi -e 's/a/b/' x": "x",
    "perl -i -pe 's/a/b/' x": "x",
    "perl -ne print x": "",
    "echo a >x": "x",
    "echo a >> 'x y'": "x␣y",
    "echo a &> x": "x",
    "make 2>err >/dev/null 2>&1": "err",
    "cat <in >out": "out",
    "echo a | sudo tee -a x y >/dev/null": "x y",
    "cp a b": "b",
    "cp -r a b dir": "dir/a dir/b",
    "cp -t dir a": "dir/a",
    "install -m 600 a /etc/b": "/etc/b",
    "mv a b": "a b",
    "ln -sf /opt/app-2 current": "current",
    "truncate -s 0 log": "log",
    "patch -p1 x <fix.patch": "x",
    "cd sub && vim a; cd .. ; ls": "sub/a",
    "cd /etc; vi hosts": "/etc/hosts",
    "a && sed -i s/x/y/ one || vi two": "one two",
    'vim "$there/a" $there/b': "there/a there/b",
    "vim ~/a": "home/a",
    "echo 'a > b' # > c": "",
    'echo "a > b"': "",
    "vim *.conf": "",
    "vim $nosuchvariable": "",
    "cp {a,b} c": "c",
    "ls -l": "",
    "vi a b c d e f g h i j": "a b c d e f g h",
    "rm a": "",
}
SHELL_ONLY = {
    "cat >x <<END\nvim not\nEND\nvi b": "x b",
    "f=x; vim $f": "",
    "for f in a b; do sed -i s/a/b/ $f; done": "",
    "if true; then vi a; fi": "a",
    "(cd sub; vi a)": "sub/a",
    "vi ${there}/a": "there/a",
    "vi $(cat list)": "",
    "vi a\\ b": "a␣b",
    'vi "${there%x}/a"': "",
    "echo a 1>x": "x",
}


def _script(shell: str) -> list[str]:
    show = 'for p in "${__reifierd_paths[@]}"; do printf "%s\\n" "$p"; done'
    if shell == "fish":
        body = (HOOKS / "hook.fish").read_text()
        names = "(string split \\n -- $__reifierd_programs | string replace -r ' .*' '' | string join '|')"
        text = f"set -g __reifierd_programs $argv[1]\n{body}\nset -g __reifierd_any {names}\n"
        text += "__reifierd_before $argv[2]\nprintf '%s\\n' $__reifierd_paths"
        return ["fish", "--no-config", "-c", text]
    body = (HOOKS / "edits.sh").read_text() + (HOOKS / f"hook.{shell}").read_text()
    modes = "zmodload zsh/mapfile; zmodload -F zsh/stat b:zstat; setopt ksh_arrays\n" if shell == "zsh" else ""
    text = (
        f'__reifierd_programs=$1 __reifierd_names=()\n{body}\n__reifierd_tables\n{modes}__reifierd_before "$2"\n{show}'
    )
    return [shell, *(["-f"] if shell == "zsh" else ["--norc"]), "-c", text, shell]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_files_that_a_line_may_change(shell: str, need: Callable[..., None], tmp_path: Path) -> None:
    need(shell)
    (tmp_path / "dir").mkdir()
    (tmp_path / "sub").mkdir()
    found, expected = {}, {}
    lines = LINES if shell == "fish" else LINES | SHELL_ONLY
    for line, names in lines.items():
        done = subprocess.run(
            [*_script(shell), PROGRAMS, line], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": f"{tmp_path}/home", "there": f"{tmp_path}/there", "LANG": "C.UTF-8"},
        )  # fmt: skip
        found[line] = [p.removeprefix(f"{tmp_path}/") for p in done.stdout.splitlines() if p] + done.stderr.splitlines()
        expected[line] = [name.replace("␣", " ") for name in names.split()]
    assert found == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_states_before_and_after(shell: str, start: Start, tmp_path: Path) -> None:
    work = tmp_path / "work"
    one = start(shell)
    (work / "old").write_text("a\nb")
    (work / "gone").write_text("x\n")
    (work / "binary").write_bytes(b"a\0b\n")
    (work / "large").write_bytes(b"x" * 300_000)
    (work / "latin").write_bytes(b"\xff\xfe\n\n")
    for line in (
        "sed -i s/a/c/ old",
        "sed -i s/zzz/c/ old",
        "echo new >made",
        "mv gone moved",
        "echo 1 >>binary",
        "echo 1 >>large",
        "echo 1 >>latin",
        "true >empty",
        "sed -i s/c/d/ nosuch",
    ):
        one.run(line)
    copies = [r.copies for r in one.records()]
    path = str(work) + "/"
    assert copies == [
        (FileCopy(f"{path}old", b"a\nb", b"c\nb"),),
        (FileCopy(f"{path}old", b"", b""),),
        (FileCopy(f"{path}made", None, b"new\n"),),
        (FileCopy(f"{path}gone", b"x\n", None), FileCopy(f"{path}moved", None, b"x\n")),
        (),
        (),
        (FileCopy(f"{path}latin", b"\xff\xfe\n\n", b"\xff\xfe\n\n1\n"),),
        (FileCopy(f"{path}empty", None, b""),),
        (),
    ]


@pytest.mark.parametrize("editor", ["vim", "nano", "ed"])
def test_a_real_editor(editor: str, start: Start, need: Callable[..., None], tmp_path: Path) -> None:
    need(editor)
    shell = start(before="export TERM=xterm")
    (tmp_path / "work/app.conf").write_text("port = 80\n")
    keys = {"vim": ":%s/80/8080/\r:wq\r", "nano": "# \x0f\r\x18", "ed": "s/80/8080/\nw\nq\n"}[editor]
    shell.child.sendline(f"{editor} app.conf")
    if editor != "ed":
        shell.child.expect("port = 80")
    for key in keys:
        shell.child.send(key)
    shell.child.expect(shell.done)
    shell.run("true")
    [edit] = shell.records()[0].copies
    assert edit.path == str(tmp_path / "work/app.conf")
    assert edit.before == b"port = 80\n"
    assert edit.after == {"nano": b"# port = 80\n"}.get(editor, b"port = 8080\n")


def test_an_alias_of_an_editor(start: Start, tmp_path: Path) -> None:
    shell = start(before="shopt -s expand_aliases; alias put='tee'")
    shell.run("put x <<<hello")
    assert shell.records()[0].copies == (FileCopy(str(tmp_path / "work/x"), None, b"hello\n"),)


def test_contents_leave_the_shell_with_the_record(start: Start, tmp_path: Path) -> None:
    shell = start()
    (tmp_path / "work/f").write_text("canary\n")
    shell.run("sed -i s/can/tan/ f")
    shell.run("true")
    assert "nary" not in shell.run("set")
