"""The invariants of the design, as far as the workspace decides them, under all that people and programs do to files.

A state machine on real files and a real ledger. Its oracle follows under which names bytes had consent, and whether a
look has seen every one of those names gone since, or a person has said so.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reifierd.ledger import open_ledger
from reifierd.ledger.records import Approval, FileState, Run, RunState
from reifierd.redaction import Redactor
from reifierd.workspace.consent import open_approved
from reifierd.workspace.generation import note
from reifierd.workspace.init import make_workspace
from reifierd.workspace.layout import APPROVED, DRAFTS, MARKER, PAUSE
from reifierd.workspace.library import sha256
from reifierd.workspace.lifecycle import Action, Decision, Limits
from reifierd.workspace.review import Reviewer, Ruling, introduce
from reifierd.workspace.root import Root, Vanished

NAMES = st.sampled_from(["a.md", "b.md", "c.md"])
TEXTS = st.sampled_from(["one", "two", "three"])
LOOK = st.sampled_from([True, True, False])
SETTLE = 5.0  # of the machine's clock, which only `look` moves


class Workspace(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="reifierd-machine-"))
        os.environ["XDG_STATE_HOME"] = str(self.home / "state")
        self.layout = make_workspace(self.home / "ws")
        self.ledger = open_ledger(self.layout.ledger, Redactor())
        self.drafts, self.approved = (self.layout.folder(f) for f in (DRAFTS, APPROVED))
        self.root = Root(self.layout)
        introduce(self.root, self.ledger)
        self.spent: dict[str, set[str]] = {}  # text that has run → names under which it was not seen gone since
        self.consent: set[tuple[str, str]] = set()  # (name, text) that a person put there
        self.unseen: set[str] = set()  # names that came since the last look
        self.words: set[tuple[str, str]] = set()  # (name, text) that a person said may run
        self.ahead = 0.0
        self.runs = 0
        self.restart()

    def teardown(self) -> None:
        self.root.close()
        self.ledger.close()
        shutil.rmtree(self.home)

    # what people and programs do

    @rule(name=NAMES, text=TEXTS, look=LOOK)
    def approve_by_moving(self, name: str, text: str, look: bool) -> None:
        (self.drafts / name).write_text(text)
        self.move_in(name, look)

    @rule(name=NAMES, look=LOOK)
    def move_in(self, name: str, look: bool = False) -> None:
        if (self.drafts / name).exists():
            (self.drafts / name).replace(self.approved / name)
            self.consent.add((name, self.text(name)))
            self.unseen.add(name)
            self.then(look)

    @rule(name=NAMES, look=LOOK)
    def move_out(self, name: str, look: bool = False) -> None:
        if (self.approved / name).exists():
            (self.approved / name).replace(self.drafts / name)
            self.then(look)

    @rule(name=NAMES, text=TEXTS, look=LOOK)
    def edit_in_place(self, name: str, text: str, look: bool) -> None:
        if (self.approved / name).exists():
            (self.approved / name).write_text(text)
            if name in self.unseen:  # nobody had looked yet: these are the bytes that were approved
                self.consent.add((name, text))
            self.then(look)

    @rule(name=NAMES, text=TEXTS, look=LOOK)
    def checkout_by_git(self, name: str, text: str, look: bool) -> None:
        if (self.approved / name).exists():
            (self.approved / name).unlink()
            self.edit_anew(name, text)
            self.then(look)

    def edit_anew(self, name: str, text: str) -> None:
        (self.approved / name).write_text(text)
        if name in self.unseen:
            self.consent.add((name, text))

    @rule(name=NAMES, other=NAMES, look=LOOK)
    def rename_within(self, name: str, other: str, look: bool = False) -> None:
        if (self.approved / name).exists():
            (self.approved / name).replace(self.approved / other)
            self.carry(name, other)
            self.then(look)

    @rule(name=NAMES, other=NAMES, look=LOOK)
    def copy_within(self, name: str, other: str, look: bool = False) -> None:
        if (self.approved / name).exists() and name != other:
            shutil.copy(self.approved / name, self.approved / other)
            self.carry(name, other)
            self.then(look)

    def carry(self, name: str, other: str) -> None:
        """Bytes under a new name: consent, if ever there was one, is the old one."""
        text = self.text(other)
        if (name, text) in self.consent:
            self.consent.add((other, text))
        if name in self.unseen:
            self.unseen.add(other)

    @rule(name=NAMES)
    def checkout_away_and_back(self, name: str) -> None:
        """Every file with these bytes is seen gone, and another one comes back."""
        if (self.approved / name).exists() and name not in self.unseen:
            text = self.text(name)
            if not self.spent.get(text):
                return
            (self.approved / name).unlink()
            self.look()
            before = self.runs
            (self.approved / name).write_text(text)
            self.look()
            assert self.runs == before, "invariant 2: a checkout away and back"

    @rule(name=NAMES, look=LOOK)
    def delete(self, name: str, look: bool) -> None:
        (self.approved / name).unlink(missing_ok=True)
        self.then(look)

    @rule(name=NAMES, look=LOOK)
    def say_approve(self, name: str, look: bool = False) -> None:
        if (self.approved / name).exists():
            self.ahead += 0.001
            meant = sha256((self.approved / name).read_bytes())  # as the command line says it
            self.ledger.journal.say("approve", f"{APPROVED}/{name}", "", self.now(), meant)
            self.words.add((name, self.text(name)))
            self.consent.add((name, self.text(name)))
            self.then(look)

    @rule()
    def toggle_pause(self) -> None:
        place = self.layout.root / PAUSE
        place.unlink() if place.exists() else place.touch()

    @rule()
    def restart(self) -> None:
        self.ledger.journal.recover(self.now())
        self.reviewer = Reviewer(self.root, self.ledger, Limits(settle=SETTLE, consent_age=1e6))

    @rule()
    def lose_the_ledger(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.layout.state)
        self.ledger = open_ledger(self.layout.ledger, Redactor())
        self.words.clear()
        self.spent = {}
        for place in self.approved.glob("[abc].md"):  # all that stands is to be filed unexecuted
            self.spent.setdefault(place.read_text(), set()).add(place.name)
        self.restart()
        self.look()

    # what the daemon does

    @rule()
    def look(self) -> None:
        """Look until nothing is due; run one at a time, as the operator does."""
        self.unseen.clear()
        paused = (self.layout.root / PAUSE).exists()
        for _ in range(30):
            review = self.reviewer.review(self.now())
            for done in review.done:
                self.saw(Path(done.name), done.decision)
            if review.runs:
                assert not paused, "invariant 10: nothing starts while PAUSE stands"
                self.run_one(review.runs[0])
            elif review.again is None:
                return
            else:
                self.ahead += review.again
        raise AssertionError("never comes to rest")

    def saw(self, place: Path, decision: Decision) -> None:
        if decision.action is Action.MARK_GONE:
            for names in self.spent.values():
                names.discard(place.name)
        elif decision.action is Action.ADOPT and decision.state is not FileState.HELD:  # held: neither has run
            self.spent.setdefault((self.approved / place.name).read_text(), set()).add(place.name)

    def run_one(self, ruling: Ruling) -> None:
        path, by_word = ruling.name, ruling.word is not None
        file, name = open_approved(self.root, path), Path(path).name
        text = file.data.decode()
        said = (name, text) in self.words or by_word
        assert path.startswith(APPROVED), "invariant 1: only what stands under approved/"
        assert (name, text) in self.consent, "invariant 2: an edit after approval voids it"
        assert said or not self.spent.get(text), "invariant 2: the same bytes again without a new consent"
        self.words.discard((name, text))
        self.spent.setdefault(text, set()).add(name)
        self.runs += 1
        run_id = f"r{self.runs}"
        self.reviewer.claim(ruling, Approval(path, file.sha256, FileState.RUNNING, self.now(), run_id))
        note(self.root, self.ledger)
        self.ledger.journal.start_run(Run(run_id, path, file.sha256, RunState.RUNNING, self.now()))
        self.ledger.journal.end_run(run_id, RunState.SUCCEEDED, self.now())

    @precondition(lambda self: self.runs > 0)
    @rule()
    def vanish_for_a_look(self) -> None:
        """Invariant 9: unmounted and back, and nothing was concluded."""
        before = self.ledger.journal.approvals()
        (self.layout.root / MARKER).rename(self.layout.root / "m")
        self.approved.rename(self.layout.root / "away")
        self.approved.mkdir(mode=0o700)
        for _ in range(2):
            with contextlib.suppress(Vanished):
                self.reviewer.review(self.now())
            self.ahead += SETTLE
        self.approved.rmdir()
        (self.layout.root / "away").rename(self.approved)
        (self.layout.root / "m").rename(self.layout.root / MARKER)
        assert self.ledger.journal.approvals() == before

    @invariant()
    def nothing_is_left_running(self) -> None:
        assert not [a for a in self.ledger.journal.approvals() if a.state is FileState.RUNNING]

    def then(self, look: bool) -> None:
        if look:
            self.look()

    def text(self, name: str) -> str:
        return (self.approved / name).read_text()

    def now(self) -> float:
        return time.time() + self.ahead


Workspace.TestCase.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_invariants_1_2_9_10_whatever_happens_to_the_files = Workspace.TestCase


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    machine = Workspace()
    yield machine
    machine.teardown()


def test_invariant_1_nothing_runs_that_does_not_stand_under_approved(workspace: Workspace) -> None:
    (workspace.drafts / "a.md").write_text("one")
    workspace.ledger.journal.say("approve", f"{DRAFTS}/a.md", "", workspace.now())
    workspace.look()
    assert workspace.runs == 0
    workspace.move_in("a.md")
    workspace.look()
    assert workspace.runs == 1


def test_invariant_2_only_gone_and_back_or_a_word_runs_the_same_bytes_again(workspace: Workspace) -> None:
    workspace.approve_by_moving("a.md", "one", look=True)
    harmless: tuple[Callable[[], object], ...] = (
        lambda: workspace.rename_within("a.md", "b.md"),
        lambda: workspace.copy_within("b.md", "a.md"),
        lambda: workspace.checkout_by_git("a.md", "one", look=False),
        workspace.restart,
        workspace.lose_the_ledger,
    )
    for again in harmless:
        again()
        workspace.look()
    assert workspace.runs == 1
    workspace.say_approve("a.md")
    workspace.look()
    assert workspace.runs == 2
    for name in ("a.md", "b.md"):
        workspace.move_out(name)
    workspace.look()
    workspace.move_in("a.md")
    workspace.look()
    assert workspace.runs == 3


def test_invariant_5_without_any_event_a_look_finds_everything(workspace: Workspace) -> None:
    """No watcher runs here at all; a look that found nothing, and two in a row, change nothing."""
    workspace.look()
    workspace.approve_by_moving("a.md", "one", look=True)
    workspace.look()
    assert workspace.runs == 1


def test_invariant_9_a_vanished_workspace_is_not_an_emptied_one(workspace: Workspace) -> None:
    workspace.approve_by_moving("a.md", "one", look=True)
    workspace.vanish_for_a_look()
    workspace.look()
    assert workspace.runs == 1


def test_invariant_10_nothing_starts_while_the_kill_switch_stands(workspace: Workspace) -> None:
    workspace.toggle_pause()
    workspace.approve_by_moving("a.md", "one", look=True)
    workspace.say_approve("a.md")
    workspace.look()
    assert workspace.runs == 0
    workspace.toggle_pause()
    workspace.look()
    assert workspace.runs == 1
