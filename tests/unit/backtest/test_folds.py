"""Folds by hand: where each window begins and ends, and what there is no room for."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import pytest

from weexctl.backtest.folds import Fold, FoldPlan, plan_folds
from weexctl.errors import UsageError
from weexctl.run.schedule import Schedule

HOUR_MS = 3_600_000
FIRST = 500
"""Number of the hour at which the first close is."""


def a_schedule(count: int, hours: int = 1) -> Schedule:
    first, candle = FIRST * HOUR_MS, hours * HOUR_MS
    return Schedule(first, first, first + (count - 1) * candle, candle)


def a_plan(**changes: Any) -> FoldPlan:
    plan = FoldPlan(train_days=4, test_days=2, purge_hours=5, embargo_hours=7, anchored=False)
    return dataclasses.replace(plan, **changes)


def in_closes(fold: Fold, hours: int = 1) -> tuple[int, int, int, int]:
    """First and last close of the train and the test window, counted from the schedule's first close as 0."""
    closes = (fold.train.first_ms, fold.train.last_ms, fold.test.first_ms, fold.test.last_ms)
    first, second, third, fourth = ((close // HOUR_MS - FIRST) // hours for close in closes)
    return first, second, third, fourth


def test_rolling_windows_move_on_by_a_test_window() -> None:
    folds = plan_folds(a_plan(), a_schedule(96 + 12 + 3 * 48))

    assert [fold.number for fold in folds] == [1, 2, 3]
    assert [in_closes(fold) for fold in folds] == [
        (0, 95, 108, 155),
        (48, 143, 156, 203),
        (96, 191, 204, 251),
    ]


def test_anchored_windows_begin_with_the_first() -> None:
    folds = plan_folds(a_plan(anchored=True), a_schedule(96 + 12 + 3 * 48))

    assert [in_closes(fold) for fold in folds] == [
        (0, 95, 108, 155),
        (0, 143, 156, 203),
        (0, 191, 204, 251),
    ]


@pytest.mark.parametrize(
    ("rest", "lengths"),
    [(0, [48, 48]), (1, [48, 49]), (23, [48, 71]), (24, [48, 48, 24]), (47, [48, 48, 47])],
)
def test_what_is_left_is_a_window_of_its_own_or_belongs_to_the_last(rest: int, lengths: list[int]) -> None:
    schedule = a_schedule(96 + 12 + 96 + rest)

    folds = plan_folds(a_plan(), schedule)

    assert [fold.test.last_ms - fold.test.first_ms for fold in folds] == [(n - 1) * HOUR_MS for n in lengths]
    assert folds[-1].test.last_ms == schedule.last_ms


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("count", [156, 177, 300, 1001])
def test_windows_have_no_hole_and_nothing_is_tried_before_its_gap_has_passed(count: int, *, anchored: bool) -> None:
    folds = plan_folds(a_plan(anchored=anchored), a_schedule(count))

    for fold in folds:
        assert fold.test.first_ms - fold.train.last_ms > 12 * HOUR_MS
        assert fold.train.last_ms - fold.train.first_ms >= 95 * HOUR_MS
    for before, after in pairwise(folds):
        assert after.test.first_ms - before.test.last_ms == HOUR_MS


def test_hours_that_are_no_whole_candle_leave_one_more_out() -> None:
    folds = plan_folds(a_plan(purge_hours=5, embargo_hours=0), a_schedule(24 + 2 + 12, hours=4))

    assert [in_closes(fold, hours=4) for fold in folds] == [(0, 23, 26, 37)]


def test_one_fold_needs_room() -> None:
    assert len(plan_folds(a_plan(), a_schedule(156))) == 1
    with pytest.raises(
        UsageError, match=r"no room for one fold: 4 days.*12 candles.*2 days.*156 candles.*155"
    ) as caught:
        plan_folds(a_plan(), a_schedule(155))

    assert caught.value.code == "NO_FOLD"
    assert "--train" in caught.value.hint


def test_a_window_shorter_than_a_candle_is_refused() -> None:
    with pytest.raises(UsageError, match="shorter than one candle"):
        plan_folds(a_plan(test_days=1), a_schedule(500, hours=7 * 24))
