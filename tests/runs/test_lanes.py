"""Whose turn it is: one run in a lane, several lanes side by side, each behind what it comes after."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reifierd.ledger.records import Run
from reifierd.runs.house import Paper
from reifierd.runs.job import Job, Turn
from reifierd.runs.lanes import Lanes
from reifierd.workspace.library import RUNBOOKS


class Trade:
    """Turns as they are given, by the job's name."""

    noun, library = "thing", RUNBOOKS

    def __init__(self, turns: dict[str, Turn], side_by_side: int) -> None:
        self.turns, self.side_by_side = turns, side_by_side

    def turn(self, job: Job) -> Turn:
        return self.turns[job.name]

    def do(self, job: Job) -> None:
        raise NotImplementedError

    def paper(self, run: Run, found: str = "") -> Paper:
        raise NotImplementedError

    def recover(self, run: Run) -> None:
        raise NotImplementedError

    def warm_up(self) -> None:
        raise NotImplementedError


class Watched:
    """Does jobs that take a moment, and notes what ran when."""

    def __init__(self, turns: dict[str, Turn], side_by_side: int, work: Callable[[Job], Any] = lambda _: None) -> None:
        self.turns, self.work = turns, work
        self.began: list[str] = []
        self.at_once: list[set[str]] = []
        self.put_back: list[str] = []
        self.ended = 0
        self._now: set[str] = set()
        self._lock = threading.Lock()
        self.lanes = Lanes(Trade(turns, side_by_side), self._do, self._one_less, lambda j: self.put_back.append(j.name))

    def _do(self, job: Job) -> None:
        with self._lock:
            self.began.append(job.name)
            self._now.add(job.name)
            self.at_once.append(set(self._now))
        self.work(job)
        time.sleep(0.002)
        with self._lock:
            self._now.remove(job.name)

    def _one_less(self) -> None:
        with self._lock:
            self.ended += 1

    def put(self, *names: str) -> None:
        self.lanes.put([Job(name, b"", "", f"run-{name}") for name in names])

    def all_done(self) -> None:
        until = time.monotonic() + 20
        while self.lanes.busy or self.ended < len(self.began):
            assert time.monotonic() < until
            time.sleep(0.002)


def test_one_lane_has_one_run_at_a_time_in_the_order_of_their_ranks() -> None:
    watched = Watched({"low": Turn("a", (2, "x")), "high": Turn("a", (0, "y")), "mid": Turn("a", (1, "z"))}, 4)
    watched.put("low", "high", "mid")
    watched.all_done()
    assert watched.began == ["high", "mid", "low"]
    assert max(map(len, watched.at_once)) == 1


def test_other_lanes_go_side_by_side_up_to_the_bound() -> None:
    gate = threading.Event()
    turns = {name: Turn(name) for name in "abc"}
    watched = Watched(turns, 2, lambda _: gate.wait(10))
    watched.put("a", "b", "c")
    while len(watched.began) < 2:
        time.sleep(0.002)
    time.sleep(0.02)
    assert len(watched.began) == 2
    gate.set()
    watched.all_done()
    assert sorted(watched.began) == ["a", "b", "c"]


def test_those_that_wait_for_each_other_begin_all_the_same() -> None:
    turns = {"a": Turn("a", id="a", after=frozenset("b")), "b": Turn("b", id="b", after=frozenset("a"))}
    watched = Watched(turns, 2)
    watched.put("a", "b")
    watched.all_done()
    assert sorted(watched.began) == ["a", "b"]


def test_a_job_whose_turn_cannot_be_told_is_done_all_the_same() -> None:
    watched = Watched({"good": Turn()}, 1)
    watched.put("odd", "good")
    watched.all_done()
    assert sorted(watched.began) == ["good", "odd"]


def test_at_the_end_what_runs_is_stopped_and_what_waits_is_put_back() -> None:
    watched = Watched({name: Turn("a", (0, name)) for name in "ab"}, 1, _until_stopped)
    watched.put("a", "b")
    while not watched.began:
        time.sleep(0.002)
    watched.lanes.close()
    assert (watched.began, watched.put_back) == (["a"], ["b"])


def _until_stopped(job: Job) -> None:
    while not job.stop.said:
        time.sleep(0.002)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 3), st.sets(st.integers(0, 5), max_size=2)), max_size=6),
    st.integers(1, 3),
)
def test_whatever_the_turns_are_every_job_is_done_once_and_no_lane_holds_two(
    jobs: list[tuple[str, int, set[int]]], side_by_side: int
) -> None:
    turns = {
        str(n): Turn(lane, (rank, str(n)), str(n), frozenset(map(str, after)))
        for n, (lane, rank, after) in enumerate(jobs)
    }
    watched = Watched(turns, side_by_side)
    watched.put(*turns)
    watched.all_done()
    assert sorted(watched.began) == sorted(turns)
    for running in watched.at_once:
        assert len(running) <= side_by_side
        assert len({turns[name].lane for name in running}) == len(running)
