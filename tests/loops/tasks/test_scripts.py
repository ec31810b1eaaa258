"""Scripts that a block runs are found, read, and must be accepted by a shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.documents.model import SectionKind, Step
from reifierd.loops.tasks.blockers import Blocker, Work
from reifierd.loops.tasks.scripts import Script, script_blockers, scripts_of
from reifierd.shell import Context, read


def look(project: Path, source: str) -> tuple[tuple[Script, ...], list[Blocker]]:
    step = Step(1, SectionKind.FIX, "", source, source, 4)
    work = Work(2, step, read(source, Context(cwd=str(project))))
    scripts = scripts_of(work, project, read, {}, str(project))
    return scripts, list(script_blockers(work, scripts, project))


def script(path: Path, text: str = "#!/bin/bash\ntrue\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    "source",
    [
        "./x.sh --version 1",
        "bash x.sh",
        "sh -e x.sh a",
        "source x.sh",
        ". ./x.sh",
        "sudo ./x.sh",
        "cd sub && ../x.sh",
        "bash -o errexit x.sh",
        "timeout 3 bash ./x.sh",
        "env A=1 ./x.sh",
        "(exec ./x.sh)",
    ],
)
def test_a_script_is_found_however_it_is_run(tmp_path: Path, source: str) -> None:
    (tmp_path / "sub").mkdir()
    path = script(tmp_path / "x.sh")
    assert [s.path for s in look(tmp_path, source)[0]] == [path]


@pytest.mark.parametrize(
    "source",
    ["bash -c ./y.sh", "cat x.sh", "./missing.sh", "ssh host ./x.sh", "bash", "make x.sh", "./program", "./run.py"],
)
def test_what_is_no_script_here(tmp_path: Path, source: str) -> None:
    script(tmp_path / "x.sh")
    script(tmp_path / "run.py", "#!/usr/bin/env python3\nif x:\n")
    (tmp_path / "program").write_bytes(b"\x7fELF\0\0")
    assert look(tmp_path, source) == ((), []) or source == "./program"


def test_scripts_that_scripts_run_are_read_too_and_circles_end(tmp_path: Path) -> None:
    script(tmp_path / "a.sh", "#!/bin/sh\n./b.sh\n")
    script(tmp_path / "b.sh", "#!/bin/sh\n. ./a.sh\nbash lib/c.sh\n")
    script(tmp_path / "lib/c.sh")
    assert [s.path.name for s in look(tmp_path, "./a.sh")[0]] == ["a.sh", "b.sh", "c.sh"]


def test_what_bash_does_not_accept_blocks_with_its_line(tmp_path: Path) -> None:
    script(tmp_path / "x.sh", "#!/bin/bash\necho a\nif true; then\n")
    _, [blocker] = look(tmp_path, "./x.sh")
    assert (blocker.rule, blocker.criterion, blocker.line, blocker.blocks) == ("script", 2, 4, True)
    assert "./x.sh: bash does not accept it: ./x.sh: line 4" in blocker.reason


def test_nothing_of_a_script_is_executed(tmp_path: Path) -> None:
    script(tmp_path / "x.sh", f"#!/bin/bash\ntouch {tmp_path}/ran\n")
    look(tmp_path, "./x.sh")
    assert not (tmp_path / "ran").exists()


def test_shellchecks_errors_block_and_its_warnings_are_told(tmp_path: Path, need: Callable[..., None]) -> None:
    need("shellcheck")
    script(tmp_path / "bad.sh", '#!/bin/bash\nif [ "$1" == ]]; then echo a; fi\n')
    script(tmp_path / "odd.sh", "#!/bin/bash\ncd /x\nunused=1\n")
    _, bad = look(tmp_path, "./bad.sh")
    _, odd = look(tmp_path, "./odd.sh")
    assert any(b.blocks for b in bad)
    assert {b.blocks for b in odd} == {False}
    assert all("SC" in b.reason for b in (*bad, *odd))


def test_a_script_that_may_not_be_executed_says_how_to_allow_it(tmp_path: Path) -> None:
    path = script(tmp_path / "x.sh", mode=0o644)
    _, [blocker] = look(tmp_path, "./x.sh")
    assert (blocker.rule, blocker.remedy) == ("permission", f"chmod +x {path}")
    assert look(tmp_path, "bash x.sh")[1] == []
    assert look(tmp_path, "chmod +x x.sh && ./x.sh")[1] == []
