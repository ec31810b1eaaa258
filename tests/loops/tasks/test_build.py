"""Build tasks: a real make and a real Python build in a git repository, images looked for in a registry on loopback."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reifierd.ledger.records import RunState

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]

MAKEFILE = """\
VERSION ?= none
build/app.txt: src/*.txt
\tmkdir -p build
\tcat src/*.txt > build/app.txt
\techo "version $(VERSION)" >> build/app.txt
check: build/app.txt
\tgrep -q "version $(VERSION)" build/app.txt
"""


@dataclass
class Registry:
    """A registry that has what was pushed to it (PUT), and answers HEAD as the distribution specification says."""

    address: str = ""
    has: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def registry() -> Iterator[Registry]:
    state = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            state.asked.append(self.path)
            there = self.path in state.has
            self.send_response(200 if there else 404)
            if there:
                self.send_header("Docker-Content-Digest", "sha256:" + "a" * 64)
            self.end_headers()

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.has.add(self.path)
            self.send_response(201)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


PUSH = """\
import http.client, os
registry, version = os.environ["REGISTRY_URL"], os.environ["VERSION"]
connection = http.client.HTTPConnection(registry)
connection.request("PUT", f"/v2/shop/api/manifests/{version}", open("build/app.txt", "rb").read())
assert connection.getresponse().status == 201
print("pushed", version)
"""


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.project.commit(**{"Makefile": MAKEFILE, "src/one.txt": "one\n", "push.py": PUSH})
    return desk


PUSHED = """\
import http.client, sys
registry, _, path = sys.argv[-1].partition("/")
name, _, tag = path.partition(":")
connection = http.client.HTTPConnection(registry)
connection.request("PUT", f"/v2/{name}/manifests/{tag}", b"image")
assert connection.getresponse().status == 201
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a `docker` of Python in PATH."""

    def write(source: str) -> None:
        program = tmp_path / "bin/docker"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\n{source}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    return write


@pytest.mark.parametrize("push", ["a block, arrives", "a script, arrives", "a block, is lost", "a script, is lost"])
def test_an_image_that_is_named_by_its_variables_is_looked_for(
    shop: Desk, task: Write, registry: Registry, docker: Callable[[str], None], push: str
) -> None:
    docker(PUSHED if push.endswith("arrives") else "")
    command = 'docker push "$REGISTRY_URL/app:$VERSION"'
    shop.project.script("push.sh", command)
    shop.project.commit()
    criterion = ("Push it", f"{command if push.startswith('a block') else './push.sh'}; echo pushed > pushed")
    shop.approve(task(criterion, labels="builds", front=f"registry: {registry.address}\nversion: 0.1.18"))
    assert registry.asked == ["/v2/app/manifests/0.1.18"]
    assert shop.result["status"] == ("committed" if push.endswith("arrives") else "ready_for_verification")


def test_images_that_nobody_names_are_a_next_step(shop: Desk, task: Write, registry: Registry) -> None:
    values = f"registry: {registry.address}\nversion: 0.1.18"
    shop.approve(task(("Build it", "make"), labels="builds", front=values))
    assert shop.result["status"] == "committed"
    assert any("write `images: [NAME]`" in step for step in shop.result["next_steps"])


def front(registry: Registry) -> str:
    return f"registry: {registry.address}\nimages: [shop/api]"


def test_a_build_is_made_pushed_proved_ticked_and_committed(shop: Desk, task: Write, registry: Registry) -> None:
    shop.approve(
        task(
            ("Build the image with version 0.1.18", "make", "make check"),
            ("Push version 0.1.18 to the registry", "python3 push.py"),
            labels="builds, registry",
            front=front(registry),
            verification="test -s build/app.txt",
        )
    )
    result = shop.result
    assert (result["success"], result["status"], result["task_type"]) == (True, "committed", "build")
    assert result["criteria"] == {"total": 2, "completed": 2, "failed": 0, "remaining": 0}
    assert result["changes"] == {
        "files_modified": ["build/app.txt"],
        "commands_executed": ["make", "make check", "python3 push.py", "test -s build/app.txt"],
    }
    assert [c["output"] for c in result["completed_criteria"]][1] == "pushed 0.1.18\n"
    assert registry.asked == ["/v2/shop/api/manifests/0.1.18"]
    assert "is in the registry (sha256:" in shop.receipt
    assert (shop.project.top / "build/app.txt").read_text() == "one\nversion 0.1.18\n"
    assert shop.project.committed == ["build/app.txt"]
    assert shop.project.subject == "TASK-001: A task"
    assert shop.project.status == []
    assert shop.boxes() == "xx"
    assert shop.file().parent.name == "done"
    assert shop.text().count("Completed: ") == 2
    assert shop.last.state is RunState.SUCCEEDED


def test_a_python_build_makes_its_distribution(desk: Desk, task: Write) -> None:
    desk.project.commit(**{"src/thing.py": "VALUE = 1\n", ".gitignore": "__pycache__/\n"})
    archive = "python3 -m zipfile -c dist/thing.zip src/thing.py"
    desk.approve(
        task(
            ("Compile it", "python3 -m compileall -q src"),
            ("Pack it", f"mkdir -p dist\n{archive}", "python3 -m zipfile -t dist/thing.zip"),
            labels="builds",
            front="registry: localhost:5000\nversion: 1.0.0",
        )
    )
    assert desk.result["status"] == "committed"
    assert desk.project.committed == ["dist/thing.zip"]
    assert "no image is named" in desk.receipt


def test_an_image_that_is_not_in_the_registry_leaves_it_uncommitted(
    shop: Desk, task: Write, registry: Registry
) -> None:
    before = shop.project.git("rev-parse", "HEAD")
    shop.approve(task(("Build version 0.1.18", "make"), labels="builds", front=front(registry)))
    result = shop.result
    assert (result["success"], result["status"]) == (True, "ready_for_verification")
    assert shop.last.state is RunState.FAILED
    assert f"docker push {registry.address}/shop/api:0.1.18" in result["next_steps"]
    assert shop.project.git("rev-parse", "HEAD") == before
    assert shop.project.status == ["A  build/app.txt"]
    assert shop.file().parent.name == "approved"
    registry.has.add("/v2/shop/api/manifests/0.1.18")
    shop.resume()
    assert shop.result["status"] == "committed"
    assert [command for command, _, _ in shop.ran] == ["make"]
    assert shop.project.committed == ["build/app.txt"]


def test_a_failing_build_is_tried_twice_and_left_open(shop: Desk, task: Write, registry: Registry) -> None:
    shop.project.commit(Makefile="all:\n\t@echo broken >&2; exit 3\n")
    shop.approve(
        task(
            ("Build version 0.1.18", "make"),
            ("Write the notes", "echo notes > notes.txt"),
            labels="builds",
            front=front(registry),
        )
    )
    result = shop.result
    assert (result["success"], result["status"]) == (False, "partially_complete")
    assert result["criteria"] == {"total": 2, "completed": 1, "failed": 1, "remaining": 1}
    assert shop.ran == [("make", 1, 2), ("make", 2, 2), ("echo notes > notes.txt", 1, 0)]
    assert "exit 2, 2 attempts" in result["remaining_criteria"][0]["reason"]
    assert shop.boxes() == " x"
    assert "Failed: Build version 0.1.18" in shop.text()
    assert shop.project.status == ["A  notes.txt"]
    assert registry.asked == []


def test_a_build_that_fails_once_succeeds_at_the_second_attempt(shop: Desk, task: Write, registry: Registry) -> None:
    shop.project.commit(Makefile="all:\n\t@test -e .once || { touch .once; exit 1; }\n\techo built > out.txt\n")
    registry.has.add("/v2/shop/api/manifests/0.1.18")
    shop.approve(task(("Build version 0.1.18", "make"), labels="builds", front=front(registry)))
    assert shop.ran == [("make", 1, 2), ("make", 2, 0)]
    assert shop.result["status"] == "committed"
    assert shop.project.committed == [".once", "out.txt"]


def test_a_build_without_a_version_is_blocked_and_says_where_to_put_it(shop: Desk, task: Write) -> None:
    shop.approve(task(("Build the image", "make"), labels="builds", front="registry: localhost:5000"))
    result = shop.result
    assert (result["success"], result["status"]) == (False, "blocked")
    assert result["remaining_criteria"][0]["reason"] == "VERSION has no value, and a task of type build needs one"
    assert any("`version: 1.2.3`" in step for step in result["next_steps"])
    assert shop.ran == []
    assert shop.boxes() == " "


def test_registry_and_version_of_the_configuration_reach_the_commands(
    shop: Desk, task: Write, registry: Registry
) -> None:
    shop.restart(registry=registry.address, version="2.0.0")
    registry.has.add("/v2/shop/api/manifests/2.0.0")
    shop.approve(
        task(("Say both", 'echo "$REGISTRY_URL $VERSION" > both.txt'), labels="builds", front="images: shop/api")
    )
    assert shop.result["status"] == "committed"
    assert (shop.project.top / "both.txt").read_text() == f"{registry.address} 2.0.0\n"
