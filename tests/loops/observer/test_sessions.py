"""Commands into sessions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.ledger.records import Command
from reifierd.loops.observer.sessions import Stretch, begin, end, group

GAP = 300.0


def at(started: float, duration: float = 0.0, host: str | None = None, n: int = 0) -> Command:
    return Command(
        f"c{started}", "bash", "hook", id=n, started=started, duration=duration, host=host, user=host and "me"
    )


def spans(commands: list[Command]) -> list[list[float]]:
    return [[begin(c) for c in s.fresh] for s in group(commands, [], GAP)]


def test_a_pause_longer_than_the_gap_ends_a_session() -> None:
    assert spans([at(0), at(300), at(601)]) == [[0, 300], [601]]


def test_a_long_command_keeps_its_session_together() -> None:
    assert spans([at(0, 3600), at(3800)]) == [[0, 3800]]


def test_two_shells_of_one_user_are_interleaved_and_another_host_is_apart() -> None:
    assert spans([at(0, host="a"), at(20, host="a"), at(10, host="a")]) == [[0, 10, 20]]
    assert len(group([at(0, host="a"), at(1, host="b")], [], GAP)) == 2
    assert len(group([at(0, host="a"), at(1)], [], GAP)) == 1


def test_without_times_the_arrival_groups() -> None:
    commands = [Command(c, "bash", "history:x", id=n, arrived=1000.0) for n, c in enumerate("abc")]
    assert [[c.command for c in s.fresh] for s in group(commands, [], GAP)] == [["a", "b", "c"]]


def test_what_arrives_later_joins_the_session_of_its_time() -> None:
    known = [Stretch(0, 100, id="first"), Stretch(1000, 1100, id="second")]
    found = group([at(50), at(1350), at(5000)], known, GAP)
    assert [(s.id, s.start, s.end) for s in found] == [("first", 0, 100), ("second", 1000, 1350), (None, 5000, 5000)]


@settings(max_examples=200, deadline=None)
@given(
    times=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 500)), min_size=1, max_size=20),
    cut=st.integers(0, 20),
)
def test_sessions_do_not_depend_on_when_we_looked(times: list[tuple[int, int]], cut: int) -> None:
    """Commands taken in as they came, in one go or in two, make the same sessions."""
    commands = [at(s, d, n=n) for n, (s, d) in enumerate(sorted(times))]
    whole = [(s.start, s.end) for s in group(commands, [], GAP)]
    first = group(commands[:cut], [], GAP)
    parts = {id(s): s for s in [*first, *group(commands[cut:], first, GAP)]}
    assert sorted((s.start, s.end) for s in parts.values()) == whole
    assert all(end(c) <= s.end for s in parts.values() for c in s.fresh)
