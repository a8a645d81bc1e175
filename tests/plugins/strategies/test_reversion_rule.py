"""The pullback rule, and the rule that stays out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from tests.plugins.frames import frame_of, mirrored, walk
from weexctl import Strategy
from weexctl_strategies import FlatConfig, ReversionConfig, build_flat, build_reversion

SMALL = ReversionConfig(window=24, fast=20, slow=80)


def hand_z(closes: list[float], window: int) -> float:
    tail = closes[-window:]
    mean = sum(tail) / window
    return float((closes[-1] - mean) / (sum((close - mean) ** 2 for close in tail) / window) ** 0.5)


def pullback(depth: float) -> list[float]:
    """A steady rise with a small ripple, and one fall at its end."""
    closes = [100 * 1.002**row * (1 + 0.001 * (-1) ** row) for row in range(200)]
    return [*closes, closes[-1] * (1 - depth)]


def test_a_deep_pullback_of_a_rise_is_bought_at_a_third_of_the_strength() -> None:
    closes = pullback(0.06)
    last = build_reversion(SMALL).columns(frame_of(closes)).iloc[-1]

    assert hand_z(closes, 24) < -2
    assert (last["direction"], last["entry"], last["reason"]) == (1, True, "Z_LOW")
    assert last["strength"] == pytest.approx(1 / 3)


def test_a_shallow_pullback_keeps_a_position_and_opens_none() -> None:
    closes = pullback(0.035)
    last = build_reversion(SMALL).columns(frame_of(closes)).iloc[-1]

    assert -2 < hand_z(closes, 24) < -0.3
    assert (last["direction"], last["entry"], last["reason"]) == (1, False, "KEEP_LONG")


def test_a_pullback_that_came_back_is_over() -> None:
    closes = [*pullback(0.06), 100 * 1.002**203]
    last = build_reversion(SMALL).columns(frame_of(closes)).iloc[-1]

    assert hand_z(closes, 24) > -0.3
    assert (last["direction"], last["strength"], last["entry"], last["reason"]) == (0, 0.0, False, "NO_PULLBACK")


def test_a_jump_upwards_in_a_rise_is_not_sold() -> None:
    last = build_reversion(SMALL).columns(frame_of(pullback(-0.06))).iloc[-1]

    assert (last["direction"], last["entry"]) == (0, False)


def test_mirrored_prices_give_the_mirrored_wish_of_a_pullback() -> None:
    candles = walk(11, 900)
    rows, turned = build_reversion(SMALL).columns(candles), build_reversion(SMALL).columns(mirrored(candles))

    assert {"Z_LOW", "Z_HIGH", "KEEP_LONG", "KEEP_SHORT"} <= set(rows["reason"])
    pd.testing.assert_series_equal(turned["direction"], -rows["direction"])
    pd.testing.assert_series_equal(turned["entry"], rows["entry"])


def test_later_candles_change_no_earlier_pullback() -> None:
    candles = walk(12, 400)
    poisoned = candles.copy()
    poisoned.iloc[300:] *= 0.5
    rule = build_reversion(SMALL)

    pd.testing.assert_frame_equal(rule.columns(poisoned).iloc[:300], rule.columns(candles).iloc[:300])


def test_after_its_warm_up_a_pullback_does_not_depend_on_where_the_frame_starts() -> None:
    candles, rule = walk(13, 1_500), build_reversion(SMALL)
    rows = rule.columns(candles)

    for last in range(700, 1_500, 61):
        window = rule.columns(candles.iloc[last - rule.warmup_candles : last + 1])
        pd.testing.assert_series_equal(window.iloc[-1], rows.iloc[last])


def test_a_market_that_does_not_move_has_no_pullback() -> None:
    rows = build_reversion(SMALL).columns(frame_of(np.full(200, 100.1)))

    assert set(rows["direction"]) == {0}


@pytest.mark.parametrize("settings", [{"entry_z": 0.2}, {"fast": 960}, {"strength": 0}, {"windows": 3}])
def test_pullback_settings_that_make_no_sense_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ReversionConfig.model_validate(settings)


def test_the_flat_rule_never_wants_anything() -> None:
    rule = build_flat(FlatConfig())
    candles = walk(14, 50)
    rows = rule.columns(candles)

    assert isinstance(rule, Strategy)
    assert rows.index.equals(candles.index)
    assert set(rows["direction"]) == {0}
    assert set(rows["strength"]) == {0.0}
    assert not rows["entry"].any()
