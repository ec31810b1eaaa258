"""Files, ledger and words together, on real files: what runs, what is held, what is only recorded."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from reifierd.ledger import Ledger, open_ledger
from reifierd.ledger.records import Approval, FileState, Hold, Run, RunState, key_of
from reifierd.redaction import Redactor
from reifierd.workspace.generation import note
from reifierd.workspace.layout import (
    APPROVED,
    DRAFTS,
    GENERATION,
    MARKER,
    PAUSE,
    TASK_APPROVED,
    TASK_DONE,
    TASK_DRAFTS,
    Layout,
)
from reifierd.workspace.library import RUNBOOKS, Library, sha256
from reifierd.workspace.lifecycle import Action, Limits
from reifierd.workspace.review import Reviewer, Ruling, introduce
from reifierd.workspace.root import Root, Vanished


class Daemon:
    """A daemon whose runs always succeed at once; its clock may be set forward."""

    def __init__(self, root: Root, ledger: Ledger, library: Library = RUNBOOKS) -> None:
        self.root, self.ledger, self.library, self.ahead = root, ledger, library, 0.0
        self.ran: list[str] = []
        self.said: list[tuple[str, Action]] = []
        self.start()

    def start(self) -> None:
        self.ledger.journal.recover(self.now())
        self.reviewer = Reviewer(self.root, self.ledger, Limits(settle=0.01), library=self.library)

    def now(self) -> float:
        return time.time() + self.ahead

    def look(self) -> list[str]:
        """Look and run until nothing is due; the names that ran."""
        ran: list[str] = []
        for _ in range(200):
            review = self.reviewer.review(self.now())
            self.said += [(Path(r.name).name, r.decision.action) for r in review.done]
            if review.runs:
                ran.append(self.run(review.runs[0]))
            elif review.again is None:
                return ran
            else:
                time.sleep(review.again)
        raise AssertionError("never comes to rest")

    def run(self, ruling: Ruling) -> str:
        journal = self.ledger.journal
        run_id = f"r{len(journal.runs(10_000))}"
        claim = Approval(ruling.name, ruling.sha256, FileState.RUNNING, self.now(), run_id)
        self.reviewer.claim(ruling, claim)
        note(self.root, self.ledger)
        journal.start_run(Run(run_id, ruling.name, ruling.sha256, RunState.RUNNING, self.now()))
        journal.end_run(run_id, RunState.SUCCEEDED, self.now())
        self.ran.append(ruling.sha256)
        return Path(ruling.name).name

    def state(self, name: str) -> FileState | None:
        found = self.ledger.journal.approval(f"{self.library.folder}/{name}")
        return found.state if found else None


@pytest.fixture
def daemon(root: Root, ledger: Ledger) -> Daemon:
    introduce(root, ledger)
    return Daemon(root, ledger)


def test_a_file_moved_in_runs_once(daemon: Daemon, approved: Path, layout: Layout) -> None:
    draft = layout.folder(DRAFTS) / "fix.md"
    draft.write_text("x")
    draft.rename(approved / "fix.md")
    assert daemon.look() == ["fix.md"]
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.SUCCEEDED


def test_kestra_8334_a_restart_runs_nothing_again(daemon: Daemon, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    assert daemon.look() == ["fix.md"]
    for _ in range(3):
        daemon.start()
        assert daemon.look() == []


def test_a_crash_before_the_claim_loses_nothing_and_after_it_runs_nothing(daemon: Daemon, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    (ruling,) = daemon.reviewer.review(daemon.now()).runs
    daemon.start()
    (ruling,) = daemon.reviewer.review(daemon.now()).runs
    daemon.ledger.journal.claim(Approval(ruling.name, ruling.sha256, FileState.RUNNING, daemon.now(), "r0"))
    daemon.start()
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.HELD


def test_moved_out_and_in_again_is_a_new_consent(daemon: Daemon, approved: Path, tmp_path: Path) -> None:
    (approved / "fix.md").write_text("x")
    daemon.look()
    (approved / "fix.md").rename(tmp_path / "fix.md")
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.GONE
    (tmp_path / "fix.md").rename(approved / "fix.md")
    assert daemon.look() == ["fix.md"]


def test_a_moment_without_the_file_is_not_a_moving_out(daemon: Daemon, approved: Path, tmp_path: Path) -> None:
    """emacs saves by renaming the old file away; git checkout deletes and creates."""
    (approved / "fix.md").write_text("x")
    daemon.look()
    (approved / "fix.md").unlink()
    assert daemon.reviewer.review(daemon.now()).again is not None
    (approved / "fix.md").write_text("edited")
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.CHANGED


def test_a_rename_and_a_copy_take_over_the_state(daemon: Daemon, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    daemon.look()
    (approved / "fix.md").rename(approved / "other.md")
    shutil.copy(approved / "other.md", approved / "copy.md")
    assert daemon.look() == []
    assert [daemon.state(n) for n in ("fix.md", "other.md", "copy.md")] == [
        FileState.GONE,
        FileState.SUCCEEDED,
        FileState.SUCCEEDED,
    ]
    assert ("other.md", Action.ADOPT) in daemon.said


def test_two_copies_that_come_together_run_once(daemon: Daemon, approved: Path) -> None:
    for name in ("a.md", "b.md"):
        (approved / name).write_text("same")
    assert daemon.look() == ["a.md"]
    assert daemon.state("b.md") is FileState.SUCCEEDED


def test_two_copies_that_were_held_in_a_pause_run_once(daemon: Daemon, approved: Path, layout: Layout) -> None:
    (layout.root / PAUSE).touch()
    for name in ("a.md", "b.md"):
        (approved / name).write_text("same")
    assert daemon.look() == []
    (layout.root / PAUSE).unlink()
    assert daemon.look() == ["a.md"]


def test_an_edit_in_place_is_void_once_and_its_rename_no_consent(daemon: Daemon, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    daemon.look()
    (approved / "fix.md").write_text("y")
    assert daemon.look() == []
    assert daemon.look() == []
    assert daemon.said.count(("fix.md", Action.VOID)) == 1
    time.sleep(0.06)
    daemon.look()
    (approved / "fix.md").rename(approved / "renamed.md")
    assert daemon.look() == []
    assert daemon.state("renamed.md") is FileState.CHANGED


def test_a_copy_of_edited_bytes_is_no_consent_either(daemon: Daemon, approved: Path) -> None:
    for text in ("x", "y", "z"):
        (approved / "fix.md").write_text(text)
        daemon.look()
    shutil.copy(approved / "fix.md", approved / "copy.md")
    assert daemon.look() == []
    assert daemon.state("copy.md") is FileState.CHANGED


def test_going_back_to_the_approved_bytes_does_not_run(daemon: Daemon, approved: Path) -> None:
    for text in ("x", "y", "x"):
        (approved / "fix.md").write_text(text)
        daemon.look()
    assert len(daemon.ran) == 1
    assert daemon.state("fix.md") is FileState.CHANGED


def test_a_lost_ledger_files_everything_unexecuted(root: Root, ledger: Ledger, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    introduce(root, ledger)  # something stands there: they do not meet
    daemon = Daemon(root, ledger)
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.FILED
    (approved / "new.md").write_text("y")
    assert daemon.look() == ["new.md"]


def test_a_copied_workspace_is_another_one(
    daemon: Daemon, ledger: Ledger, layout: Layout, approved: Path, tmp_path: Path
) -> None:
    """`cp -a` takes the marker with it, and so the ledger: what one lacks must not count as gone in the other."""
    (approved / "fix.md").write_text("x")
    daemon.look()
    shutil.copytree(layout.root, tmp_path / "copy")
    (tmp_path / "copy" / APPROVED / "fix.md").unlink()
    (tmp_path / "copy" / APPROVED / "new.md").write_text("y")
    with Root(Layout(tmp_path / "copy", layout.id)) as copy:
        assert Daemon(copy, ledger).look() == []
    daemon.start()
    assert daemon.look() == []


def test_what_came_while_the_daemon_was_off_is_held_after_an_hour(daemon: Daemon, approved: Path) -> None:
    (approved / "soon.md").write_text("x")
    daemon.ahead = 3500
    daemon.start()
    assert daemon.look() == ["soon.md"]
    (approved / "late.md").write_text("y")
    daemon.ahead = 7000
    daemon.start()
    assert daemon.look() == []
    found = daemon.ledger.journal.approval(f"{APPROVED}/late.md")
    assert found is not None
    assert found.hold is Hold.OLD


def test_what_came_during_a_long_run_is_not_old(daemon: Daemon, approved: Path) -> None:
    daemon.look()
    (approved / "fix.md").write_text("x")
    daemon.ahead = 9000
    assert daemon.look() == ["fix.md"]


def test_many_at_once_are_held_and_released_by_name(daemon: Daemon, approved: Path) -> None:
    for n in range(6):
        (approved / f"{n}.md").write_text(str(n))
    assert daemon.look() == []
    assert {daemon.state(f"{n}.md") for n in range(6)} == {FileState.HELD}
    daemon.ledger.journal.say("approve", f"{APPROVED}/3.md", "", daemon.now())
    assert daemon.look() == ["3.md"]
    assert daemon.look() == []


def test_thousands_at_once_are_all_held(daemon: Daemon, approved: Path) -> None:
    for n in range(1000):
        (approved / f"{n}.md").write_text(str(n))
    assert daemon.look() == []
    assert {a.hold for a in daemon.ledger.journal.approvals()} == {Hold.MANY}
    assert len(daemon.ledger.journal.approvals()) == 1000


def test_a_word_runs_again_what_has_run_and_is_heard_once(daemon: Daemon, approved: Path) -> None:
    (approved / "fix.md").write_text("x")
    daemon.look()
    daemon.ledger.journal.say("approve", f"{APPROVED}/fix.md", "", daemon.now() + 0.001)
    assert daemon.look() == ["fix.md"]
    assert daemon.look() == []
    assert daemon.ledger.journal.words() == []


def test_a_word_that_the_move_has_answered_does_not_run_it_twice(daemon: Daemon, approved: Path) -> None:
    said = daemon.now()
    (approved / "fix.md").write_text("x")
    assert daemon.look() == ["fix.md"]
    daemon.ledger.journal.say("approve", f"{APPROVED}/fix.md", "", said)
    assert daemon.look() == []
    assert daemon.ledger.journal.words() == []


def test_a_word_for_other_bytes_is_none(daemon: Daemon, approved: Path) -> None:
    for n in range(6):
        (approved / f"{n}.md").write_text(str(n))
    daemon.look()
    daemon.ledger.journal.say("approve", f"{APPROVED}/3.md", "", daemon.now(), sha256="ff" * 32)
    assert daemon.look() == []
    assert daemon.ledger.journal.words() == []


def test_a_word_that_nobody_heard_for_an_hour_is_no_consent_any_more(daemon: Daemon, approved: Path) -> None:
    daemon.ledger.journal.say("approve", f"{APPROVED}/fix.md", "", daemon.now())
    (approved / "fix.md").write_text("x")
    daemon.ahead = 3700
    daemon.start()
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.HELD
    assert daemon.ledger.journal.words() == []


def test_a_word_waits_a_while_for_its_file(daemon: Daemon, approved: Path) -> None:
    daemon.ledger.journal.say("approve", f"{APPROVED}/fix.md", "", daemon.now())
    daemon.look()
    assert len(daemon.ledger.journal.words()) == 1
    daemon.ahead = 61
    daemon.look()
    assert daemon.ledger.journal.words() == []


def test_a_word_during_the_pause_is_kept_until_it_ends(daemon: Daemon, approved: Path, layout: Layout) -> None:
    (approved / "fix.md").write_text("x")
    daemon.look()
    (layout.root / PAUSE).touch()
    daemon.ledger.journal.say("approve", f"{APPROVED}/fix.md", "", daemon.now() + 0.001)
    assert daemon.look() == []
    (layout.root / PAUSE).unlink()
    assert daemon.look() == ["fix.md"]


def test_a_vanished_workspace_changes_nothing(daemon: Daemon, approved: Path, layout: Layout) -> None:
    (approved / "fix.md").write_text("x")
    daemon.look()
    (layout.root / MARKER).rename(layout.root / "m")
    (approved / "fix.md").rename(layout.root / "fix.md")
    with pytest.raises(Vanished):
        daemon.reviewer.review(daemon.now())
    (layout.root / "m").rename(layout.root / MARKER)
    (layout.root / "fix.md").rename(approved / "fix.md")
    assert daemon.look() == []


def test_strangers_are_told_once(daemon: Daemon, approved: Path) -> None:
    (approved / "fix.sh").touch()
    assert daemon.reviewer.review(daemon.now()).strangers == (f"{APPROVED}/fix.sh",)
    assert daemon.reviewer.review(daemon.now()).strangers == ()


def test_a_file_that_cannot_be_read_is_still_given_to_consent(daemon: Daemon, approved: Path, tmp_path: Path) -> None:
    (approved / "link.md").symlink_to(tmp_path)
    os.mkfifo(approved / "fifo.md")
    assert [(r.name, r.sha256) for r in daemon.reviewer.review(daemon.now()).runs] == [
        (f"{APPROVED}/fifo.md", ""),
        (f"{APPROVED}/link.md", ""),
    ]


def test_a_long_first_look_says_how_far_it_is(daemon: Daemon, approved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reifierd.workspace.review.TOLD_EVERY", 10)
    for n in range(25):
        (approved / f"{n}.md").write_text(str(n))
    said: list[tuple[str, int, int]] = []
    reviewer = Reviewer(daemon.root, daemon.ledger, Limits(), lambda *told: said.append(told))
    reviewer.review(daemon.now())
    assert said == [("read", 10, 25), ("read", 20, 25), ("recorded", 10, 25), ("recorded", 20, 25)]


TASKS = Library(TASK_APPROVED, (TASK_DRAFTS, TASK_DONE), lambda data: sha256(data.replace(b"[x]", b"[ ]")))


@pytest.fixture
def tasks(daemon: Daemon) -> Daemon:
    """A second reviewer on the same root and ledger."""
    return Daemon(daemon.root, daemon.ledger, TASKS)


def test_two_libraries_of_one_ledger_do_not_disturb_each_other(
    daemon: Daemon, tasks: Daemon, approved: Path, layout: Layout
) -> None:
    there = layout.folder(TASK_APPROVED)
    (approved / "fix.md").write_text("- [ ] x")
    (there / "fix.md").write_text("- [ ] x")
    time.sleep(0.02)  # nothing that comes with the beginning of a run is anybody's word
    for _ in range(2):
        assert [len(daemon.look()), len(tasks.look())] in ([1, 1], [0, 0])
        daemon.start()
        tasks.start()
    assert (len(daemon.ran), len(tasks.ran)) == (1, 1), "the same bytes are no copy of what another loop runs"
    (there / "fix.md").unlink()
    assert (daemon.look(), tasks.look()) == ([], [])
    assert (daemon.state("fix.md"), tasks.state("fix.md")) == (FileState.SUCCEEDED, FileState.GONE)
    assert [a.folder for a in daemon.ledger.journal.approvals(TASK_APPROVED)] == [TASK_APPROVED]


def test_a_word_is_heard_by_the_library_that_it_is_about(
    daemon: Daemon, tasks: Daemon, approved: Path, layout: Layout
) -> None:
    for place in (approved, layout.folder(TASK_APPROVED)):
        (place / "fix.md").write_text("- [ ] x")
    daemon.look()
    tasks.look()
    daemon.ledger.journal.say("approve", f"{TASK_APPROVED}/fix.md", "", daemon.now() + 0.001)
    daemon.ahead = tasks.ahead = 61
    assert daemon.look() == []
    assert tasks.look() == ["fix.md"]


def test_what_a_librarys_digest_leaves_out_voids_nothing(tasks: Daemon, layout: Layout) -> None:
    place = layout.folder(TASK_APPROVED) / "task.md"
    place.write_text("- [ ] x")
    assert tasks.look() == ["task.md"]
    place.write_text("- [x] x")
    assert tasks.look() == []
    assert tasks.state("task.md") is FileState.SUCCEEDED
    place.write_text("- [x] y")
    tasks.look()
    assert tasks.state("task.md") is FileState.CHANGED


def test_a_ledger_that_knows_the_runbooks_may_not_know_the_tasks(
    root: Root, ledger: Ledger, approved: Path, layout: Layout
) -> None:
    (layout.folder(TASK_APPROVED) / "old.md").write_text("x")
    introduce(root, ledger)
    tasks = Daemon(root, ledger, TASKS)
    assert tasks.look() == []
    assert tasks.state("old.md") is FileState.FILED
    (approved / "fix.md").write_text("x")
    assert Daemon(root, ledger).look() == ["fix.md"]


# what has run, and comes back


@pytest.fixture
def ran(daemon: Daemon, approved: Path, layout: Layout) -> Path:
    """A runbook that was moved in from the drafts and has run."""
    draft = layout.folder(DRAFTS) / "fix.md"
    draft.write_text("x")
    daemon.look()
    draft.rename(approved / "fix.md")
    assert daemon.look() == ["fix.md"]
    return approved / "fix.md"


def held(daemon: Daemon, name: str) -> Hold | None:
    found = daemon.ledger.journal.approval(f"{APPROVED}/{name}")
    return found.hold if found else None


def test_invariant_2_a_checkout_away_and_back_runs_nothing_again(daemon: Daemon, ran: Path) -> None:
    ran.unlink()
    assert daemon.look() == []
    assert daemon.state("fix.md") is FileState.GONE
    ran.write_text("x")
    assert daemon.look() == []
    assert held(daemon, "fix.md") is Hold.RETURNED
    daemon.ledger.journal.say("approve", f"{APPROVED}/fix.md", "", daemon.now() + 0.001)
    assert daemon.look() == ["fix.md"]


def test_invariant_2_a_restored_backup_under_another_name_runs_nothing_again(
    daemon: Daemon, ran: Path, tmp_path: Path
) -> None:
    shutil.copy2(ran, tmp_path / "backup.md")
    ran.unlink()
    daemon.look()
    daemon.start()
    shutil.copy2(tmp_path / "backup.md", ran.with_name("restored.md"))
    assert daemon.look() == []
    assert held(daemon, "restored.md") is Hold.RETURNED


def test_the_very_file_moved_out_and_in_is_a_new_consent_also_after_a_restart(
    daemon: Daemon, ran: Path, layout: Layout
) -> None:
    for place in (layout.folder(DRAFTS), layout.root):
        ran.rename(place / "fix.md")
        daemon.look()
        daemon.start()
        daemon.look()
        (place / "fix.md").rename(ran)
        assert daemon.look() == ["fix.md"]


def test_what_an_editor_saved_anew_in_the_drafts_is_a_new_consent(daemon: Daemon, ran: Path, layout: Layout) -> None:
    draft = layout.folder(DRAFTS) / "fix.md"
    ran.rename(draft)
    daemon.look()
    shutil.copy(draft, draft.with_suffix(".new"))
    draft.with_suffix(".new").rename(draft)
    daemon.look()
    draft.rename(ran)
    assert daemon.look() == ["fix.md"]


def test_invariant_2_what_a_lost_ledger_filed_does_not_run_after_a_checkout(
    root: Root, ledger: Ledger, approved: Path
) -> None:
    (approved / "fix.md").write_text("x")
    daemon = Daemon(root, ledger)
    daemon.look()
    (approved / "fix.md").unlink()
    daemon.look()
    (approved / "fix.md").write_text("x")
    assert daemon.look() == []
    assert held(daemon, "fix.md") is Hold.RETURNED


def test_new_bytes_in_a_new_file_run(daemon: Daemon, ran: Path) -> None:
    ran.unlink()
    daemon.look()
    ran.write_text("y")
    assert daemon.look() == ["fix.md"]


# an older ledger


def test_invariant_2_an_older_ledger_runs_nothing_again(
    daemon: Daemon, ran: Path, layout: Layout, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    with closing(sqlite3.connect(layout.ledger)) as source, closing(sqlite3.connect(backup)) as copy:
        source.backup(copy)
    new = ran.with_name("new.md")
    new.write_text("y")
    assert daemon.look() == ["new.md"]
    with closing(sqlite3.connect(backup)) as copy:
        copy.execute(
            "INSERT INTO words VALUES (NULL, 'approve', 'x', '', 1e10, '', ?, 0)", [key_of(f"{APPROVED}/new.md")]
        )
        copy.commit()
    layout.ledger.with_name("old").mkdir()
    old_place = layout.ledger.with_name("old") / "ledger.sqlite3"
    shutil.copy(backup, old_place)
    with open_ledger(old_place, Redactor()) as old:
        later = Daemon(daemon.root, old)
        assert later.look() == []
        assert (later.state("new.md"), later.state("fix.md")) == (FileState.FILED, FileState.SUCCEEDED)
        assert old.journal.words() == [], "what was said to it was said long ago"
        tasks = Reviewer(daemon.root, old, Limits(), library=TASKS)
        (layout.folder(TASK_APPROVED) / "task.md").write_text("x")
        assert not tasks.review(later.now()).runs, "the other library does not take it for a good one"
        time.sleep(0.02)
        new.with_name("newer.md").write_text("z")
        assert later.look() == ["newer.md"]


def test_a_ledger_that_is_ahead_is_a_good_one(daemon: Daemon, ran: Path, layout: Layout) -> None:
    """A kill between the claim and its count in the workspace."""
    count = layout.root / GENERATION
    count.write_text("0" * 20 + "\n")
    daemon.start()
    ran.with_name("new.md").write_text("y")
    assert daemon.look() == ["new.md"]
    assert int(count.read_text()) == daemon.ledger.journal.generation() == 2


def test_invariant_8_a_count_that_is_none_makes_the_ledger_an_old_one(
    daemon: Daemon, ran: Path, layout: Layout
) -> None:
    (layout.root / GENERATION).write_text("?")
    ran.with_name("new.md").write_text("y")
    daemon.start()
    assert daemon.look() == []
    assert daemon.state("new.md") is FileState.FILED


# while a run is under way


@pytest.fixture
def under_way(daemon: Daemon) -> Run:
    """A run that began at the last look."""
    daemon.look()
    run = Run("r-now", f"{APPROVED}/other.md", "aa" * 32, RunState.RUNNING, daemon.now())
    daemon.ledger.journal.start_run(run)
    return run


def test_invariant_11_what_comes_while_a_run_is_under_way_may_be_its_own(
    daemon: Daemon, under_way: Run, approved: Path
) -> None:
    time.sleep(0.02)
    (approved / "evil.md").write_text("evil")
    assert daemon.look() == []
    assert held(daemon, "evil.md") is Hold.DURING
    found = daemon.ledger.journal.approval(f"{APPROVED}/evil.md")
    assert found is not None
    assert under_way.run_id in found.reason


def test_invariant_11_also_when_it_is_seen_after_the_run(daemon: Daemon, under_way: Run, approved: Path) -> None:
    (approved / "evil.md").write_text("evil")
    time.sleep(0.02)
    daemon.ledger.journal.end_run(under_way.run_id, RunState.SUCCEEDED, daemon.now())
    assert daemon.look() == []
    assert held(daemon, "evil.md") is Hold.DURING


def test_a_draft_that_stood_there_before_the_run_began_may_be_approved_meanwhile(
    daemon: Daemon, approved: Path, layout: Layout
) -> None:
    draft = layout.folder(DRAFTS) / "fix.md"
    draft.write_text("x")
    daemon.look()
    time.sleep(0.02)
    daemon.ledger.journal.start_run(Run("r-now", f"{APPROVED}/other.md", "aa" * 32, RunState.RUNNING, daemon.now()))
    time.sleep(0.02)
    draft.rename(approved / "fix.md")
    assert daemon.look() == ["fix.md"]


def test_invariant_11_a_draft_that_was_changed_during_the_run_is_held(
    daemon: Daemon, approved: Path, layout: Layout
) -> None:
    draft = layout.folder(DRAFTS) / "fix.md"
    draft.write_text("x")
    daemon.look()
    time.sleep(0.02)
    daemon.ledger.journal.start_run(Run("r-now", f"{APPROVED}/other.md", "aa" * 32, RunState.RUNNING, daemon.now()))
    time.sleep(0.02)
    draft.write_text("y")
    daemon.look()
    draft.rename(approved / "fix.md")
    assert daemon.look() == []
    assert held(daemon, "fix.md") is Hold.DURING


def test_what_comes_after_a_run_is_a_persons(daemon: Daemon, under_way: Run, approved: Path) -> None:
    daemon.ledger.journal.end_run(under_way.run_id, RunState.SUCCEEDED, daemon.now())
    time.sleep(0.02)
    (approved / "fix.md").write_text("x")
    assert daemon.look() == ["fix.md"]
