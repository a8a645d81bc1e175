"""The trend rule: its vote, its entries, its mirror image, and what it may know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from tests.plugins.frames import frame_of, mirrored, walk
from weexctl import Strategy
from weexctl_strategies import TrendConfig, build_trend

SMALL = TrendConfig(pairs=((4, 16), (8, 32), (20, 80)), vwap_window=12)


def hand_ema(closes: list[float], span: int) -> list[float]:
    """The recursion as the textbook has it."""
    weight, average = 2 / (span + 1), closes[0]
    averages = []
    for close in closes:
        average += weight * (close - average)
        averages.append(average)
    return averages


def hand_vwap(candles: pd.DataFrame, window: int, row: int) -> float:
    rows = candles.iloc[row - window + 1 : row + 1]
    typical = [(high + low + close) / 3 for high, low, close in zip(rows.high, rows.low, rows.close, strict=True)]
    return float(sum(p * v for p, v in zip(typical, rows.volume, strict=True)) / sum(rows.volume))


def test_it_is_a_strategy_with_the_slowest_average_as_warm_up() -> None:
    rule = build_trend(TrendConfig())

    assert isinstance(rule, Strategy)
    assert rule.warmup_candles == 7 * 960


def test_every_row_equals_the_vote_counted_by_hand() -> None:
    candles = walk(1, 240)
    closes = [float(close) for close in candles["close"]]
    averages = {span: hand_ema(closes, span) for pair in SMALL.pairs for span in pair}
    rows = build_trend(SMALL).columns(candles)

    for row in range(80, 240):
        vote = sum(1 if averages[fast][row] > averages[slow][row] else -1 for fast, slow in SMALL.pairs)
        direction = 1 if vote > 0 else -1
        above = closes[row] > hand_vwap(candles, SMALL.vwap_window, row)
        assert rows["direction"].iloc[row] == direction
        assert rows["strength"].iloc[row] == pytest.approx(abs(vote) / 3)
        assert rows["entry"].iloc[row] == (above == (direction > 0))


def test_a_rising_market_is_wanted_long_at_full_strength() -> None:
    last = build_trend(SMALL).columns(frame_of(100 * 1.001 ** np.arange(200))).iloc[-1]

    assert (last["direction"], last["strength"], last["entry"], last["reason"]) == (1, 1.0, True, "EMA_UP")


def test_a_dip_below_the_vwap_keeps_the_direction_but_not_the_entry() -> None:
    closes = 100 * 1.001 ** np.arange(200)
    closes[-1] *= 0.98
    last = build_trend(SMALL).columns(frame_of(closes)).iloc[-1]

    assert (last["direction"], last["entry"], last["reason"]) == (1, False, "EMA_UP_BELOW_VWAP")


def test_a_split_vote_is_weaker() -> None:
    rows = build_trend(SMALL).columns(walk(3, 600))

    assert {round(strength, 6) for strength in rows["strength"].iloc[100:]} == {round(1 / 3, 6), 1.0}


def test_rows_before_all_averages_exist_stay_out() -> None:
    rows = build_trend(SMALL).columns(walk(2, 100)).iloc[:79]

    assert set(rows["direction"]) == {0}
    assert not rows["entry"].any()
    assert set(rows["reason"]) == {"WARM_UP"}


def test_a_market_that_does_not_move_has_no_direction() -> None:
    last = build_trend(SMALL).columns(frame_of([100.1] * 200)).iloc[-1]

    assert (last["direction"], last["strength"], last["entry"], last["reason"]) == (0, 0.0, False, "EMA_TIE")


def test_mirrored_prices_give_the_mirrored_wish() -> None:
    candles = walk(4, 500)
    rows, turned = build_trend(SMALL).columns(candles), build_trend(SMALL).columns(mirrored(candles))

    assert set(rows["direction"]) == {-1, 0, 1}
    pd.testing.assert_series_equal(turned["direction"], -rows["direction"])
    pd.testing.assert_series_equal(turned["strength"], rows["strength"])
    pd.testing.assert_series_equal(turned["entry"], rows["entry"])


def test_later_candles_change_no_earlier_row() -> None:
    candles = walk(5, 400)
    poisoned = candles.copy()
    poisoned.iloc[300:] *= 1.5
    rule = build_trend(SMALL)

    pd.testing.assert_frame_equal(rule.columns(poisoned).iloc[:300], rule.columns(candles).iloc[:300])
    pd.testing.assert_frame_equal(rule.columns(candles.iloc[:300]), rule.columns(candles).iloc[:300])


def test_after_the_warm_up_it_does_not_matter_where_the_frame_starts() -> None:
    candles, rule = walk(6, 2_000), build_trend(SMALL)
    rows = rule.columns(candles)

    for last in range(1_000, 2_000, 83):
        window = rule.columns(candles.iloc[last - rule.warmup_candles : last + 1])
        pd.testing.assert_series_equal(window.iloc[-1], rows.iloc[last])


def test_the_candles_it_was_given_stay_as_they_are() -> None:
    candles = walk(7, 300)
    before = candles.copy(deep=True)
    build_trend(SMALL).columns(candles)

    pd.testing.assert_frame_equal(candles, before)


@pytest.mark.parametrize("pairs", [[[192, 48]], [[48, 48]], [], [[1, 5]]])
def test_pairs_that_make_no_sense_are_refused(pairs: list[list[int]]) -> None:
    with pytest.raises(ValidationError):
        TrendConfig.model_validate({"pairs": pairs})


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="vwap"):
        TrendConfig.model_validate({"vwap": 168})
