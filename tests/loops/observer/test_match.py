"""The hook's and the history's record of the same command."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.ledger.records import Command, SecretParam
from reifierd.loops.observer.match import earlier_seen, settle


def hook(n: int, text: str, started: float, duration: float = 0.0, session: str = "bash-1-1") -> Command:
    return Command(text, "bash", "hook", id=n, started=started, duration=duration, shell_session=session)


def seen(text: str, started: float | None = None, arrived: float = 1e9, n: int | None = None) -> Command:
    return Command(text, "bash", "history:x", id=n, started=started, arrived=arrived)


def test_times_must_be_near_the_start_or_the_end() -> None:
    hooks = [hook(1, "make", 100, 50)]
    for at, new in ((100, 0), (101, 0), (98, 0), (149, 0), (152, 0), (120, 1), (90, 1), (160, 1)):
        assert len(settle([seen("make", at)], hooks)[0]) == new


def test_a_command_of_several_lines_may_have_been_begun_long_before_it_ran() -> None:
    text = "cat <<EOF\none\n\ntwo\nEOF"
    assert settle([seen("cat <<EOF\none\ntwo\nEOF", 100)], [hook(1, text, 400)])[0] == []


def test_a_plain_history_has_a_line_for_each_line() -> None:
    text = "cat <<EOF\none\nEOF"
    new, done = settle(
        [seen(t) for t in ("ls", "cat <<EOF", "one", "EOF", "pwd")], [hook(1, text, 5), hook(2, "pwd", 6)]
    )
    assert [c.command for c in new] == ["ls"]
    assert [c.id for c in done] == [1, 2]


def test_what_the_shell_passed_over_is_awaited_no_more() -> None:
    hooks = [hook(1, " secret", 1), hook(2, "ls", 2), hook(3, "pwd", 3), hook(4, "pwd", 3, session="bash-2-1")]
    new, done = settle([seen("ls")], hooks)
    assert new == []
    assert [c.id for c in done] == [1, 2]


def test_a_plain_line_that_was_written_before_the_command_ran_is_another() -> None:
    assert len(settle([seen("ls", arrived=50)], [hook(1, "ls", 100)])[0]) == 1


def test_the_history_may_be_faster_than_the_hook() -> None:
    rows = [seen("ls", n=1, arrived=10), seen("make", 100, n=2), seen("a", n=3, arrived=90), seen("b", n=4, arrived=90)]
    assert [c.id for c in earlier_seen(hook(9, "make", 100.4, 60), rows)] == [2]
    assert [c.id for c in earlier_seen(hook(9, "a\nb", 90), rows)] == [3, 4]
    assert earlier_seen(hook(9, "ls", 100), rows) == []


def test_the_names_of_parameters_do_not_matter() -> None:
    one = replace(hook(1, 'mysql -p"$TOKEN"', 100), params=(SecretParam("TOKEN", ""),))
    other = replace(seen('mysql -p"$TOKEN_2"', 100), params=(SecretParam("TOKEN_2", ""),))
    assert settle([other], [one])[0] == []


@settings(max_examples=200, deadline=None)
@given(
    ran=st.lists(st.tuples(st.sampled_from(["ls", "make", "a\nb", "pwd"]), st.integers(0, 9)), max_size=15),
    stamped=st.booleans(),
)
def test_every_command_that_both_saw_is_recorded_once(ran: list[tuple[str, int]], stamped: bool) -> None:
    """Whatever was run, how often and how fast: the history adds nothing to what the hook has."""
    now, hooks, lines = 1000.0, [], []
    for n, (text, pause) in enumerate(ran):
        now += pause
        hooks.append(hook(n + 1, text, now + 0.3))
        lines += [seen(text, float(int(now)))] if stamped else [seen(t) for t in text.split("\n")]
    new, done = settle(lines, hooks)
    assert new == []
    assert [c.id for c in done] == [h.id for h in hooks]
