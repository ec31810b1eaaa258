"""Everything at once answers as the journal does file by file."""

from __future__ import annotations

from reifierd.ledger import Ledger
from reifierd.ledger.journal import Origin
from reifierd.ledger.records import Approval, FileState
from reifierd.workspace.known import Everything
from reifierd.workspace.layout import APPROVED, TASK_APPROVED

A, B = "aa" * 32, "bb" * 32
NAMES = ("runbooks/approved/one.md", "runbooks/approved/two.md", "runbooks/approved/nobody.md")


def test_both_ways_of_asking_give_the_same_answers(ledger: Ledger) -> None:
    one, two, _ = NAMES
    for approval in (
        Approval(one, A, FileState.SUCCEEDED, 1.0),
        Approval(two, A, FileState.SUCCEEDED, 2.0, run_id="r1", reason="a copy"),
        Approval(one, B, FileState.CHANGED, 3.0),  # edited: the latest of the name
        Approval(two, A, FileState.GONE, 4.0),
    ):
        ledger.journal.put_approval(approval)
    ledger.journal.spend(APPROVED, A, Origin(1, 2, 3))
    ledger.journal.spend(APPROVED, A, Origin(1, 2, 4))
    ledger.journal.spend(TASK_APPROVED, B, Origin(1, 2, 3))
    everything = Everything(ledger.journal, APPROVED)
    for name in NAMES:
        assert everything.approval(name) == ledger.journal.approval(name)
    for sha256 in (A, B, "cc" * 32):
        assert everything.by_sha(sha256) == ledger.journal.by_sha(sha256)
        assert everything.spent(APPROVED, sha256) == ledger.journal.spent(APPROVED, sha256)
