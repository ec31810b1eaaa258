"""Commands, sessions and sources: nothing lost, nothing twice, nothing left after forgetting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reifierd.errors import UsageError
from reifierd.ledger import Ledger
from reifierd.ledger.records import Command, FileEdit, SecretParam, Session, SessionState, SourceMark

FULL = Command(
    "systemctl restart app",
    "bash",
    "hook",
    cwd="/srv/app",
    started=100.0,
    duration=1.5,
    exit=1,
    tty="pts/3",
    shell_pid=4711,
    shell_session="s-1",
    host="db1",
    user="ann",
    umask="0022",
    env=(("PGHOST", "db1"),),
    params=(SecretParam("DB_PASSWORD", "typed at 14:05"),),
    edits=(FileEdit("/etc/app.conf", "-a\n+b\n", "hook", "00", "11"),),
    noise=True,
)


def commands(*times: float) -> list[Command]:
    return [Command(f"echo {t}", "bash", "hook", started=t) for t in times]


def session(name: str, started: float, ended: float, state: SessionState = SessionState.CLOSED) -> Session:
    return Session(name, state, started, ended)


def filled(ledger: Ledger, name: str, *times: float, state: SessionState = SessionState.CLOSED) -> list[Command]:
    ledger.history.put_session(session(name, times[0], times[-1], state))
    added = ledger.history.add(commands(*times))
    ledger.history.assign(name, [c.id for c in added if c.id is not None])
    return added


def test_a_command_comes_back_as_it_was_added(ledger: Ledger) -> None:
    (added,) = ledger.history.add([FULL])
    assert added.id is not None
    assert ledger.history.unassigned() == [added]
    assert replace(added, id=None) == FULL


def test_commands_without_a_time_keep_the_order_in_which_they_arrived(ledger: Ledger) -> None:
    ledger.history.add([Command(c, "bash", "history:/h") for c in ("one", "two", "three")])
    assert [c.command for c in ledger.history.unassigned()] == ["one", "two", "three"]


def test_a_command_can_be_changed_and_found_by_time(ledger: Ledger) -> None:
    (added,) = ledger.history.add([FULL])
    ledger.history.update_command(replace(added, exit=0))
    assert [c.exit for c in ledger.history.between(99.0, 101.0)] == [0]
    assert ledger.history.between(101.0, 200.0) == []


def test_a_mark_and_its_commands_are_stored_together_or_not_at_all(ledger: Ledger) -> None:
    mark = SourceMark("/home/ann/.bash_history", "bash", 1, 2, 30, 40, 30, 3, ("0a", "ff"))
    ledger.history.ingest(mark, commands(1.0))
    assert ledger.history.source(mark.path) == mark
    with pytest.raises(ValueError, match="hexadecimal"):
        ledger.history.ingest(replace(mark, offset=99, digests=("a line of history",)), commands(2.0))
    assert ledger.history.source(mark.path) == mark
    assert len(ledger.history.unassigned()) == 1


def test_sessions_are_found_by_state_and_end(ledger: Ledger) -> None:
    one, two = session("1", 1.0, 2.0), session("2", 3.0, 4.0, SessionState.OPEN)
    ledger.history.put_session(two)
    ledger.history.put_session(one)
    assert ledger.history.sessions() == [one, two]
    assert ledger.history.sessions(SessionState.OPEN) == [two]
    assert ledger.history.sessions(since=3.0) == [two]
    ledger.history.put_session(replace(one, state=SessionState.DRAFTED, draft="runbooks/drafts/x.md"))
    assert ledger.history.session("1") == replace(one, state=SessionState.DRAFTED, draft="runbooks/drafts/x.md")


def test_two_sessions_of_the_same_second_get_two_ids(ledger: Ledger) -> None:
    first = ledger.history.new_session_id(0.4)
    ledger.history.put_session(session(first, 0.4, 1.0))
    assert (first, ledger.history.new_session_id(0.9)) == ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z-2")


def test_merged_sessions_keep_the_earliest_id_and_every_command(ledger: Ledger) -> None:
    filled(ledger, "later", 10.0, 12.0)
    filled(ledger, "earlier", 1.0, 11.0)
    merged = ledger.history.merge(["later", "earlier"])
    assert (merged.id, merged.started, merged.ended) == ("earlier", 1.0, 12.0)
    assert [c.started for c in ledger.history.commands("earlier")] == [1.0, 10.0, 11.0, 12.0]
    assert [s.id for s in ledger.history.sessions()] == ["earlier"]


def test_merging_with_an_open_session_stays_open(ledger: Ledger) -> None:
    filled(ledger, "a", 1.0)
    filled(ledger, "b", 2.0, state=SessionState.OPEN)
    assert ledger.history.merge(["a", "b"]).state is SessionState.OPEN


def test_a_split_moves_a_command_and_all_after_it(ledger: Ledger) -> None:
    added = filled(ledger, "s", 1.0, 2.0, 3.0)
    assert added[1].id is not None
    kept, new = ledger.history.split("s", added[1].id)
    assert [c.started for c in ledger.history.commands(kept.id)] == [1.0]
    assert [c.started for c in ledger.history.commands(new.id)] == [2.0, 3.0]
    assert (kept.ended, new.started, new.ended) == (1.0, 2.0, 3.0)


def test_a_split_at_the_first_command_or_a_foreign_one_is_an_error(ledger: Ledger) -> None:
    (first,) = filled(ledger, "s", 1.0)
    assert first.id is not None
    for bad in (first.id, 999):
        with pytest.raises(UsageError, match="not in session s"):
            ledger.history.split("s", bad)
    with pytest.raises(UsageError, match="no session x"):
        ledger.history.merge(["s", "x"])


def test_what_is_forgotten_is_in_no_file_of_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    ledger.history.put_session(session("s", 1.0, 2.0))
    (one,) = ledger.history.add([Command("echo zebra-in-the-attic", "bash", "hook")])
    assert one.id is not None
    ledger.history.assign("s", [one.id])
    ledger.history.forget("s")
    assert ledger.history.sessions() == []
    left = b"".join(p.read_bytes() for p in (tmp_path / "state").iterdir())
    assert b"zebra-in-the-attic" not in left
    with pytest.raises(UsageError, match="no session s"):
        ledger.history.forget("s")


def test_retention_takes_the_old_then_the_oldest_and_never_an_open_one(ledger: Ledger) -> None:
    filled(ledger, "open", 1.0, state=SessionState.OPEN)
    filled(ledger, "old", 2.0)
    filled(ledger, "big", 50.0, 51.0)
    filled(ledger, "new", 60.0)
    ledger.history.add(commands(3.0, 70.0))
    assert ledger.history.trim(older_than=40.0, max_bytes=10**9) == 1
    assert [s.id for s in ledger.history.sessions()] == ["open", "big", "new"]
    assert [c.started for c in ledger.history.unassigned()] == [70.0]
    assert ledger.history.trim(older_than=0.0, max_bytes=500) == 1
    assert [s.id for s in ledger.history.sessions()] == ["open", "new"]


def test_settings_are_kept(ledger: Ledger) -> None:
    assert ledger.history.get("first start") is None
    ledger.history.put("first start", "done")
    ledger.history.put("first start", "done twice")
    assert ledger.history.get("first start") == "done twice"
