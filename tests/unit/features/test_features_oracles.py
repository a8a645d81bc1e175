"""Every shared column equals an independent computation: `ta`, or the formula written out in plain loops."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median

import numpy as np
import pandas as pd
import pytest
from ta.momentum import RSIIndicator
from ta.trend import ADXIndicator
from ta.volatility import AverageTrueRange

from weexctl import DataError, features
from weexctl.testing import flat, random_walk

ROWS = 1200


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return random_walk(11, ROWS)


def _closes(candles: pd.DataFrame) -> list[float]:
    return [float(value) for value in candles["close"]]


def _returns(candles: pd.DataFrame) -> list[float]:
    closes = _closes(candles)
    return [math.log(after / before) for before, after in pairwise(closes)]


def _ewma(values: list[float], half_life: float) -> list[float]:
    keep, means = 0.5 ** (1 / half_life), [values[0]]
    for value in values[1:]:
        means.append(keep * means[-1] + (1 - keep) * value)
    return means


def _block_true_range(candles: pd.DataFrame, row: int, block: int) -> float:
    rows = candles.iloc[row - block + 1 : row + 1]
    before = float(candles["close"].iloc[row - block])
    return max(float(rows["high"].max()), before) - min(float(rows["low"].min()), before)


def test_average_true_range_equals_ta_after_200_rows(candles: pd.DataFrame) -> None:
    expected = AverageTrueRange(candles["high"], candles["low"], candles["close"], 14).average_true_range()

    ours = features.average_true_range(candles)

    np.testing.assert_allclose(ours.iloc[200:], expected.iloc[200:], rtol=1e-6)


def test_average_true_range_starts_with_the_mean_of_its_first_window(candles: pd.DataFrame) -> None:
    ours = features.average_true_range(candles, 14)

    assert ours.iloc[:14].isna().all()
    assert ours.iloc[14] == pytest.approx(float(features.true_range(candles).iloc[1:15].mean()))


@pytest.mark.parametrize("window", [7, 14, 30])
def test_adx_equals_ta_after_200_rows(candles: pd.DataFrame, window: int) -> None:
    expected = ADXIndicator(candles["high"], candles["low"], candles["close"], window).adx()

    ours = features.adx(candles, window)

    assert ours.iloc[: 2 * window - 1].isna().all()
    np.testing.assert_allclose(ours.iloc[200:], expected.iloc[200:], rtol=1e-9)


def test_rsi_equals_ta_where_prices_move(candles: pd.DataFrame) -> None:
    expected = RSIIndicator(candles["close"], 14, fillna=False).rsi()

    ours = features.rsi(candles)

    np.testing.assert_allclose(ours.iloc[13:], expected.iloc[13:], rtol=1e-12)


def test_true_range_includes_the_close_before() -> None:
    candles = pd.DataFrame(
        {"high": [11.0, 15.0, 9.0], "low": [9.0, 14.0, 8.0], "close": [10.0, 14.5, 8.5]},
        index=pd.Index([0, 1, 2]),
    )

    assert features.true_range(candles).iloc[1:].tolist() == [5.0, 6.5]


def test_block_atr_is_the_average_of_block_true_ranges(candles: pd.DataFrame) -> None:
    blocks = [_block_true_range(candles, row, 24) for row in range(24, ROWS)]

    ours = features.block_atr(candles)

    np.testing.assert_allclose(ours.iloc[192:], _ewma(blocks, 168)[192 - 24 :], rtol=1e-10)


def test_ewma_volatility_is_the_annualised_root_of_the_average_square(candles: pd.DataFrame) -> None:
    squares = [value**2 for value in _returns(candles)]
    expected = [math.sqrt(mean * 8760) for mean in _ewma(squares, 48)]

    ours = features.ewma_volatility(candles, 48)

    np.testing.assert_allclose(ours.iloc[48:], expected[47:], rtol=1e-10)


def test_ema_weighs_the_newest_value_with_two_over_span_plus_one(candles: pd.DataFrame) -> None:
    expected = [_closes(candles)[0]]
    for close in _closes(candles)[1:]:
        expected.append(expected[-1] + (close - expected[-1]) * 2 / 97)

    ours = features.ema(candles["close"], 96)

    assert ours.iloc[:95].isna().all()
    np.testing.assert_allclose(ours.iloc[95:], expected[95:], rtol=1e-12)


def test_rolling_vwap_weighs_typical_prices_with_volume(candles: pd.DataFrame) -> None:
    rows = candles.iloc[500 - 167 : 501]
    typical = (rows["high"] + rows["low"] + rows["close"]) / 3

    expected = float((typical * rows["volume"]).sum() / rows["volume"].sum())

    assert features.rolling_vwap(candles).iloc[500] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("window", [48, 240])
def test_efficiency_ratio_is_the_root_of_net_over_path(candles: pd.DataFrame, window: int) -> None:
    returns = _returns(candles)[700 - window : 700]

    expected = math.sqrt(abs(sum(returns)) / sum(abs(value) for value in returns))

    assert features.efficiency_ratio(candles, window).iloc[700] == pytest.approx(expected, rel=1e-9)


def test_relative_log_volatility_is_the_level_over_its_rolling_median(candles: pd.DataFrame) -> None:
    levels = [0.5 * math.log(mean) for mean in _ewma([value**2 for value in _returns(candles)], 24)]

    ours = features.relative_log_volatility(candles, median_window=800, min_periods=700)

    assert ours.iloc[:700].isna().all()
    assert ours.iloc[1100] == pytest.approx(levels[1099] - median(levels[300:1100]), rel=1e-9)


def test_volatility_expansion_is_the_fast_level_over_the_slow_one(candles: pd.DataFrame) -> None:
    squares = [value**2 for value in _returns(candles)]
    expected = 0.5 * math.log(_ewma(squares, 6)[-1] / _ewma(squares, 24)[-1])

    ours = features.volatility_expansion(candles)

    assert ours.iloc[:100].isna().all()
    assert ours.iloc[-1] == pytest.approx(expected, rel=1e-9)


def test_volume_score_is_the_average_excess_over_the_median_log_volume(candles: pd.DataFrame) -> None:
    logs = [math.log(float(value)) for value in candles["volume"]]
    excess = [logs[row] - median(logs[row - 335 : row + 1]) for row in range(335, ROWS)]

    ours = features.volume_score(candles)

    np.testing.assert_allclose(ours.iloc[335:], _ewma(excess, 12), rtol=1e-9, atol=1e-12)


def test_bollinger_z_counts_population_standard_deviations(candles: pd.DataFrame) -> None:
    window = np.array(_closes(candles)[400 - 71 : 401])

    expected = (window[-1] - window.mean()) / window.std(ddof=0)

    assert features.bollinger_z(candles).iloc[400] == pytest.approx(expected, rel=1e-9)


def test_robust_sigma_ends_one_row_before_the_return_it_judges(candles: pd.DataFrame) -> None:
    sizes = [abs(value) for value in _returns(candles)]

    ours = features.robust_sigma(candles)

    # Row 600's own return is sizes[599]; the scale ends with sizes[598].
    assert ours.iloc[600] == pytest.approx(1.4826 * median(sizes[599 - 168 : 599]), rel=1e-12)


def test_robust_sigma_of_a_market_gone_quiet_stops_at_a_fifth_of_its_median() -> None:
    candles = random_walk(3, 2000)
    quiet = candles.copy()
    still = quiet["close"].to_numpy(dtype=np.float64).copy()
    still[1600:] = still[1600] * (1 + 1e-9 * np.arange(400))
    quiet["close"] = still
    unfloored = 1.4826 * np.log(quiet["close"]).diff().abs().rolling(168).median().shift(1)

    ours = features.robust_sigma(quiet)

    assert float(unfloored.iloc[-1]) < 1e-8
    assert ours.iloc[-1] == pytest.approx(0.2 * float(unfloored.median()), rel=1e-9)


def test_candle_ms_is_the_usual_spacing_even_with_a_gap(candles: pd.DataFrame) -> None:
    assert features.candle_ms(candles.drop(candles.index[100:150])) == 3_600_000
    assert features.candles_per_year(random_walk(1, 10, candle_ms=900_000)) == 365 * 96


def test_a_single_candle_has_no_spacing(candles: pd.DataFrame) -> None:
    with pytest.raises(DataError):
        features.candle_ms(candles.iloc[:1])


def test_a_market_that_never_moves_has_no_range_no_trend_and_no_infinity() -> None:
    still = flat(800, volume=5.0)

    assert features.average_true_range(still).iloc[14:].eq(0.0).all()
    assert features.adx(still).iloc[27:].eq(0.0).all()
    assert features.bollinger_z(still).iloc[71:].eq(0.0).all()
    assert features.efficiency_ratio(still, 48).iloc[48:].eq(0.0).all()
    assert features.rsi(still).iloc[13:].eq(50.0).all()
    assert features.relative_log_volatility(still).isna().all()
    assert features.rolling_vwap(flat(400)).isna().all()


def test_a_candle_without_volume_counts_as_the_last_one_that_traded(candles: pd.DataFrame) -> None:
    silent, repeated = candles.copy(), candles.copy()
    volume = candles["volume"].to_numpy(dtype=np.float64).copy()
    volume[900] = 0.0
    silent["volume"] = volume
    volume = volume.copy()
    volume[900] = volume[899]
    repeated["volume"] = volume

    pd.testing.assert_series_equal(features.volume_score(silent), features.volume_score(repeated))
