"""Every cell of the table: decided, or impossible and said so."""

from __future__ import annotations

import itertools

import pytest

from reifierd.ledger.records import FileState, Hold
from reifierd.workspace.layout import APPROVED, CONSENT, FOLDERS
from reifierd.workspace.lifecycle import Action, Decision, Facts, Limits, Twin, decide

LIMITS = Limits(many=5, consent_age=3600, settle=0.25)
TWINS = [
    None,
    *(
        Twin("o.md", s, stands)
        for s in FileState
        if s not in (FileState.GONE, FileState.HELD)
        for stands in (True, False)
    ),
    *(Twin("o.md", FileState.HELD, True, hold) for hold in Hold),
]
EVERYTHING = [
    Facts(*values)
    for values in itertools.product(
        (APPROVED, "runbooks/drafts"),
        (True, False),
        (None, *FileState),
        (None, True, False),
        (None, *Hold),
        TWINS,
        (True, False),  # renamed
        (True, False),  # word
        (True, False),  # paused
        (True, False),  # fresh
        (0.0,),
        (1,),
        (0.0,),
        (True, False),  # returned
        ("", "r1"),  # during
    )
]


def _decided() -> list[tuple[Facts, Decision]]:
    found = []
    for facts in EVERYTHING:
        try:
            found.append((facts, decide(facts, LIMITS)))
        except ValueError as error:
            assert str(error).startswith("impossible: ")
    return found


DECIDED = _decided()


def test_every_possible_combination_is_decided_and_every_state_is_met() -> None:
    assert {f.state for f, _ in DECIDED} == {None, *FileState}
    assert {d.action for _, d in DECIDED} >= set(Action) - {Action.MARK_GONE}
    assert len(DECIDED) > 5000


def test_a_decision_that_changes_the_ledger_names_the_state_and_the_reason() -> None:
    for facts, decision in DECIDED:
        changes = decision.action is not Action.NOTHING
        assert (decision.state is not None) is changes, facts
        again = facts.state is FileState.CHANGED and facts.same is False
        assert bool(decision.reason) or not changes or again, facts
        assert (decision.hold is not None) is (decision.state is FileState.HELD), facts


def test_nothing_outside_an_approved_folder_asks_for_anything() -> None:
    for folder in FOLDERS:
        if folder not in CONSENT:
            for word, stands in itertools.product((True, False), repeat=2):
                assert decide(Facts(folder, stands, word=word), LIMITS).action is Action.NOTHING


def test_running_needs_a_new_file_a_word_or_the_end_of_a_pause() -> None:
    for facts, decision in DECIDED:
        if decision.action is Action.RUN and not facts.word:
            new = facts.state in (None, FileState.GONE)
            released = facts.state is FileState.HELD and facts.hold is Hold.PAUSED
            assert new or released, facts
            assert not facts.paused, facts
            assert not facts.fresh, facts
            assert not (new and (facts.returned or facts.during)), facts
            assert facts.twin is None or (released and facts.twin.state is FileState.HELD), facts


def test_while_paused_nothing_runs_not_even_by_a_word() -> None:
    assert not [f for f, d in DECIDED if f.paused and d.action is Action.RUN]


def test_an_edit_after_approval_is_void_whatever_the_state_was() -> None:
    for facts, decision in DECIDED:
        if facts.stands and facts.same is False and not facts.word and facts.state not in (FileState.GONE,):
            assert decision.action is Action.VOID, facts
            assert bool(decision.reason) is (facts.state is not FileState.CHANGED), "said once"


def test_a_word_makes_run_whatever_is_not_running_or_paused() -> None:
    for facts, decision in DECIDED:
        if facts.word and facts.folder == APPROVED and facts.stands and not facts.paused:
            running = facts.state is FileState.RUNNING and facts.same
            twin_runs = facts.twin is not None and facts.twin.state is FileState.RUNNING
            assert decision.action is (Action.NOTHING if running or twin_runs else Action.RUN), facts


def test_a_copy_takes_over_what_is_known_of_its_bytes() -> None:
    for facts, decision in DECIDED:
        arrived = facts.folder == APPROVED and facts.stands and facts.state in (None, FileState.GONE)
        if arrived and facts.twin and not facts.word:
            assert (decision.action, decision.state) == (Action.ADOPT, facts.twin.state), facts


def test_a_missing_file_is_gone_only_after_it_had_time_to_come_back() -> None:
    for state in FileState:
        hold = Hold.MANY if state is FileState.HELD else None
        early = decide(Facts(APPROVED, False, state, hold=hold, missing_for=0.2), LIMITS)
        late = decide(Facts(APPROVED, False, state, hold=hold, missing_for=0.25), LIMITS)
        assert early.action is Action.NOTHING
        assert late.action is (Action.NOTHING if state is FileState.GONE else Action.MARK_GONE)


@pytest.mark.parametrize(
    ("facts", "hold"),
    [
        (Facts(APPROVED, True, age=3601), Hold.OLD),
        (Facts(APPROVED, True, age=-61), Hold.OLD),
        (Facts(APPROVED, True, age=3599, together=5), None),
        (Facts(APPROVED, True, together=6), Hold.MANY),
        (Facts(APPROVED, True, age=4000, together=6, paused=True), Hold.OLD),
        (Facts(APPROVED, True, together=6, paused=True), Hold.MANY),
        (Facts(APPROVED, True, paused=True), Hold.PAUSED),
        (Facts(APPROVED, True, FileState.GONE, same=True, age=4000), Hold.OLD),
        (Facts(APPROVED, True, returned=True, during="r1", age=4000), Hold.RETURNED),
        (Facts(APPROVED, True, during="r1", together=6), Hold.DURING),
        (Facts(APPROVED, True, during="r1", paused=True), Hold.DURING),
        (Facts(APPROVED, True, FileState.GONE, same=True, returned=True), Hold.RETURNED),
        (Facts(APPROVED, True, age=4000, together=60, returned=True, during="r1", word=True), None),
    ],
)
def test_what_may_not_be_a_persons_word_is_held(facts: Facts, hold: Hold | None) -> None:
    decision = decide(facts, LIMITS)
    assert (decision.action, decision.hold) == (Action.HOLD if hold else Action.RUN, hold)


@pytest.mark.parametrize(
    "facts",
    [
        Facts("elsewhere", True),
        Facts("runbooks/drafts", True, FileState.FILED, same=True),
        Facts(APPROVED, False),
        Facts(APPROVED, True, FileState.FILED),
        Facts(APPROVED, True, same=True),
        Facts(APPROVED, False, FileState.FILED, same=True),
        Facts(APPROVED, True, FileState.HELD, same=True),
        Facts(APPROVED, True, FileState.FILED, same=True, hold=Hold.OLD),
        Facts(APPROVED, True, twin=Twin("o.md", FileState.GONE, True)),
        Facts(APPROVED, True, twin=Twin("o.md", FileState.HELD, True)),
    ],
)
def test_what_cannot_be_is_a_bug_and_raises(facts: Facts) -> None:
    with pytest.raises(ValueError, match="impossible"):
        decide(facts, LIMITS)
