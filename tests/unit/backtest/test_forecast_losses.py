"""QLIKE prefers the true variance even to a noisy measure of it, and punishes too low more than too high."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weexctl import features
from weexctl.backtest.forecast_losses import log_r_squared, qlike
from weexctl.errors import UsageError


def test_qlike_by_hand() -> None:
    realised, forecast = np.array([2.0, 1.0, 1.0]), np.array([1.0, 1.0, 2.0])

    expected = ((2 - math.log(2) - 1) + 0.0 + (0.5 - math.log(0.5) - 1)) / 3
    assert qlike(realised, forecast) == pytest.approx(expected)


def test_the_truth_is_the_best_forecast_of_a_noisy_measure() -> None:
    random = np.random.default_rng(2)
    variance = np.exp(random.normal(0.0, 1.0, 20_000))
    measured = variance * random.chisquare(24, 20_000) / 24

    losses = [qlike(measured, variance * factor) for factor in (0.8, 1.0, 1.25)]

    assert losses[1] == min(losses)
    assert losses[0] > losses[2]
    # E[-ln(chi2_k / k)] = ln(k / 2) - digamma(k / 2), about 1 / k
    assert losses[1] == pytest.approx(1 / 24, rel=0.05)


def test_rows_without_a_forecast_are_left_out() -> None:
    assert qlike(np.array([1.0, math.nan, 3.0]), np.array([1.0, 1.0, math.nan])) == 0.0


def test_r_squared_of_logs_ignores_scale_and_power() -> None:
    forecast = np.array([1.0, 2.0, 5.0, 3.0])

    assert log_r_squared(7 * forecast**2, forecast) == pytest.approx(1.0)
    assert math.isnan(log_r_squared(forecast, np.ones(4)))


@pytest.mark.parametrize("bad", [[0.0], [-1.0], [math.nan]])
def test_a_variance_that_is_not_positive_is_refused(bad: list[float]) -> None:
    with pytest.raises(UsageError, match="nothing was scored"):
        qlike(np.array([1.0]), np.array(bad))


@pytest.mark.shared_data
@pytest.mark.parametrize("symbol", ["ADAUSDT", "BTCUSDT", "ETHUSDT", "LTCUSDT", "SOLUSDT", "XRPUSDT"])
def test_the_regression_forecast_beats_the_moving_average_on_real_candles(shared_folder: Path, symbol: str) -> None:
    table = pd.read_csv(shared_folder / "data" / f"{symbol}-1h.csv.gz", index_col="open_time_ms").astype(np.float64)
    candles = table[table.index < 1_704_067_200_000]  # the years that may be looked at
    realised = features.realised_variance(candles, 24).shift(-24).to_numpy(dtype=np.float64)
    warm = features.har_warmup(3_600_000)

    losses = [
        qlike(realised[warm:], (forecast.to_numpy(dtype=np.float64) ** 2 / 365)[warm:])
        for forecast in (features.har_volatility(candles), features.ewma_volatility(candles, 48))
    ]

    assert losses[0] < losses[1]
