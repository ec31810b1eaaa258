"""`rehearse` runs a runbook in a sandbox and shows what it would have changed; `approve --dry-run` shows the plan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reifierd.cli.main import cli
from reifierd.errors import UsageError
from reifierd.ledger import open_ledger
from reifierd.redaction import Redactor
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, Layout

Call = Callable[..., Result]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def call(layout: Layout) -> Call:
    """A rehearsal is skipped, with the reason, where the system forbids it; in CI root must be able to."""

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(cli, ["-w", str(layout.root), *arguments])
        if isinstance(result.exception, UsageError) and "build a sandbox" in str(result.exception):
            if os.environ.get("CI") == "true" and os.geteuid() == 0:
                pytest.fail(str(result.exception))
            pytest.skip(str(result.exception))
        return result

    return invoke


def draft(layout: Layout, *blocks: str, front: str = "", verify: str = "") -> Path:
    path = layout.folder(DRAFTS) / "fix.md"
    fences = "\n\n".join(f"```bash\n{block}\n```" for block in blocks)
    checks = f"\n## Verify\n\n```bash {{gate}}\n{verify}\n```\n" if verify else ""
    path.write_text(f"{front}# Mend it\n\n## Fix\n\n{fences}\n{checks}")
    return path


def rehearsed(call: Call, *arguments: str) -> dict[str, Any]:
    result = call("rehearse", "fix", "--json", *arguments)
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def test_changes_are_shown_as_a_diff_and_nothing_of_it_is_real(
    layout: Layout, call: Call, private_places: Path
) -> None:
    settings = private_places / "settings.ini"
    settings.write_text("a = 1\nb = 2\n")
    (private_places / "old").write_text("old\n")
    (private_places / "lib").mkdir()
    (private_places / "lib/one").write_text("1\n")
    steps = ("cd ~; sed -i 's/b = 2/b = 3/' settings.ini; chmod 600 settings.ini; rm old",
             "rm -r lib; mkdir lib; echo 2 > lib/two; ln -s two lib/link; pwd")  # fmt: skip
    draft(layout, *steps)
    answer = rehearsed(call)
    assert answer["result"] == "succeeded"
    found = {(Path(c["path"]).name, c["kind"]): c for c in answer["changes"]}
    assert set(found) >= {
        ("settings.ini", "changed"), ("settings.ini", "mode"), ("old", "deleted"), ("one", "deleted"), ("two", "new"),
        ("link", "new"),
    }  # fmt: skip
    assert found["settings.ini", "changed"]["diff"].splitlines()[2:] == [
        "@@ -1,2 +1,2 @@",
        " a = 1",
        "-b = 2",
        "+b = 3",
    ]
    assert answer["steps"][1]["output"] == f"{private_places}\n"
    assert settings.read_text() == "a = 1\nb = 2\n"
    assert (private_places / "old").exists()
    assert (private_places / "lib/one").exists()
    assert (layout.folder(DRAFTS) / "fix.md").exists()
    with open_ledger(layout.ledger, Redactor()) as ledger:
        assert ledger.journal.runs() == []
    assert not list(layout.folder("reports").glob("*.json"))


def test_what_is_only_touched_is_no_change(layout: Layout, call: Call, private_places: Path) -> None:
    (private_places / "same").write_text("same\n")
    draft(layout, "touch ~/same; cat ~/same > ~/copy; cat ~/copy > ~/same; rm ~/copy")
    assert rehearsed(call)["changes"] == []


def test_a_person_sees_steps_files_and_that_nothing_was_real(layout: Layout, call: Call) -> None:
    draft(layout, "echo hello | tee ~/greeting", "printf '\\033[31mred'; false")
    result = call("rehearse", "fix")
    assert result.exit_code == 1
    assert "Fix Sequence, line 6: echo hello | tee ~/greeting\n  finished, exit 0\n  │ hello" in result.output
    assert "\\x1b[31mred" in result.output
    assert "  @@ -0,0 +1 @@\n  +hello\n" in result.output
    assert result.output.endswith("nothing of this was real\n")


def test_secrets_are_in_no_output_and_no_diff(layout: Layout, call: Call) -> None:
    draft(layout, 'echo "$PASSWORD_OF_IT" | tee ~/kept', front="---\nparams:\n  PASSWORD_OF_IT: {secret: true}\n---\n")
    result = call("rehearse", "fix", "--param", "PASSWORD_OF_IT=correct-horse-battery")
    assert result.exit_code == 0
    assert "correct-horse" not in result.output


def test_a_missing_parameter_stops_it(layout: Layout, call: Call) -> None:
    draft(layout, "echo $TOWN > ~/town", front="---\nparams:\n  TOWN: {}\n---\n")
    result = call("rehearse", "fix")
    assert result.exit_code == 3
    assert "--param TOWN=…" in result.output
    assert call("rehearse", "fix", "--param", "TOWN=Ulm").exit_code == 0


def test_what_the_guard_refuses_is_not_rehearsed(layout: Layout, call: Call) -> None:
    draft(layout, "echo first > ~/first", "rm -rf /")
    answer = rehearsed(call)
    assert (answer["result"], answer["steps"], answer["changes"]) == ("refused", [], [])


def test_what_needs_an_override_is_rehearsed_and_the_override_named(layout: Layout, call: Call) -> None:
    draft(layout, "git push -f", "echo x > ~/behind")
    answer = rehearsed(call)
    assert answer["overrides_needed"] and not answer["would_run"]
    assert answer["steps"][0]["command"] == "git push -f"


def test_a_step_that_talks_to_what_is_cut_off_is_named_and_gone_on_behind(layout: Layout, call: Call) -> None:
    draft(layout, "systemctl restart nothing-of-that-name", "echo x > ~/behind")
    answer = rehearsed(call)
    assert answer["cut_off"] == [{"line": 6, "effect": "service"}]
    assert answer["went_on"] == [6]
    assert [Path(c["path"]).name for c in answer["changes"]] == ["behind"]


def test_what_took_too_long_is_shown_as_far_as_it_came(layout: Layout, call: Call) -> None:
    draft(layout, "echo x > ~/begun", "sleep 300")
    result = call("rehearse", "fix", "--timeout", "3", "--json")
    answer = json.loads(result.output)
    assert result.exit_code == 1
    assert answer["over"] == "it took longer than 3 s"
    assert [step["state"] for step in answer["steps"]] == ["finished", "started"]
    assert [Path(c["path"]).name for c in answer["changes"]] == ["begun"]


def test_a_path_and_an_approved_runbook_may_be_rehearsed(layout: Layout, call: Call, tmp_path: Path) -> None:
    draft(layout, "true").rename(layout.folder(APPROVED) / "fix.md")
    assert rehearsed(call)["result"] == "succeeded"
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text("# E\n\n## Fix\n\n```bash\ntrue\n```\n")
    assert call("rehearse", str(elsewhere)).exit_code == 0


def test_the_ledger_and_the_parameters_file_are_not_to_be_read_inside(
    layout: Layout, call: Call, private_places: Path
) -> None:
    config = private_places / ".config/reifierd"
    config.mkdir(parents=True)
    (config / "params.toml").write_text('X = "1"\n')
    (config / "params.toml").chmod(0o600)
    draft(layout, 'test ! -e "$HOME/.config/reifierd/params.toml"', f'test ! -e "{layout.state}"')
    assert [step["exit"] for step in rehearsed(call)["steps"]] == [0, 0]


def test_where_namespaces_are_forbidden_the_setting_is_named(layout: Layout, need: Callable[..., None]) -> None:
    need("unshare")
    draft(layout, "true")
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    argv = [sys.executable, "-m", "reifierd", "-w", str(layout.root), "rehearse", "fix"]
    done = subprocess.run(
        ["unshare", "-r", "sh", "-c", forbid, "sh", *argv], capture_output=True, text=True, check=False
    )
    if done.returncode != 2 and "unshare" in done.stderr.split(":")[0]:
        pytest.skip(done.stderr)
    assert done.returncode == 2, done.stderr
    assert "does not let root build a sandbox (unshare: No space left on device)" in done.stderr
    assert "→ sudo sysctl user.max_user_namespaces=" in done.stderr


def test_a_dry_run_shows_the_plan_in_its_order_and_moves_nothing(layout: Layout, call: Call) -> None:
    path = draft(layout, "echo $TOWN > ~/town", "git push -f", verify="test -e ~/town",
                 front="---\nparams:\n  TOWN: {}\n---\n")  # fmt: skip
    result = call("approve", "fix", "--dry-run")
    assert result.exit_code == 3
    lines = result.output.splitlines()
    assert "asked beforehand" in lines[1]
    assert [line.split()[1] for line in lines[2:5]] == ["allow", "override", "allow"]
    assert "--param TOWN=…" in result.output
    assert "--override git-push-rewrite" in result.output
    assert path.exists()
    assert not list(layout.folder(APPROVED).glob("fix*"))
    with open_ledger(layout.ledger, Redactor()) as ledger:
        assert ledger.journal.words() == []


def test_a_dry_run_of_what_would_run_ends_well(layout: Layout, call: Call) -> None:
    draft(layout, "true")
    answer = json.loads(call("approve", "fix", "--dry-run", "--json").output)
    assert answer["would_run"]
    assert [(s["verdict"], s["section"]) for s in answer["steps"]] == [("allow", "Fix Sequence")]
    assert call("approve", "fix", "--dry-run").exit_code == 0
