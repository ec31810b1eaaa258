"""Verification tasks only look: held by what the commands do, not by what they are called."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Desk = Any  # of conftest.py, which tests cannot import
Write = Callable[..., str]


@pytest.fixture
def service() -> Iterator[dict[str, Any]]:
    """A service on loopback that answers `health` with the next of `answers` (the last one stays)."""
    state: dict[str, Any] = {"answers": [200], "asked": 0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state["asked"] += 1
            answers = state["answers"]
            self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
            self.end_headers()
            self.wfile.write(b"ok\n")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state["health"] = f"curl -fsS http://127.0.0.1:{server.server_port}/health"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def test_what_it_sees_is_proof_and_there_is_nothing_to_commit(desk: Desk, task: Write, service: dict[str, Any]) -> None:
    desk.approve(
        task(("It answers", service["health"]), ("It is configured", "grep -q a a && git log -1"), labels="health")
    )
    result = desk.result
    assert (result["success"], result["status"], result["task_type"]) == (True, "verified", "verification")
    assert result["completed_criteria"][0]["output"] == "ok\n"
    assert result["changes"]["files_modified"] == []
    assert desk.file().parent.name == "done"
    assert desk.project.subject == "before"


def test_a_sick_service_is_no_success(desk: Desk, task: Write, service: dict[str, Any]) -> None:
    service["answers"] = [503]
    desk.approve(task(("It answers", service["health"]), ("It is configured", "grep -q a a"), labels="health"))
    assert (desk.result["success"], desk.result["status"]) == (False, "partially_complete")
    assert desk.boxes() == " x"
    assert service["asked"] == 2


def test_a_service_that_answers_at_the_second_look_is_well(desk: Desk, task: Write, service: dict[str, Any]) -> None:
    service["answers"] = [503, 200]
    desk.approve(task(("It answers", service["health"]), labels="health"))
    assert desk.result["status"] == "verified"
    assert [status for _, _, status in desk.ran] == [22, 0]


@pytest.mark.parametrize(
    "command",
    [
        "touch seen",
        "rm -f a",
        "curl -fsS -X POST http://127.0.0.1:1/",
        "echo x > a",
        "git commit -am x",
        "sed -i s/a/b/ a",
    ],
)
def test_a_command_that_changes_something_is_blocked_before_it_runs(desk: Desk, task: Write, command: str) -> None:
    desk.approve(task(("Look", command), ("It is configured", "grep -q a a"), labels="verification"))
    assert [c for c, _, _ in desk.ran] == ["grep -q a a"]
    [open_still] = desk.result["remaining_criteria"]
    assert "changes something" in open_still["reason"] or "not known to be read-only" in open_still["reason"]
    assert desk.project.status == []


def test_a_script_that_changes_something_is_read(desk: Desk, task: Write) -> None:
    desk.project.script("health.sh", "grep -q a a\ntouch seen")
    desk.project.commit()
    desk.approve(task(("Look", "./health.sh"), labels="verification"))
    assert desk.result["status"] == "blocked"
    assert "changes something" in desk.result["remaining_criteria"][0]["reason"]
    assert not (desk.project.top / "seen").exists()


def test_a_script_that_only_looks_may_run(desk: Desk, task: Write) -> None:
    desk.project.script("look.sh", "grep -q a a && git status --short")
    desk.project.commit()
    desk.approve(task(("Look", "./look.sh"), labels="verification"))
    assert desk.result["status"] == "verified"


def test_an_unknown_program_needs_a_persons_word_that_it_only_looks(desk: Desk, task: Write) -> None:
    desk.project.write("probe.py", "print('fine')\n")
    desk.project.commit()
    desk.approve(task(("Probe", "python3 probe.py"), labels="verification"))
    assert desk.result["status"] == "blocked"
    assert any("{readonly}" in step for step in desk.result["next_steps"])
    desk.file().unlink()
    desk.look()
    desk.approve(task(("Probe", "{readonly}\npython3 probe.py"), labels="verification"), "TASK-002.md")
    assert desk.result["status"] == "verified"


def test_a_changing_check_of_a_verification_is_blocked_too(desk: Desk, task: Write) -> None:
    desk.approve(task(("It is configured", "grep -q a a"), labels="verification", verification="touch seen"))
    assert desk.result["success"] is False
    assert not (desk.project.top / "seen").exists()
