"""Every shared column is causal, aligned, unscaled by the price level, and leaves its candles alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from weexctl import features
from weexctl.testing import gapped, random_walk

Column = Callable[[pd.DataFrame], "pd.Series[float]"]

COLUMNS: dict[str, Column] = {
    "log_returns": features.log_returns,
    "ewma": lambda candles: features.ewma(candles["close"], 24),
    "ewma_volatility": lambda candles: features.ewma_volatility(candles, 48),
    "true_range": features.true_range,
    "average_true_range": features.average_true_range,
    "adx": features.adx,
    "block_atr": features.block_atr,
    "ema": lambda candles: features.ema(candles["close"], 96),
    "rolling_vwap": features.rolling_vwap,
    "efficiency_ratio": lambda candles: features.efficiency_ratio(candles, 48),
    "relative_log_volatility": features.relative_log_volatility,
    "volatility_expansion": features.volatility_expansion,
    "volume_score": features.volume_score,
    "bollinger_z": features.bollinger_z,
    "rsi": features.rsi,
    "robust_sigma": features.robust_sigma,
    "realised_variance": lambda candles: features.realised_variance(candles, 24),
    "parkinson_variance": lambda candles: features.parkinson_variance(candles, 24),
    "log_variances": lambda candles: features.log_variances(candles).sum(axis=1, skipna=False),
    "har_volatility": features.har_volatility,
}
IN_QUOTE = {"ewma", "true_range", "average_true_range", "block_atr", "ema", "rolling_vwap"}
SCALARS = {"candle_ms", "candles_per_year", "har_warmup"}

all_columns = pytest.mark.parametrize("name", COLUMNS)


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return random_walk(5, 1500)


def test_every_public_column_is_put_to_the_test() -> None:
    assert set(COLUMNS) | SCALARS == set(features.__all__)


@all_columns
@pytest.mark.parametrize("rows", [1, 2, 15, 100, 701, 1499])
def test_a_prefix_gives_the_same_rows_bit_for_bit(name: str, rows: int, candles: pd.DataFrame) -> None:
    whole = COLUMNS[name](candles).to_numpy()

    prefix = COLUMNS[name](candles.iloc[:rows]).to_numpy()

    np.testing.assert_array_equal(prefix, whole[:rows])


@all_columns
def test_poisoned_later_candles_change_nothing(name: str, candles: pd.DataFrame) -> None:
    poisoned = candles.copy()
    poisoned.iloc[1000:] = candles.iloc[1000:].to_numpy()[::-1] * 1.5

    np.testing.assert_array_equal(
        COLUMNS[name](poisoned).iloc[:1000].to_numpy(), COLUMNS[name](candles).iloc[:1000].to_numpy()
    )


@all_columns
def test_a_column_is_aligned_float64_and_unknown_only_at_its_start(name: str, candles: pd.DataFrame) -> None:
    before = candles.copy()

    column = COLUMNS[name](candles)

    known = column.notna().to_numpy()
    assert column.dtype == np.float64
    assert column.index.equals(candles.index)
    assert known[int(known.argmax()) :].all()
    assert np.isfinite(column.to_numpy()[known]).all()
    pd.testing.assert_frame_equal(candles, before)


@all_columns
def test_another_price_level_scales_what_is_in_quote_and_nothing_else(name: str, candles: pd.DataFrame) -> None:
    dear = candles.copy()
    prices = ["open", "high", "low", "close"]
    dear[prices] = candles[prices] * 1024.0

    factor = 1024.0 if name in IN_QUOTE else 1.0

    np.testing.assert_allclose(COLUMNS[name](dear), COLUMNS[name](candles) * factor, rtol=1e-9, atol=1e-9)


def test_a_missing_candle_blinds_no_scale_for_longer_than_itself() -> None:
    candles = random_walk(5, 1500)
    candles.iloc[1200:1203] = np.nan

    for name in (
        "ewma_volatility",
        "har_volatility",
        "average_true_range",
        "efficiency_ratio",
        "relative_log_volatility",
        "robust_sigma",
    ):
        assert COLUMNS[name](candles).iloc[1203:].notna().all(), name


@all_columns
def test_missing_candles_never_become_infinite(name: str) -> None:
    column = COLUMNS[name](gapped(5, 1500)).to_numpy()

    assert not np.isinf(column).any()
