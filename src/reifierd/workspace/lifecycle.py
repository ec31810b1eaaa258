"""What is to be done about a file, decided from facts alone: no clock, no file, no ledger is asked here.

Only a file under an `approved/` folder is consent; what stands in any other folder asks for nothing. For a file under
`approved/`, `same` tells whether its bytes are those that the ledger knows under its name:

| ledger says | stands, same bytes | stands, other bytes | does not stand |
| --- | --- | --- | --- |
| nothing | arrival (there is nothing to compare) | | (impossible) |
| gone | arrival | arrival | nothing |
| held | waiting | void | gone |
| running | nothing | void | gone |
| filed, succeeded, already healthy | nothing | void | gone |
| failed, stopped, unknown | nothing | void | gone |
| refused | nothing | void | gone |
| changed | nothing | void, not said again | gone |

- *gone*: marked so when it has been missing for `settle` seconds (editors and git take a file away for a moment);
  that is what makes its coming back a new consent.
- *void*: consent was to other bytes. Said once; the state is changed, the bytes that stand there now are
  remembered as such (a copy of them is no consent either), and going back to the old bytes does not bring it back.
- *waiting*: held because of a pause → run when the pause is over (unless a copy of it has run by then). Otherwise
  only a person's word releases it.
- *arrival*, the first of these that holds:

  1. the same bytes are known under another name that is not gone → it takes over that name's state, nothing runs
     (a copy, a rename, a restored backup);
  2. its inode stood under another name at the last look → void (edited, then renamed: moving it is no consent);
  3. the ledger does not know this workspace (new, lost, an older one, or the folder is a copy) → filed unexecuted;
  4. its bytes have used a consent before, and this is not the file that had it, nor one that was seen in a person's
     folders → held (returned): a checkout, a restored backup, a copy. The same file moved out and in is a new consent;
  5. it came while a run was under way, and was not seen with these bytes before that began → held (during): a step
     may have put it there, in a way that the guard cannot see;
  6. its inode changed longer ago than `consent_age`, or in the future → held (old): nobody looked at that time;
  7. more than `many` arrived together → held (many);
  8. the workspace is paused → held (paused);
  9. run.

- A person's word (`reifierd approve`, for this name and these bytes) makes any standing file run, unless the same
  bytes are running, or the workspace is paused: then it is held until the pause ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reifierd.ledger.records import FileState, Hold
from reifierd.workspace.layout import CONSENT, FOLDERS

FUTURE = 60.0  # seconds of clock skew that are nobody's doing


class Action(StrEnum):
    RUN = "run"
    FILE_UNEXECUTED = "file unexecuted"
    HOLD = "hold"
    VOID = "void"
    ADOPT = "adopt"  # take over what is known of the same bytes under another name
    MARK_GONE = "mark gone"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Limits:
    """`many` files at once, `consent_age` and `settle` in seconds."""

    many: int = 5
    consent_age: float = 3600
    settle: float = 0.25


@dataclass(frozen=True)
class Twin:
    """Another name, not gone, under which the ledger knows the same bytes. `stands`: it is there in this scan."""

    name: str
    state: FileState
    stands: bool
    hold: Hold | None = None


@dataclass(frozen=True)
class Facts:
    """All that a decision may depend on.

    `same` is None where there is nothing to compare. `age`: seconds since the inode changed; `together`: how many
    arrived with it, itself included; `renamed`: its inode stood under another name at the last look; `missing_for`:
    seconds since a look first missed it; `fresh`: the ledger does not know this workspace; `returned`: its bytes used
    a consent in another file, and this one was never seen; `during`: the run that was under way when it came, where
    that may have brought it.
    """

    folder: str
    stands: bool
    state: FileState | None = None
    same: bool | None = None
    hold: Hold | None = None
    twin: Twin | None = None
    renamed: bool = False
    word: bool = False
    paused: bool = False
    fresh: bool = False
    age: float = 0
    together: int = 1
    missing_for: float = 0
    returned: bool = False
    during: str = ""


@dataclass(frozen=True)
class Decision:
    """What to do, the state that the ledger then holds (None: as it is), and the reason, for a person."""

    action: Action
    state: FileState | None = None
    hold: Hold | None = None
    reason: str = ""


class _Cell(StrEnum):
    ARRIVAL = "arrival"
    WAITING = "waiting"
    EDITED = "edited"
    AGAIN = "edited again"
    KEEP = "keep"


_NOTHING = Decision(Action.NOTHING)
_SETTLED = (FileState.FILED, FileState.SUCCEEDED, FileState.HEALTHY, FileState.FAILED, FileState.STOPPED)
_TABLE: dict[tuple[FileState | None, bool | None], _Cell] = {
    (None, None): _Cell.ARRIVAL,
    (FileState.GONE, True): _Cell.ARRIVAL,
    (FileState.GONE, False): _Cell.ARRIVAL,
    (FileState.HELD, True): _Cell.WAITING,
    (FileState.CHANGED, True): _Cell.KEEP,
    (FileState.CHANGED, False): _Cell.AGAIN,
    **{(s, True): _Cell.KEEP for s in (*_SETTLED, FileState.RUNNING, FileState.UNKNOWN, FileState.REFUSED)},
    **{
        (s, False): _Cell.EDITED
        for s in (*_SETTLED, FileState.RUNNING, FileState.UNKNOWN, FileState.REFUSED, FileState.HELD)
    },
}


def decide(facts: Facts, limits: Limits) -> Decision:
    """One decision for every possible combination of facts. ValueError: an impossible one (a bug in the caller)."""
    _possible(facts)
    if facts.folder not in CONSENT:
        return _NOTHING
    if not facts.stands:
        return _missing(facts, limits)
    return _said(facts) if facts.word else _RULES[_TABLE[facts.state, facts.same]](facts, limits)


def _possible(facts: Facts) -> None:
    known = facts.state is not None
    wrong = (
        (facts.folder not in FOLDERS, "a folder that is not the workspace's"),
        (facts.folder not in CONSENT and known, "an approval outside an approved/ folder"),
        (not facts.stands and facts.folder in CONSENT and not known, "neither standing nor known"),
        (facts.stands and (facts.same is None) is known, "bytes compared with nothing, or not compared"),
        (not facts.stands and facts.same is not None, "bytes of a file that does not stand"),
        ((facts.hold is not None) is not (facts.state is FileState.HELD), "held without a reason, or a reason without"),
        (facts.twin is not None and not _possible_twin(facts.twin), "a twin that is gone, or held without a reason"),
    )
    for impossible, why in wrong:
        if impossible:
            raise ValueError(f"impossible: {why}: {facts}")


def _possible_twin(twin: Twin) -> bool:
    return twin.state is not FileState.GONE and (twin.hold is not None) is (twin.state is FileState.HELD)


def _missing(facts: Facts, limits: Limits) -> Decision:
    if facts.state is FileState.GONE or facts.missing_for < limits.settle:
        return _NOTHING
    return Decision(Action.MARK_GONE, FileState.GONE, reason="moved out or deleted")


def _said(facts: Facts) -> Decision:
    running = facts.same and facts.state is FileState.RUNNING
    if running or (facts.twin and facts.twin.state is FileState.RUNNING):
        return Decision(Action.NOTHING, reason="these bytes are running now; say it again when they are done")
    if facts.paused:
        return _held(Hold.PAUSED, "approved during the pause; it runs when the file PAUSE is removed")
    return Decision(Action.RUN, FileState.RUNNING, reason="approved on the command line")


def _arrived(facts: Facts, limits: Limits) -> Decision:
    if facts.twin:
        return _adopted(facts.twin)
    if facts.renamed:
        return _void(facts, limits)
    if facts.fresh:
        return _filed(
            "it stood here before the ledger knew this workspace (or the ledger is an older one): filed, not run"
        )
    return _to_hold(facts, limits) or Decision(Action.RUN, FileState.RUNNING, reason="moved into approved/")


def _to_hold(facts: Facts, limits: Limits) -> Decision | None:
    """What may not have been a person's word, or came during a pause."""
    if facts.returned:
        why = "these bytes ran before, in another file than this one, which nobody saw until now"
        return _held(Hold.RETURNED, f"{why} (a checkout, a restore, a copy?): was that a person's word?")
    if facts.during:
        why = f"it came while the run {facts.during} was under way, and was not seen before that"
        return _held(Hold.DURING, f"{why}, so one of its steps may have put it here: was that a person's word?")
    if not -FUTURE <= facts.age <= limits.consent_age:
        return _held(Hold.OLD, f"put here {_ago(facts.age)}, while reifierd did not look: was that a person's word?")
    if facts.together > limits.many:
        return _held(Hold.MANY, f"one of {facts.together} that arrived together: was that a person's word?")
    if facts.paused:
        return _held(Hold.PAUSED, "moved here during the pause; it runs when the file PAUSE is removed")
    return None


def _adopted(twin: Twin) -> Decision:
    how = "is a copy of" if twin.stands else "was renamed from"
    return Decision(
        Action.ADOPT, twin.state, twin.hold, f"{how} {twin.name} ({twin.state}); the same bytes do not run again"
    )


def _waiting(facts: Facts, _: Limits) -> Decision:
    if facts.hold is not Hold.PAUSED or facts.paused:
        return _NOTHING
    if facts.twin and facts.twin.state is not FileState.HELD:
        return _adopted(facts.twin)
    if facts.fresh:
        return _filed("it was held in another copy of this workspace")
    return Decision(Action.RUN, FileState.RUNNING, reason="moved into approved/ during a pause, which is over")


def _void(facts: Facts, _: Limits) -> Decision:
    was = "while it ran (the run goes on with the bytes that were approved)" if facts.state is FileState.RUNNING else ""
    reason = f"changed after it was approved {was}".rstrip() + ": move it out and in again to approve what it says now"
    return Decision(Action.VOID, FileState.CHANGED, reason=reason)


def _held(hold: Hold, reason: str) -> Decision:
    return Decision(Action.HOLD, FileState.HELD, hold, reason)


def _filed(reason: str) -> Decision:
    return Decision(Action.FILE_UNEXECUTED, FileState.FILED, reason=reason)


def _ago(age: float) -> str:
    if age < 0:
        return "in the future by this machine's clock"
    return f"{age / 3600:.0f} hours ago" if age < 172_800 else f"{age / 86_400:.0f} days ago"


_RULES: dict[_Cell, Callable[[Facts, Limits], Decision]] = {
    _Cell.ARRIVAL: _arrived,
    _Cell.WAITING: _waiting,
    _Cell.EDITED: _void,
    _Cell.AGAIN: lambda facts, limits: Decision(Action.VOID, FileState.CHANGED),
    _Cell.KEEP: lambda facts, limits: _NOTHING,
}
