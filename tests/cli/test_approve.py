"""`approve` and `reject` move the file that a person would move, and say the word."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reifierd.cli.main import cli, run
from reifierd.errors import Refused
from reifierd.ledger import open_ledger
from reifierd.ledger.records import Approval, FileState, Hold
from reifierd.redaction import Redactor
from reifierd.runs.words import take, wish_in
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, REJECTED, SUGGESTIONS, Layout

Call = Callable[..., Result]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def call(layout: Layout) -> Call:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["-w", str(layout.root), *arguments], catch_exceptions=True)

    return invoke


def words(layout: Layout) -> list[tuple[str, str, str]]:
    with open_ledger(layout.ledger, Redactor()) as ledger:
        return [(w.kind, w.subject, w.sha256) for w in ledger.journal.words()]


@pytest.mark.parametrize("name", ["fix", "fix.md", "runbooks/drafts/fix.md"])
def test_approve_moves_the_draft_and_says_the_word(layout: Layout, call: Call, name: str) -> None:
    (layout.folder(DRAFTS) / "fix.md").write_text("# Fix\n")
    result = call("approve", name)
    assert result.exit_code == 0, result.output
    assert "the daemon is not running" in result.output
    assert (layout.folder(APPROVED) / "fix.md").read_text() == "# Fix\n"
    assert words(layout) == [("approve", f"{APPROVED}/fix.md", hashlib.sha256(b"# Fix\n").hexdigest())]


def test_approve_takes_suggestions_and_says_the_word_for_what_stands(layout: Layout, call: Call) -> None:
    (layout.folder(SUGGESTIONS) / "heal.md").write_text("# Heal\n")
    assert json.loads(call("approve", "heal", "--json").output)["moved"] is True
    again = json.loads(call("approve", "heal", "--json").output)
    assert (again["moved"], again["approved"]) == (False, f"{APPROVED}/heal.md")
    assert len(words(layout)) == 2


def test_parameters_are_handed_over_in_memory_and_read_once(layout: Layout, call: Call) -> None:
    (layout.folder(DRAFTS) / "fix.md").write_text("---\nparams: {DB_PASSWORD: {secret: true}}\n---\n# Fix\n")
    assert call("approve", "fix", "--param", "DB_PASSWORD=hunter2-hunter2", "--override", "some-rule").exit_code == 0
    assert b"hunter2-hunter2" not in b"".join(p.read_bytes() for p in layout.state.rglob("*") if p.is_file())
    with open_ledger(layout.ledger, Redactor()) as ledger:
        said = ledger.journal.words()[0]
    assert wish_in(said.detail).overrides == ("some-rule",)
    assert take(layout, said) == {"DB_PASSWORD": "hunter2-hunter2"}
    assert take(layout, said) == {}


def test_an_unknown_name_lists_the_near_ones(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    (layout.folder(DRAFTS) / "fix-nginx.md").write_text("# Fix\n")
    assert run(["-w", str(layout.root), "approve", "fix-ngnix"]) == 2
    assert "did you mean: fix-nginx" in capsys.readouterr().err


def test_a_name_outside_the_folders_is_no_runbook(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n")
    assert run(["-w", str(layout.root), "approve", str(tmp_path / "other.md")]) == 2
    assert run(["-w", str(layout.root), "approve", "../../other.md"]) == 2


def test_nothing_in_approved_is_overwritten(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    (layout.folder(DRAFTS) / "fix.md").write_text("# New\n")
    (layout.folder(APPROVED) / "fix.md").write_text("# Old\n")
    assert run(["-w", str(layout.root), "approve", "fix"]) == 2
    assert "stands in approved/ already" in capsys.readouterr().err
    assert (layout.folder(APPROVED) / "fix.md").read_text() == "# Old\n"


def test_a_parameter_without_a_value_is_a_usage_error(layout: Layout) -> None:
    (layout.folder(DRAFTS) / "fix.md").write_text("# Fix\n")
    assert run(["-w", str(layout.root), "approve", "fix", "--param", "NAME"]) == 2
    assert (layout.folder(DRAFTS) / "fix.md").exists()


def test_reject_moves_and_never_overwrites(layout: Layout, call: Call) -> None:
    for text in ("# One\n", "# Two\n"):
        (layout.folder(DRAFTS) / "fix.md").write_text(text)
        assert call("reject", "fix").exit_code == 0
    assert sorted(p.read_text() for p in layout.folder(REJECTED).glob("fix*.md")) == ["# One\n", "# Two\n"]


def test_a_part_that_only_one_file_has_is_enough(layout: Layout, call: Call) -> None:
    for name in ("incident_shop_restart.md", "incident_disk_full.md"):
        (layout.folder(DRAFTS) / name).write_text("# Fix\n")
    assert run(["-w", str(layout.root), "approve", "incident"]) == 2
    assert call("approve", "disk").exit_code == 0
    assert (layout.folder(APPROVED) / "incident_disk_full.md").exists()


def test_a_name_that_is_near_to_none_is_not_answered_with_all(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    (layout.folder(DRAFTS) / "incident_shop.md").write_text("# Fix\n")
    assert run(["-w", str(layout.root), "approve", "zzzzzz"]) == 2
    assert "incident_shop" not in capsys.readouterr().err
    assert run(["-w", str(layout.root), "approve", "incident_shpo"]) == 2
    assert "did you mean: incident_shop" in capsys.readouterr().err


def test_a_value_for_a_parameter_that_it_does_not_have_is_a_mistake(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    (layout.folder(DRAFTS) / "fix.md").write_text("# Fix\n\n## Fix\n\n```bash\nkubectl delete pod <pod>\n```\n")
    assert run(["-w", str(layout.root), "approve", "fix", "--param", "PODS=a"]) == 2
    told = capsys.readouterr().err
    assert "no parameter PODS" in told
    assert "1 parameter: POD" in told
    assert (layout.folder(DRAFTS) / "fix.md").exists()
    assert run(["-w", str(layout.root), "approve", "fix", "--param", "POD=a"]) == 0


def test_all_that_is_held_is_released_by_one_word_each_for_the_bytes_that_were_reported(
    layout: Layout, call: Call
) -> None:
    with open_ledger(layout.ledger, Redactor()) as ledger:
        for name, state, hold in (
            ("a", FileState.HELD, Hold.MANY),
            ("b", FileState.HELD, Hold.OLD),
            ("c", FileState.SUCCEEDED, None),
            ("gone", FileState.HELD, Hold.MANY),
        ):
            ledger.journal.put_approval(Approval(f"{APPROVED}/{name}.md", f"{name}0" * 32, state, 1.0, hold=hold))
    for name in "abc":
        (layout.folder(APPROVED) / f"{name}.md").write_text("# Fix\n")
    assert json.loads(call("approve", "--all-held", "--json").output) == {
        "approved": [f"{APPROVED}/a.md", f"{APPROVED}/b.md"]
    }
    assert words(layout) == [("approve", f"{APPROVED}/{n}.md", f"{n}0" * 32) for n in "ab"]
    assert 0 not in (call("approve").exit_code, call("approve", "a", "--all-held").exit_code)


def test_invariant_11_a_step_cannot_say_the_word(layout: Layout, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called by whatever the guard could not see into: a step's processes carry its mark."""
    (layout.folder(DRAFTS) / "fix.md").write_text("# Fix\n")
    monkeypatch.setenv("REIFIERD_STEP", "run-1/1/1")
    result = call("approve", "fix")
    assert isinstance(result.exception, Refused)
    assert words(layout) == []
    assert (layout.folder(DRAFTS) / "fix.md").exists()
