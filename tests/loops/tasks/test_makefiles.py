"""What `make` would run is read from the makefile, without running anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reifierd.loops.tasks.makefiles import read_makefile, recipes

TEXT = """\
# what it is
NAME := shop
IMAGE = $(REGISTRY)/$(NAME)
REGISTRY ?= localhost:5000
.PHONY: all build push
all: build push
build: code
\t@echo building $(IMAGE)
\t-@echo $$HOME \\
\t  and more
push: ; echo pushing ${IMAGE}
code other:
\techo $@ $(UNSET) $(NAME)
a.url := http://x:1
"""


def made(*targets: str, **given: str) -> list[str]:
    return recipes(read_makefile(TEXT), list(targets), given).split("\n")


def test_a_target_comes_with_all_that_it_needs_in_order() -> None:
    assert made("push") == ["echo pushing localhost:5000/shop"]
    assert made("all") == made()
    code, build, home, push = made()
    assert (code, build, push) == ("echo $@ ${UNSET} shop", "echo building localhost:5000/shop", made("push")[0])
    assert home.split() == ["echo", "$HOME", "and", "more"]


def test_the_command_line_sets_variables() -> None:
    assert made("push", REGISTRY="r:1") == ["echo pushing r:1/shop"]


def test_what_is_not_there_is_nothing() -> None:
    assert made("none") == [""]
    assert recipes(read_makefile(""), [], {}) == ""
    assert recipes(read_makefile("a: b\nb: a\n\techo b\n"), ["a"], {}) == "echo b"
    assert recipes(read_makefile("A = $(A)\na:\n\techo $(A)\n"), ["a"], {}) == "echo ${A}"


@pytest.mark.parametrize("target", ["all", "push", "build"])
def test_make_itself_would_run_the_same(tmp_path: Path, need: Callable[..., None], target: str) -> None:
    need("make")
    plain = TEXT.replace("\\\n\t  and more", "").replace("$@ $(UNSET) ", "")
    (tmp_path / "Makefile").write_text(plain)
    alone = {"PATH": os.environ["PATH"]}  # not as a part of the `make test` that may have started this
    said = subprocess.run(
        ["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True, env=alone
    ).stdout
    ours = recipes(read_makefile(plain), [target], {})
    assert [line.rstrip() for line in ours.split("\n")] == [line.rstrip() for line in said.rstrip("\n").split("\n")]
