"""Volatility targeting against its formula and its promises; the fixed fraction."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.plugins.books import make_book, make_position, make_row, make_signal
from tests.plugins.frames import frame_of, walk
from weexctl import SYMBOLS, Book, PositionSide, Sizer, features
from weexctl.testing import check_plugin, random_walk
from weexctl_sizers import FixedFractionConfig, VolatilityTargetConfig, build_fixed_fraction, build_volatility_target

directions = st.lists(st.sampled_from([-1, 0, 1]), min_size=8, max_size=8)
volatilities = st.lists(st.floats(0.01, 5.0), min_size=8, max_size=8)
strengths = st.lists(st.floats(0.0, 1.0), min_size=8, max_size=8)


def book_of(direction: list[int], volatility: list[float], strength: list[float] | None = None) -> Book:
    scale = strength or [1.0] * len(direction)
    return make_book(
        symbols=SYMBOLS[: len(direction)],
        signals={s: make_signal(d, w) for s, d, w in zip(SYMBOLS, direction, scale, strict=False)},
        rows={s: make_row(volatility=v) for s, v in zip(SYMBOLS, volatility, strict=False)},
    )


def test_one_position_of_eight_gets_the_unit_risk_over_its_volatility() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig(annual_volatility=0.20))
    book = book_of([0, 0, 0, 1, 0, 0, 0, 0], [0.8] * 8)

    assert isinstance(sizer, Sizer)
    assert sizer.size(book) == {"BNBUSDT": pytest.approx(0.20 / math.sqrt(8 * (1 + 7 * 0.65 / 2)) / 0.8)}


def test_a_book_that_leans_one_way_is_scaled_to_the_target() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig(annual_volatility=0.20))
    exposures = sizer.size(book_of([1] * 8, [0.5] * 8))
    covariance = 0.5**2 * (0.65 + 0.35 * np.eye(8))
    weights = np.array([exposures[symbol] for symbol in SYMBOLS])

    assert math.sqrt(weights @ covariance @ weights) == pytest.approx(0.20)


def test_a_balanced_book_is_not_scaled() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig(annual_volatility=0.20))
    balanced = sizer.size(book_of([1, -1] * 4, [0.5] * 8))
    leaning = sizer.size(book_of([1] * 8, [0.5] * 8))

    assert balanced["BTCUSDT"] == pytest.approx(0.20 / math.sqrt(8 * (1 + 7 * 0.65 / 2)) / 0.5)
    assert leaning["BTCUSDT"] < balanced["BTCUSDT"]


@given(directions, volatilities, strengths)
def test_no_book_is_expected_to_swing_more_than_the_target(
    direction: list[int], volatility: list[float], strength: list[float]
) -> None:
    exposures = build_volatility_target(VolatilityTargetConfig()).size(book_of(direction, volatility, strength))
    sigma = np.clip(volatility, 0.20, 2.50)
    risks = np.array([exposures.get(s, 0.0) * d for s, d in zip(SYMBOLS, direction, strict=True)]) * sigma

    assert all(exposure >= 0 for exposure in exposures.values())
    assert math.sqrt(0.65 * risks.sum() ** 2 + 0.35 * (risks**2).sum()) <= 0.08 * (1 + 1e-9)


@given(directions, volatilities, st.integers(0, 7), st.floats(1.0, 4.0))
def test_a_wilder_symbol_is_never_larger_and_leaves_the_others_as_they_were(
    direction: list[int], volatility: list[float], chosen: int, factor: float
) -> None:
    sizer = build_volatility_target(VolatilityTargetConfig())
    wilder = [sigma * factor if place == chosen else sigma for place, sigma in enumerate(volatility)]
    before, after = sizer.size(book_of(direction, volatility)), sizer.size(book_of(direction, wilder))

    assert after.keys() == before.keys()
    for symbol in before:
        assert after[symbol] <= before[symbol] * (1 + 1e-9)
        if symbol != SYMBOLS[chosen]:
            assert after[symbol] == pytest.approx(before[symbol])


@given(directions, volatilities, strengths)
def test_turning_every_direction_round_changes_no_size(
    direction: list[int], volatility: list[float], strength: list[float]
) -> None:
    sizer = build_volatility_target(VolatilityTargetConfig())

    assert sizer.size(book_of(direction, volatility, strength)) == pytest.approx(
        sizer.size(book_of([-d for d in direction], volatility, strength))
    )


def test_strength_scales_the_exposure() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig())
    full, third = (sizer.size(book_of([1, 0], [0.6, 0.6], [w, 1.0])) for w in (1.0, 1 / 3))

    assert third["BTCUSDT"] == pytest.approx(full["BTCUSDT"] / 3)


def test_volatility_is_taken_between_floor_and_cap() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig())
    calm, floor, wild, cap = (sizer.size(book_of([1], [sigma]))["BTCUSDT"] for sigma in (0.01, 0.20, 9.0, 2.5))

    assert (calm, wild) == (floor, cap)


def test_a_symbol_without_a_forecast_gets_nothing() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig())

    assert sizer.size(book_of([1, 1], [math.nan, 0.5])).keys() == {"ETHUSDT"}
    assert sizer.size(make_book(signals={"BTCUSDT": make_signal(1)})) == {}


def test_a_leaning_that_may_not_open_takes_no_share_of_the_risk() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig())
    rows = {symbol: make_row(volatility=0.5) for symbol in SYMBOLS}
    signals = {symbol: make_signal(1, entry=symbol == "BTCUSDT") for symbol in SYMBOLS}
    held = {"BTCUSDT": make_position(), "ETHUSDT": make_position(symbol="ETHUSDT")}
    turned = {"ETHUSDT": make_position(PositionSide.SHORT, symbol="ETHUSDT")}

    assert sizer.size(make_book(rows=rows, signals=signals)).keys() == {"BTCUSDT"}
    assert sizer.size(make_book(rows=rows, signals=signals, positions=held)).keys() == {"BTCUSDT", "ETHUSDT"}
    assert sizer.size(make_book(rows=rows, signals=signals, positions=turned)).keys() == {"BTCUSDT"}


def test_the_forecast_is_the_annual_average_of_squared_returns() -> None:
    candles = walk(21, 400)
    column = build_volatility_target(VolatilityTargetConfig(half_life_hours=12)).columns(candles)["volatility"]
    closes = [float(close) for close in candles["close"]]
    weight, variance = 1 - 0.5 ** (1 / 12), math.log(closes[1] / closes[0]) ** 2
    for before, after in pairwise(closes[1:]):
        variance += weight * (math.log(after / before) ** 2 - variance)

    assert column.iloc[-1] == pytest.approx(math.sqrt(variance * 8760), rel=1e-9)


def test_half_lives_are_hours_whatever_the_timeframe() -> None:
    hourly = walk(22, 300)
    quarters = hourly.set_axis(hourly.index[0] + 900_000 * np.arange(300, dtype=np.int64), axis=0)
    twelve = build_volatility_target(VolatilityTargetConfig(half_life_hours=12))
    three = build_volatility_target(VolatilityTargetConfig(half_life_hours=3))

    assert three.columns(quarters)["volatility"].iloc[-1] == pytest.approx(
        2 * twelve.columns(hourly)["volatility"].iloc[-1]
    )


def test_after_its_warm_up_the_forecast_does_not_depend_on_where_the_frame_starts() -> None:
    sizer, candles = build_volatility_target(VolatilityTargetConfig(half_life_hours=12)), walk(23, 1_500)
    rows = sizer.columns(candles)["volatility"]

    for last in range(500, 1_500, 97):
        window = sizer.columns(candles.iloc[last - sizer.warmup_candles : last + 1])["volatility"]
        assert window.iloc[-1] == pytest.approx(rows.iloc[last], rel=1e-6)


def test_a_single_candle_has_no_forecast() -> None:
    assert build_volatility_target(VolatilityTargetConfig()).columns(frame_of([100.0]))["volatility"].isna().all()


def test_a_fixed_fraction_ignores_the_market() -> None:
    sizer = build_fixed_fraction(FixedFractionConfig(fraction=0.2))
    candles = walk(24, 10)

    assert isinstance(sizer, Sizer)
    assert sizer.size(book_of([1, -1, 0], [0.1, 3.0, 1.0], [1.0, 0.5, 1.0])) == {"BTCUSDT": 0.2, "ETHUSDT": 0.1}
    pd.testing.assert_frame_equal(sizer.columns(candles), pd.DataFrame(index=candles.index))


@pytest.mark.parametrize("settings", [{"annual_volatility": 0}, {"correlation": 1.2}, {"volatility_floor": 3}])
def test_sizer_settings_that_make_no_sense_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        VolatilityTargetConfig.model_validate(settings)


def test_a_regression_forecast_keeps_the_contract_at_its_own_warmup() -> None:
    sizer = build_volatility_target(VolatilityTargetConfig(forecast="har", train_days=30))

    report = check_plugin("sizer", sizer, name="volatility-target")

    assert report.ok, report.text()
    assert sizer.warmup_candles == features.har_warmup(3_600_000, 30)


def test_the_forecast_that_was_asked_for_is_the_one_that_is_used() -> None:
    candles = random_walk(2, 4_000)
    forecasts = [
        build_volatility_target(config).columns(candles)["volatility"]
        for config in (VolatilityTargetConfig(forecast="har", train_days=60), VolatilityTargetConfig())
    ]

    pd.testing.assert_series_equal(forecasts[0], features.har_volatility(candles, 60), check_names=False)
    pd.testing.assert_series_equal(forecasts[1], features.ewma_volatility(candles, 48), check_names=False)
