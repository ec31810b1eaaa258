"""The order in which criteria are carried out."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from reifierd.documents.model import SectionKind, Step
from reifierd.documents.task_model import Criterion
from reifierd.loops.tasks.pieces import Blocks, in_turn, parts_of

STEP = Step(1, SectionKind.FIX, "", "true", "true", 1)


def blocks(n: int, after: Sequence[int] = (), parent: int = 0, *, own: bool = True) -> Blocks:
    criterion = Criterion(n, "", "", "", checked=False, line=n, after=tuple(after), parent=parent)
    return Blocks(criterion, (STEP,) if own else ())


def order(wanted: Sequence[Blocks]) -> list[int]:
    return [b.criterion.n for b in in_turn(wanted)]


@st.composite
def tasks(draw: st.DrawFn) -> list[Blocks]:
    size = draw(st.integers(1, 9))
    numbers = st.integers(1, size)
    return [
        blocks(n, draw(st.lists(numbers, max_size=3)), draw(st.integers(0, n - 1)), own=draw(st.booleans()))
        for n in range(1, size + 1)
    ]


def one_by_one(wanted: Sequence[Blocks]) -> list[int]:
    """The rule as it is said: the first that waits for none of those that are left, else the first."""
    left, found = list(wanted), list[int]()
    while left:
        parts = parts_of(b.criterion for b in wanted)
        numbers = {b.criterion.n for b in left}
        waits = {
            b.criterion.n: ({*b.criterion.after} | (set() if b.steps else parts.get(b.criterion.n, set())))
            - {b.criterion.n}
            for b in left
        }
        one = next((b for b in left if not waits[b.criterion.n] & numbers), left[0])
        left.remove(one)
        found.append(one.criterion.n)
    return found


@given(tasks())
def test_each_comes_behind_what_it_waits_for_and_else_in_the_files_order(wanted: list[Blocks]) -> None:
    assert order(wanted) == one_by_one(wanted)


def test_thousands_that_wait_for_the_one_below_them_run_from_the_last_to_the_first() -> None:
    size = 5000
    assert order([blocks(n, [n + 1] if n < size else []) for n in range(1, size + 1)]) == list(range(size, 0, -1))


def test_parts_are_those_at_any_depth() -> None:
    criteria = [blocks(1), blocks(2, parent=1), blocks(3, parent=2), blocks(4)]
    assert parts_of(b.criterion for b in criteria) == {1: {2, 3}, 2: {3}}
