"""A person's git repository, and a workspace whose runner carries out tasks in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reifierd.cli.main import run as main
from reifierd.documents.task_result import schema
from reifierd.execution.guard import Guard
from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Run, RunState
from reifierd.loops.operator.trade import Runbooks
from reifierd.loops.tasks.git import Repository, find_repository
from reifierd.loops.tasks.settings import TasksSettings
from reifierd.loops.tasks.trade import Tasks
from reifierd.redaction import Redactor
from reifierd.runs.house import House
from reifierd.runs.runner import Runner
from reifierd.runs.settings import RunSettings
from reifierd.runs.words import APPROVE, RESUME, Wish, speak
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import REPORTS, TASK_APPROVED, TASK_DONE, TASK_DRAFTS, Layout
from reifierd.workspace.review import introduce
from reifierd.workspace.root import Root


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

    def script(self, name: str, text: str) -> Path:
        """A program of bash."""
        path = self.write(name, f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)
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

    @property
    def subject(self) -> str:
        """The subject of the last commit."""
        return self.git("log", "-1", "--format=%s").strip()

    @property
    def committed(self) -> list[str]:
        """The paths that the last commit changed."""
        return sorted(self.git("show", "--format=", "--name-only", "-z", "--no-renames", "HEAD").split("\0")[:-1])

    @property
    def status(self) -> list[str]:
        """The lines of `git status --porcelain`."""
        return [x for x in self.git("status", "--porcelain", "-z", "--no-renames", "-uall").split("\0") if x]


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


# --- a workspace that carries out tasks -------------------------------------------------------------------------------

CHECKED = jsonschema.Draft202012Validator(schema())


@dataclass
class Desk:
    """A person's view: task files go in, ticks, commits and reports come out. `events` is what the runner said."""

    layout: Layout
    ledger: Ledger
    redactor: Redactor
    config: Path
    guard: Guard
    project: Project
    settings: RunSettings = field(default_factory=lambda: RunSettings.model_validate({"grace": 0.5, "timeout": 30}))
    tasks: TasksSettings = field(default_factory=lambda: TasksSettings.model_validate({"backoff": 0}))
    events: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    runner: Runner | None = None

    def start(self) -> Runner:
        def say(kind: str, fields: Mapping[str, Any]) -> None:
            self.events.append((kind, fields))

        house = House(self.layout, self.settings, self.ledger, self.redactor, self.guard, self.config, say)
        self.runner = Runner(house, [Runbooks(house), Tasks(house, self.tasks)])
        self.runner.start()
        return self.runner

    def restart(self, **settings: Any) -> Runner:
        """A new runner; `settings` are those of `[tasks]`."""
        if self.runner:
            self.runner.close()
        self.tasks = TasksSettings.model_validate({"backoff": 0, **settings})
        return self.start()

    def draft(self, text: str, name: str = "TASK-001.md") -> Path:
        path = self.layout.folder(TASK_DRAFTS) / name
        path.write_text(text)
        return path

    def approve(self, text: str = "", name: str = "TASK-001.md", *, wait: bool = True, **word: Any) -> Path:
        """Move a draft in (written first where a text is given), with the command line's word where one is given."""
        path = self.draft(text, name) if text else self.layout.folder(TASK_DRAFTS) / name
        if word:
            speak(self.layout, self.ledger.journal, APPROVE, f"{TASK_APPROVED}/{name}", time.time(), **word)
        target = path.rename(self.layout.folder(TASK_APPROVED) / name)
        self.look(wait=wait)
        return target

    def resume(self, *, fresh: bool = False) -> None:
        """Say that the last run shall go on, and wait for its end."""
        speak(self.layout, self.ledger.journal, RESUME, self.last.run_id, time.time(), wish=Wish(fresh=fresh))
        self.look()

    def again(self, name: str = "TASK-001.md", **wish: Any) -> None:
        """Say yes to what stands in approved/ already, as `task run` does."""
        subject = f"{TASK_APPROVED}/{name}"
        speak(self.layout, self.ledger.journal, APPROVE, subject, time.time(), wish=Wish(**wish))
        self.look()

    def look(self, *, wait: bool = True) -> None:
        assert self.runner is not None
        self.runner.tick(time.time())
        if wait:
            assert self.runner.wait(60)

    def until(self, condition: Callable[[], object]) -> None:
        for _ in range(1000):
            if condition():
                return
            time.sleep(0.02)
        raise AssertionError("it did not come to that in 20 seconds")

    @property
    def last(self) -> Run:
        return self.ledger.journal.runs(1)[0]

    @property
    def result(self) -> dict[str, Any]:
        """The JSON twin of the last run's report, which is the result, and valid."""
        assert self.last.report is not None
        found: dict[str, Any] = json.loads((self.layout.root / self.last.report).with_suffix(".json").read_text())
        CHECKED.validate(found)
        return found

    @property
    def receipt(self) -> str:
        assert self.last.report is not None
        return (self.layout.root / self.last.report).read_text()

    @property
    def ran(self) -> list[tuple[str, int, int | None]]:
        """(command, attempt, exit) of every command that was started by the last run."""
        return [(s.command, s.attempt, s.exit) for s in self.ledger.journal.steps(self.last.run_id)]

    def file(self, name: str = "TASK-001.md") -> Path:
        """Where the task file stands now."""
        places = [self.layout.folder(f) / name for f in (TASK_DRAFTS, TASK_APPROVED, TASK_DONE)]
        [found] = [path for path in places if path.exists()]
        return found

    def text(self, name: str = "TASK-001.md") -> str:
        return self.file(name).read_text()

    def boxes(self, name: str = "TASK-001.md") -> str:
        return boxes_in(self.text(name))

    def reports(self) -> list[Path]:
        return sorted(self.layout.folder(REPORTS).glob("*.json"))


@pytest.fixture
def desk(tmp_path: Path, project: Project, lent: Guard) -> Iterator[Desk]:
    layout = make_workspace(tmp_path / "workspace")
    config = tmp_path / "config"
    config.mkdir()
    redactor = Redactor()
    with open_ledger(layout.ledger, redactor) as ledger:
        with Root(layout) as root:
            introduce(root, ledger)
        desk = Desk(layout, ledger, redactor, config, lent, project)
        desk.start()
        yield desk
        if desk.runner:
            desk.runner.close()


# --- a daemon that can be killed --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        """The result of a task's run that it printed, which is valid, and nothing besides it."""
        found: dict[str, Any] = json.loads(self.stdout)
        CHECKED.validate(found)
        return found


@dataclass
class World:
    """A workspace with a real daemon, and a person who types; `go` is a file that commands of tests wait for."""

    root: Path
    project: Project
    config: Path
    go: Path
    notify: socket.socket
    ledger: Ledger
    process: subprocess.Popen[bytes] | None = None

    def configure(self, text: str) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text)

    def start(self) -> None:
        """Until it is ready."""
        with (self.root.parent / "daemon.log").open("a") as log:
            command = [sys.executable, "-m", "reifierd", "-w", str(self.root), "run"]
            self.process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        while self.notify.recv(64) != b"READY=1":
            pass

    def end(self, by: signal.Signals = signal.SIGKILL) -> None:
        if self.process:
            self.process.send_signal(by)
            self.process.wait(30)
            self.process = None

    def say(self, *words: str) -> Said:
        """A command of reifierd on this workspace."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["-w", str(self.root), *words])
        return Said(code, out.getvalue(), err.getvalue())

    def draft(self, text: str, name: str = "TASK-001.md") -> Path:
        path = self.root / TASK_DRAFTS / name
        path.write_text(text)
        return path

    def approve(self, text: str, name: str = "TASK-001.md") -> None:
        self.draft(text, name).rename(self.root / TASK_APPROVED / name)

    @property
    def last(self) -> Run:
        return self.ledger.journal.runs(1)[0]

    @property
    def steps(self) -> list[tuple[str, int, str]]:
        """(command, attempt, state) of the last run."""
        runs = self.ledger.journal.runs(1)
        return [(s.command, s.attempt, s.state.value) for r in runs for s in self.ledger.journal.steps(r.run_id)]

    @property
    def result(self) -> dict[str, Any]:
        """That of the last run."""
        return self.result_of(self.last)

    def result_of(self, run: Run) -> dict[str, Any]:
        assert run.report is not None
        found: dict[str, Any] = json.loads((self.root / run.report).with_suffix(".json").read_text())
        CHECKED.validate(found)
        return found

    def until_running(self, command: str) -> None:
        """… and its process is in the journal."""
        self.until(lambda: (command, 1, "started") in self.steps)

    def until_it_is(self, state: RunState) -> None:
        """… of every run (there is one), and its report is there."""
        journal = self.ledger.journal
        self.until(lambda: {(r.state, bool(r.report)) for r in journal.runs(20)} == {(state, True)})

    def until(self, condition: Callable[[], object]) -> None:
        for _ in range(400):
            if condition():
                return
            time.sleep(0.05)
        runs = [(r.runbook, r.state.value, r.reason, r.report) for r in self.ledger.journal.runs(20)]
        said = (self.root.parent / "daemon.log").read_text()[-3000:]
        raise AssertionError(f"it did not come to that in 20 seconds: {runs}\n{said}")

    def file(self, name: str = "TASK-001.md") -> Path:
        [found] = [p for f in (TASK_DRAFTS, TASK_APPROVED, TASK_DONE) if (p := self.root / f / name).exists()]
        return found

    def boxes(self, name: str = "TASK-001.md") -> str:
        return boxes_in(self.file(name).read_text())


@pytest.fixture
def world(tmp_path: Path, project: Project, private_places: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    root = tmp_path / "workspace"
    layout = make_workspace(root)
    with Root(layout) as opened, open_ledger(layout.ledger, Redactor()) as ledger:
        introduce(opened, ledger)
    with open_ledger(layout.ledger, Redactor()) as ledger, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        made = World(root, project, private_places / ".config/reifierd/config.toml", tmp_path / "go", notify, ledger)
        made.configure("[tasks]\nbackoff = 0\n")
        yield made
        made.go.touch()  # what waits for it ends
        made.end(signal.SIGTERM)


def boxes_in(text: str) -> str:
    """The marks of the boxes, in the file's order: `x x`."""
    lines = [line.lstrip("-* 0123456789.") for line in text.splitlines()]
    return "".join(line[1] for line in lines if line[:1] == "[" and line[2:4] in ("] ", "]"))


@pytest.fixture
def task(project: Project) -> Callable[..., str]:
    """Writes a task's text: `task(("Build", "make"), "By hand", labels="builds")`; see `compose`."""

    def write(*criteria: str | tuple[str, ...], verification: str = "", labels: str = "", front: str = "") -> str:
        return compose(*criteria, verification=verification, labels=labels, front=front, project=str(project.top))

    return write


def compose(
    *criteria: str | tuple[str, ...], verification: str = "", labels: str = "", front: str = "", project: str = ""
) -> str:
    """A criterion is a text, a text and its command (a first line `{…}` has its attributes), or these and what proves
    it. `front` are more lines of the front matter, `verification` is one command for the whole."""
    lines = ["---", "id: TASK-001", "title: A task", f"labels: [{labels}]", "status: open", "updated: 2026-01-02"]
    lines += [f"project: {project}"] if project else []
    lines += [*front.strip().splitlines(), "---", "# A task", "", "## Acceptance Criteria", ""]
    for criterion in criteria:
        text, *blocks = (criterion,) if isinstance(criterion, str) else criterion
        lines.append(f"- [ ] {text}")
        for block, attributes in zip(blocks, ("", "{verify}"), strict=False):
            own, _, rest = block.partition("\n") if block.startswith("{") else ("", "", block)
            lines += [f"  ```bash {own or attributes}".rstrip(), *(f"  {x}" for x in rest.splitlines()), "  ```"]
    lines += ["", "## Verification", *(["```bash", verification, "```"] if verification else []), ""]
    return "\n".join([*lines, "## Progress Log", ""])
