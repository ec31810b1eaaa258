"""`reifierd check`: files, standard input and the batch form, with their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

RUNBOOK = """# Stuck worker

## Fix Sequence
1. `rm -f /run/worker.pid`
2. Empty it
   ```bash
   rm -rf "$UNKNOWN_DIR/"*
   ```

## Verify
1. `kubectl logs <pod> -n shop`
"""


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reifierd", *words], input=stdin, capture_output=True, text=True, check=False
    )


def test_a_script_that_is_allowed(tmp_path: Path) -> None:
    script = tmp_path / "a.sh"
    script.write_text("systemctl restart shop\n")
    done = run("check", str(script))
    assert (done.returncode, "allow" in done.stdout) == (0, True)


def test_a_script_that_is_not_allowed_says_why_where_and_what_instead(tmp_path: Path) -> None:
    script = tmp_path / "a.sh"
    script.write_text("ls\ngit push --force\n")
    done = run("check", str(script))
    assert done.returncode == 3
    assert "git-push-rewrite" in done.stdout
    assert "line 2" in done.stdout
    assert "--force-with-lease" in done.stdout


def test_a_runbook_is_judged_step_by_step(tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(RUNBOOK)
    done = run("check", str(book), "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 3
    assert [(s["section"], s["verdict"]) for s in answer["steps"]] == [
        ("Fix Sequence", "allow"),
        ("Fix Sequence", "override"),
        ("Verify", "allow"),
    ]
    assert answer["steps"][1]["findings"][0]["rule"] == "delete-unknown"
    assert answer["params"] == ["POD"]


def test_standard_input() -> None:
    assert run("check", "-", stdin="ls\n").returncode == 0
    assert run("check", "-", stdin="rm -rf /\n").returncode == 3


def test_the_batch_form_keeps_order_and_ids() -> None:
    rows = [{"id": "a", "shell": "ls"}, {"id": 7, "shell": "rm -rf /"}, {"shell": "git push -f"}]
    done = run("check", "--jsonl", stdin="\n".join(map(json.dumps, rows)) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [(a["id"], a["verdict"]) for a in answers] == [("a", "allow"), (7, "refuse"), (None, "override")]
    assert set(answers[1]["findings"][0]) == {"rule", "severity", "reason", "alternative", "command", "line"}


def test_a_broken_line_is_named() -> None:
    done = run("check", "--jsonl", stdin='{"id": 1, "shell": "ls"}\nnot json\n')
    assert done.returncode == 2
    assert "<stdin>:2" in done.stderr


def test_a_broken_user_rule_is_named(private_places: Path) -> None:
    rules = private_places / ".config/reifierd/rules"
    rules.mkdir(parents=True)
    (rules / "own.toml").write_text('\n[[rule]]\nid = "x"\n')
    done = run("check", "-", stdin="ls")
    assert done.returncode == 2
    assert "own.toml:2" in done.stderr


def test_a_missing_file_is_an_error_of_usage() -> None:
    assert run("check", "/nowhere/x.sh").returncode == 2
    assert run("check").returncode == 2


def test_the_path_stands_once_and_steps_are_numbered_as_in_their_section(tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(RUNBOOK)
    lines = run("check", str(book)).stdout.splitlines()
    assert lines[0] == str(book)
    assert sum(str(book) in line for line in lines) == 1
    assert "allow     Fix Sequence 1 (line 4)  rm -f /run/worker.pid" in lines
    assert 'override  Fix Sequence 2 (line 7)  rm -rf "$UNKNOWN_DIR/"*' in lines
    assert "allow     Verify 1 (line 11)  kubectl logs <pod> -n shop" in lines
    assert lines[-1] == "3 steps: 2 allow, 1 override; it would not run as it stands"


def test_a_general_rule_is_not_told_beside_the_one_that_says_more() -> None:
    done = run("check", "-", stdin="rm -rf /etc\n")
    assert "delete-root" in done.stdout
    assert "delete-system" not in done.stdout
    assert "a form that is allowed, for example: " in done.stdout
    rows = json.loads(run("check", "-", "--json", stdin="rm -rf /etc\n").stdout)["steps"][0]["findings"]
    assert [row["rule"] for row in rows] == ["delete-root", "delete-system"]
