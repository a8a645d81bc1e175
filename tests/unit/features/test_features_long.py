"""Histories long enough for the quick ways: the same values as pandas', and still not a bit from the future."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tests.unit.features.test_features_causality import COLUMNS
from weexctl.features.recursion import smoothed, wilder
from weexctl.features.windows import rolling_max, rolling_median, rolling_min, rolling_sum
from weexctl.testing import random_walk

ROWS = 20_000
BRINK = 16_384
"""From this row on a long history is computed in another way."""


def _walk(seed: int, rows: int = ROWS) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=rows).cumsum()


def _holed(values: NDArray[np.float64], *holes: slice) -> NDArray[np.float64]:
    copy = values.copy()
    for hole in holes:
        copy[hole] = np.nan
    return copy


HOLES = {
    "whole": (),
    "late beginning": (slice(0, 40),),
    "in the first rows": (slice(900, 903),),
    "across the brink": (slice(BRINK - 3, BRINK + 3),),
    "before the brink": (slice(BRINK - 1, BRINK),),
    "after the brink": (slice(BRINK + 500, BRINK + 507), slice(BRINK + 900, BRINK + 901)),
    "the last row": (slice(ROWS - 1, ROWS),),
    "everything": (slice(0, ROWS),),
}
holes = pytest.mark.parametrize("where", HOLES)


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    frame = random_walk(5, ROWS)
    frame.iloc[BRINK + 2_000 : BRINK + 2_004] = np.nan
    return frame


@holes
@pytest.mark.parametrize("share", [1 / 14, 0.5, 1e-4, 1.0])
def test_a_long_average_is_that_of_pandas(where: str, share: float) -> None:
    values = _holed(_walk(1), *HOLES[where])

    expected = pd.Series(values).ewm(alpha=share, adjust=False).mean()

    np.testing.assert_allclose(smoothed(values, share), expected, rtol=1e-11, atol=1e-11)


def test_a_long_wilder_average_begins_with_the_mean_of_its_first_values() -> None:
    values = _holed(_walk(2), slice(0, ROWS - 30), slice(ROWS - 20, ROWS - 18))

    smooth = wilder(values, 12)

    assert np.isnan(smooth[: ROWS - 17]).all()
    assert smooth[ROWS - 17] == pytest.approx(np.nanmean(values[: ROWS - 16]))
    assert smooth[ROWS - 16] == pytest.approx(smooth[ROWS - 17] + (values[ROWS - 16] - smooth[ROWS - 17]) / 12)


@holes
@pytest.mark.parametrize("window", [1, 2, 7, 168, 2_160])
def test_long_windows_are_those_of_pandas(where: str, window: int) -> None:
    values = _holed(_walk(3), *HOLES[where])
    rolling = pd.Series(values).rolling(window)

    np.testing.assert_allclose(rolling_sum(values, window), rolling.sum(), rtol=1e-9, atol=1e-7)
    np.testing.assert_array_equal(rolling_max(values, window), rolling.max())
    np.testing.assert_array_equal(rolling_min(values, window), rolling.min())
    np.testing.assert_array_equal(rolling_median(values, window), rolling.median())


@holes
@pytest.mark.parametrize("kind", ["walk", "ties", "constant", "descending"])
def test_long_medians_of_unfilled_windows_are_those_of_pandas(where: str, kind: str) -> None:
    plain = {
        "walk": _walk(4),
        "ties": np.round(_walk(4)),
        "constant": np.full(ROWS, 0.1),
        "descending": np.arange(ROWS, dtype=np.float64)[::-1].copy(),
    }[kind]
    values = _holed(plain, *HOLES[where])

    expected = pd.Series(values).rolling(2_160, min_periods=700).median()

    np.testing.assert_array_equal(rolling_median(values, 2_160, min_periods=700), expected)


def test_a_window_that_never_moved_sums_to_exactly_nothing_after_a_wild_one() -> None:
    values = np.concatenate([_walk(5, 500) * 1e9, np.zeros(500)])

    assert rolling_sum(values, 48)[560:].tolist() == [0.0] * 440


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_fewer_rows_than_a_window_are_unknown(rows: int) -> None:
    values = np.ones(rows)

    for column in (rolling_sum, rolling_max, rolling_min, rolling_median):
        assert np.isnan(column(values, 6)).all()
    assert np.isnan(wilder(values, 6)).all()


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("rows", [BRINK - 1, BRINK, BRINK + 1, BRINK + 300, BRINK + 2_002, ROWS - 1])
def test_a_long_prefix_gives_the_same_rows_bit_for_bit(name: str, rows: int, candles: pd.DataFrame) -> None:
    whole = COLUMNS[name](candles).to_numpy()

    prefix = COLUMNS[name](candles.iloc[:rows]).to_numpy()

    np.testing.assert_array_equal(prefix, whole[:rows])
