"""A person's git repository, for the tests of what a task does to it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from reifierd.loops.tasks.git import Repository, find_repository


@dataclass
class Project:
    """A person's repository."""

    top: Path

    def git(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.top, capture_output=True, check=True, env={**os.environ, **environment}
        )
        return os.fsdecode(done.stdout)

    def write(self, name: str, text: str = "x\n") -> Path:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-qm", "before", "--allow-empty")

    @property
    def repository(self) -> Repository:
        found = find_repository(self.top)
        assert found
        return found


@pytest.fixture
def project(tmp_path: Path, need: object, private_places: Path) -> Project:
    top = tmp_path / "project"
    top.mkdir()
    made = Project(top)
    made.git("init", "-q", "-b", "main")
    made.git("config", "--global", "user.name", "A Person")
    made.git("config", "--global", "user.email", "person@example.org")
    made.commit(a="a\n", b="b\n", c="c\n")
    return made
