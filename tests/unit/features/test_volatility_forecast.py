"""The regression forecast is least squares on outcomes that were known, refitted on a grid that never moves."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from weexctl import features
from weexctl.testing import flat, random_walk

HOUR_MS = 3_600_000
DAY = 24
REFIT_MS = 720 * HOUR_MS
ROWS = 4_000


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return random_walk(17, ROWS)


def _variance(returns: list[float], row: int, window: int) -> float:
    """Squared returns of the candles up to `row`, scaled to a day."""
    return sum(r * r for r in returns[row - window + 1 : row + 1]) * DAY / window


def _parkinson(candles: pd.DataFrame, row: int) -> float:
    day = candles.iloc[row - DAY + 1 : row + 1]
    return sum(math.log(h / low) ** 2 for h, low in zip(day["high"], day["low"], strict=True)) / (4 * math.log(2))


def _written_out(candles: pd.DataFrame, row: int, train_days: int) -> float:
    """The forecast at a row, by the textbook: one regression on all outcomes of the training blocks."""
    closes = candles["close"].tolist()
    returns = [math.nan, *(math.log(b / a) for a, b in pairwise(closes))]
    ends = candles.index.to_numpy() + HOUR_MS

    def regressors(at: int) -> list[float]:
        variances = [_variance(returns, at, window) for window in (24, 168, 720, 6)]
        return [1.0, *(math.log(v) for v in variances), math.log(_parkinson(candles, at))]

    fitted_ms = ends[row] // REFIT_MS * REFIT_MS
    outcomes = [i for i in range(720 + DAY, row + 1) if fitted_ms - train_days * DAY * HOUR_MS < ends[i] <= fitted_ms]
    x = np.array([regressors(i - DAY) for i in outcomes])
    y = np.array([math.log(_variance(returns, i, DAY)) for i in outcomes])
    fitted = np.linalg.lstsq(x, y, rcond=None)[0]
    left = y - x @ fitted
    mean = float(np.array(regressors(row)) @ fitted) + 0.5 * float(left @ left) / (len(y) - 6)
    return math.sqrt(math.exp(mean) * 365)


@pytest.mark.parametrize("row", [2_900, 3_333, ROWS - 1])
def test_a_forecast_equals_the_regression_written_out(candles: pd.DataFrame, row: int) -> None:
    assert features.har_volatility(candles, 60).iloc[row] == pytest.approx(_written_out(candles, row, 60), rel=1e-7)


def test_before_thirty_days_of_outcomes_it_is_the_moving_average(candles: pd.DataFrame) -> None:
    forecast, average = features.har_volatility(candles), features.ewma_volatility(candles, 48)

    pd.testing.assert_series_equal(forecast.iloc[: 2 * 720], average.iloc[: 2 * 720])
    assert (forecast.iloc[2_900:] != average.iloc[2_900:]).all()


@pytest.mark.parametrize("cut", [700, 1_001, 1_500])
def test_wherever_history_begins_the_forecast_is_the_same_after_the_warmup(candles: pd.DataFrame, cut: int) -> None:
    warm = features.har_warmup(HOUR_MS, 30)

    late = features.har_volatility(candles.iloc[cut:], 30)

    assert warm < ROWS - cut
    np.testing.assert_allclose(late.iloc[warm:], features.har_volatility(candles, 30).iloc[cut + warm :], rtol=1e-9)


def test_outcomes_that_are_not_known_yet_are_not_learnt_from(candles: pd.DataFrame) -> None:
    refit = next(i for i in range(3_000, ROWS) if (candles.index[i] + HOUR_MS) % REFIT_MS == 0)
    other = candles.copy()
    other.iloc[refit + 1 :] *= np.linspace(1.0, 3.0, ROWS - refit - 1)[:, None]

    np.testing.assert_array_equal(
        features.har_volatility(other).iloc[: refit + 1], features.har_volatility(candles).iloc[: refit + 1]
    )


def test_realised_variance_is_the_sum_of_squared_returns(candles: pd.DataFrame) -> None:
    closes = candles["close"].tolist()
    expected = sum(math.log(closes[i] / closes[i - 1]) ** 2 for i in range(77, 101))

    column = features.realised_variance(candles, 24)

    assert column.iloc[100] == pytest.approx(expected)
    assert column.iloc[:24].isna().all()
    assert column.iloc[24:].notna().all()


def test_ranges_of_a_driftless_walk_measure_its_variance() -> None:
    random = np.random.default_rng(4)
    steps = random.normal(0.0, 0.001, (3_000, 400))  # fine enough for its extremes to be seen
    path = np.cumsum(steps, axis=1)
    high, low = np.maximum(path.max(axis=1), 0.0), np.minimum(path.min(axis=1), 0.0)
    candles = flat(3_000).assign(high=np.exp(high), low=np.exp(low))

    mean = features.parkinson_variance(candles, 3_000).iloc[-1] / 3_000

    assert mean == pytest.approx(400 * 0.001**2, rel=0.1)


def test_a_market_that_never_moves_has_no_volatility_and_raises_nothing() -> None:
    assert (features.har_volatility(flat(3_000)).iloc[48:] == 0.0).all()


def test_longer_candles_need_fewer_rows() -> None:
    assert features.har_warmup(4 * HOUR_MS) < features.har_warmup(HOUR_MS) / 3


def test_four_hour_candles_are_forecast_as_well() -> None:
    candles = random_walk(3, 1_500, candle_ms=4 * HOUR_MS)

    forecast = features.har_volatility(candles, 90)

    assert forecast.iloc[600:].between(0.05, 3.0).all()
    assert (forecast.iloc[600:] != features.ewma_volatility(candles, 12).iloc[600:]).all()
