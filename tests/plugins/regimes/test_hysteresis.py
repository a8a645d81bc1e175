"""A name changes only after enough candles in a row, and faster into unstable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl_regimes.hysteresis import Hysteresis

SLOW = Hysteresis(probability=0.65, candles=4, unstable_candles=2)
T, R, U, NOBODY = (0.9, 0.05, 0.05), (0.05, 0.9, 0.05), (0.05, 0.05, 0.9), (0.5, 0.3, 0.2)


def _names(*rows: tuple[float, float, float]) -> list[int]:
    return [int(name) for name in SLOW.names(np.array(rows))]


def test_a_name_changes_with_the_last_of_enough_candles() -> None:
    assert _names(T, R, R, R, R, R) == [0, 0, 0, 0, 1, 1]


def test_unstable_needs_fewer_candles() -> None:
    assert _names(T, U, U, U) == [0, 0, 2, 2]


def test_the_way_out_of_unstable_is_the_slow_one() -> None:
    assert _names(U, T, T, T, T) == [2, 2, 2, 2, 0]


@pytest.mark.parametrize("between", [T, U, NOBODY])
def test_a_candle_that_says_otherwise_starts_the_count_again(between: tuple[float, float, float]) -> None:
    assert _names(T, R, R, R, between, R, R, R) == [0] * 8


def test_a_probability_at_the_threshold_is_not_enough() -> None:
    at = (0.65, 0.2, 0.15)

    assert _names(R, at, at, at, at, at) == [1] * 6


def test_the_first_name_is_that_of_the_largest_probability() -> None:
    assert _names((0.3, 0.4, 0.3)) == [1]


def test_unknown_rows_at_the_start_have_no_name() -> None:
    nan = (float("nan"),) * 3

    assert _names(nan, nan, U) == [-1, -1, 2]
    assert _names(nan) == [-1]


@given(st.lists(st.sampled_from([T, R, U, NOBODY, (0.65, 0.35, 0.0), (0.1, 0.2, 0.7)]), min_size=1, max_size=60))
def test_row_by_row_the_names_are_those_of_the_bulk(rows: list[tuple[float, float, float]]) -> None:
    state = None
    stepped = []
    for row in rows:
        state = SLOW.advance(state, row)
        stepped.append(state.name)

    assert stepped == _names(*rows)
